"""A script is called so that one tells it from others."""

import pytest

from eqxviz.records.naming import script_name


@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("/home/me/train.py", "train.py"),
        ("/home/me/package/__main__.py", "package"),
        ("package.train", "package.train"),
        ("__main__.py", "__main__.py"),
        ("", ""),
    ],
)
def test_a_script_is_called_by_its_file_or_its_package(script, name):
    assert script_name(script) == name
