import json
from pathlib import Path

import jax
import pytest

import eqxcore
import eqxviz.records
from eqxviz.analysis.user_code import UserCode


def test_a_file_anywhere_is_the_users(tmp_path: Path):
    assert UserCode().is_user(str(tmp_path / "train.py"))
    assert UserCode().is_user("<stdin>")
    assert UserCode().is_user(__file__)


@pytest.mark.parametrize(
    "file", [json.__file__, jax.__file__, eqxcore.__file__, eqxviz.records.__file__, "<frozen os>"]
)
def test_what_was_installed_is_not(file: str):
    assert not UserCode().is_user(file)
    assert not UserCode(str(Path(eqxcore.__file__).parents[1])).is_user(file)


def test_an_environment_inside_the_project_is_not(tmp_path: Path):
    user_code = UserCode(str(tmp_path))
    assert not user_code.is_user(str(tmp_path / ".venv/lib/python3.11/site-packages/optax/a.py"))
    assert user_code.is_user(str(tmp_path / "lib/model.py"))


def test_a_project_may_itself_be_installed():
    folder = Path(eqxviz.records.__file__).parents[1] / "examples"
    example = str(folder / "train.py")
    assert not UserCode().is_user(example)
    assert UserCode(str(folder)).is_in_project(example)
    assert not UserCode(str(folder)).is_user(eqxviz.records.__file__)


def test_the_project_is_told_from_the_users_other_files(tmp_path: Path):
    user_code = UserCode(str(tmp_path / "project"))
    outside = str(tmp_path / "project_two" / "lib.py")
    assert user_code.is_user(outside)
    assert not user_code.is_in_project(outside)
    assert user_code.is_in_project(str(tmp_path / "project" / "lib.py"))
