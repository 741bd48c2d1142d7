"""Files of records: what is written comes back, and no bytes of a stranger's do harm."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eqxviz.records import (
    CodecError,
    Done,
    ModelTree,
    OpenedModel,
    Shown,
    Target,
    TypeInput,
)
from eqxviz.store.model_file import read_model, write_model
from tests.gui.shown import make_tree

ANSWERS = ((TypeInput("what is it"), Shown("this")), (TypeInput("and that"), Done()))


def model(tree: ModelTree | None = None) -> OpenedModel:
    target = Target("make", "MLP", 3)
    return OpenedModel("/x/model.py", target, (target,), tree or make_tree(), "f32[2]")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "model.eqxviz"
    write_model(path, model(), ANSWERS)
    return path


def test_a_model_and_its_answers_come_back(kept: Path):
    found = read_model(kept)
    assert found.model == model()
    assert found.answers == ANSWERS
    assert kept.read_bytes().startswith(b"eqxviz records ")


def test_a_file_of_a_newer_version_says_so(tmp_path: Path):
    path = tmp_path / "newer.eqxviz"
    path.write_bytes(b"eqxviz records 99\nwhatever follows")
    with pytest.raises(CodecError, match="a newer eqxviz, in version 99"):
        read_model(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"eqxviz records \n", b"eqxviz records x\n"]
)
def test_another_file_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "other.eqxviz"
    path.write_bytes(content)
    with pytest.raises(CodecError, match="no file of eqxviz's records"):
        read_model(path)


def test_a_file_without_a_model_is_refused(tmp_path: Path, kept: Path):
    path = tmp_path / "empty.eqxviz"
    path.write_bytes(kept.read_bytes().partition(b"\n")[0] + b"\n")
    with pytest.raises(CodecError, match="does not begin with a model"):
        read_model(path)


@pytest.mark.parametrize("column", ["first_child", "n_children", "parent"])
def test_a_tree_whose_nodes_contradict_one_another_is_refused(tmp_path: Path, column: str):
    tree = make_tree()
    turned = np.array(getattr(tree, column))
    turned[[1, 2]] = turned[[2, 1]] + 1
    turned[0] = 0 if column == "first_child" else turned[0]
    path = tmp_path / "twisted.eqxviz"
    write_model(path, model(replace(tree, **{column: turned})))
    with pytest.raises(CodecError, match=r"\w"):
        read_model(path)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_damage_of_any_kind_is_refused_or_read(tmp_path: Path, kept: Path, data: st.DataObject):
    content = bytearray(kept.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            at = data.draw(st.integers(16, len(content) - 1))
            content[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.eqxviz"
    path.write_bytes(content)
    try:
        found = read_model(path)
    except CodecError:
        return
    tree = found.model.tree
    assert all(tree.path(node) for node in range(len(tree)))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=300))
def test_random_bytes_are_refused(tmp_path: Path, kept: Path, noise: bytes):
    path = tmp_path / "noise.eqxviz"
    path.write_bytes(kept.read_bytes().partition(b"\n")[0] + b"\n" + noise)
    with pytest.raises(CodecError, match=r"\w"):
        read_model(path)
