"""What the columns of a tree promise to its views."""

import dataclasses

import numpy as np
import pytest

from eqxviz import records
from eqxviz.records import Interner, ModelTree, NodeKind, Shapes


def small_tree() -> ModelTree:
    """A root with two children that share one array of shape (2, 3)."""
    text = Interner()
    return ModelTree(
        revision=1,
        name="model",
        parent=np.array([-1, 0, 0], np.int32),
        first_child=np.array([1, 3, 3], np.int32),
        n_children=np.array([2, 0, 0], np.int32),
        key=np.array([-1, text(".weight"), text("['copy']")], np.int32),
        type=np.array([0, 1, 1], np.int32),
        kind=np.array([NodeKind.MODULE, NodeKind.ARRAY, NodeKind.ARRAY], np.uint8),
        flags=np.zeros(3, np.uint32),
        leaf=np.array([-1, 0, 1], np.int32),
        share=np.array([-1, 0, 0], np.int32),
        n_leaves=np.array([2, 1, 1], np.int32),
        n_params=np.array([12, 6, 6], np.int64),
        n_bytes=np.array([48, 24, 24], np.int64),
        leaf_dtype=np.full(2, text("float32"), np.int32),
        leaf_shape=np.zeros(2, np.int32),
        leaf_sharding=np.full(2, text("cpu:0"), np.int32),
        leaf_summary=np.full(2, text("f32[2,3]"), np.int32),
        type_name=np.array([text("Model"), text("Array")], np.int32),
        type_module=np.array([text("train"), text("jax")], np.int32),
        type_file=np.array([text("train.py"), -1], np.int32),
        type_line=np.array([3, 0], np.int32),
        share_kind=np.array([records.ShareKind.ARRAY], np.uint8),
        share_offsets=np.array([0, 2], np.uint32),
        share_members=np.array([1, 2], np.int32),
        shapes=Shapes.of([(2, 3)]),
        strings=text.strings(),
    )


def test_a_sound_tree_passes_its_check():
    assert small_tree().check() is None


def test_a_path_reads_as_python():
    tree = small_tree()
    assert [tree.path(n) for n in range(3)] == ["model", "model.weight", "model['copy']"]


def test_shape_and_sharing_are_read_by_node():
    tree = small_tree()
    assert tree.shape(1) == (2, 3)
    assert tree.shape(0) is None
    assert tree.places(int(tree.share[1])).tolist() == [1, 2]
    assert tree.places(int(tree.share[0])).tolist() == []


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("parent", [-1, 2, 0], "parent must name an earlier node"),
        ("parent", [0, 0, 0], "no root"),
        ("n_children", [3, 0, 0], "past the last node"),
        ("leaf", [-1, 0, 2], r"leaf holds an id outside -1 \.\. 1"),
        ("key", [-1, 0, 99], "key holds an id outside"),
        ("type", [0, 1], "columns of ModelTree differ in length"),
    ],
)
def test_a_tree_that_contradicts_itself_is_refused(column: str, values: list[int], message: str):
    bad = dataclasses.replace(small_tree(), **{column: np.array(values, np.int32)})
    with pytest.raises(records.CodecError, match=message):
        bad.check()
