"""The Qt binding in use counts references as it should."""

import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from PySide6.QtCore import QObject


@pytest.mark.parametrize(
    ("python", "version", "allowed"),
    [
        ("3.11", "6.11.3", True),
        ("3.11", "6.12.0", False),
        ("3.12", "6.12.0", True),
        ("3.13", "6.12.0", True),
    ],
)
def test_the_leaking_release_is_kept_from_the_pythons_it_breaks(
    repository: Path, python: str, version: str, allowed: bool
) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    requirements = [Requirement(each) for each in project["dependencies"]]
    marked = [
        each
        for each in requirements
        if each.name == "PySide6-Essentials"
        and each.marker is not None
        and each.marker.evaluate({"python_version": python})
    ]
    assert [version in each.specifier for each in marked] == [allowed]


def test_a_call_that_returns_nothing_leaves_the_count_of_none_alone() -> None:
    thing = QObject()
    before = sys.getrefcount(None)
    for _ in range(1000):
        thing.setObjectName("name")
    assert abs(sys.getrefcount(None) - before) < 100
