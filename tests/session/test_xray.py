"""What each column says of each kind of leaf, as eqxcore and Equinox behave."""

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.analysis import model_tree
from eqxviz.records import ModelTree
from eqxviz.session.export.rows import rows
from eqxviz.session.filtering import mark_of
from eqxviz.session.filters.predicates import Predicate
from eqxviz.session.marks import MARKS
from eqxviz.session.outline.tree_order import TreeOrder
from eqxviz.session.xray import COLUMNS, WORDS, XRay

LEAVES = {
    "jax": jnp.ones((2, 3)),
    "half": jnp.ones(2, jnp.bfloat16),
    "complex": jnp.ones(2, jnp.complex64),
    "ints": jnp.arange(3),
    "bools": jnp.array([True]),
    "numpy": np.ones(3),
    "numpy_ints": np.arange(3),
    "numpy_scalar": np.float32(1),
    "number": 0.5,
    "integer": 2,
    "text": "relu",
    "function": jnp.tanh,
}
REFUSED = {
    "objects": np.array([object()], object),
    "texts": np.array(["a"]),
    "dates": np.array(["2026-01-01"], "datetime64[D]"),
}


class Layer(eqxcore.Module):
    weight: jax.Array
    name: str = eqxcore.field(static=True)
    bias: jax.Array | None = None


def xray(value: object) -> tuple[ModelTree, XRay]:
    tree = model_tree(value, "model", 1)
    return tree, XRay(tree)


def node_at(tree: ModelTree, path: str) -> int:
    return next(n for n in range(len(tree)) if tree.path(n) == path)


@pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])
@pytest.mark.parametrize("name", LEAVES)
def test_a_leaf_is_told_as_filtering_treats_it(library, name: str):
    leaf = LEAVES[name]
    _, x = xray({"leaf": leaf})
    assert (x.state(1, "array").word == "array") is library.is_array(leaf)
    is_differentiated = x.state(1, "differentiated").word == "differentiated"
    assert is_differentiated is library.is_inexact_array(leaf)
    met = []
    library.filter_jit(lambda leaf: met.append(isinstance(leaf, jax.core.Tracer)))(leaf)
    assert x.state(1, "jit").word == ("traced" if met[0] else "static leaf")
    gradient = library.filter_grad(lambda tree: jnp.zeros(()))({"leaf": leaf})["leaf"]
    assert is_differentiated is (gradient is not None)


@pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])
@pytest.mark.parametrize("name", REFUSED)
def test_a_numpy_array_without_numbers_counts_as_an_array_and_is_refused_by_jit(library, name: str):
    leaf = REFUSED[name]
    _, x = xray({"leaf": leaf})
    assert library.is_array(leaf)
    assert x.state(1, "array").word == "array"
    with pytest.raises(TypeError, match="abstract array"):
        library.filter_jit(lambda leaf: None)(leaf)
    assert x.state(1, "jit").word == "refused"
    assert "refuses to trace" in x.state(1, "jit").why
    tree = x.tree
    assert mark_of(tree, 1) == "problem"
    order = TreeOrder(tree)
    assert Predicate("is_array").mask(order).tolist() == [False, True]
    _, row = rows(tree)
    assert (row.mark, row.flags) == ("problem", ("refused by JAX",))


def test_a_static_field_is_told_from_a_static_leaf():
    tree, x = xray([Layer(jnp.ones(2), "first"), "leaf"])
    field, leaf = x.state(node_at(tree, "model[0].name"), "jit"), x.state(2, "jit")
    assert (field.word, field.mark) == ("static field", "static_field")
    assert (leaf.word, leaf.mark) == ("static leaf", "static")
    assert "part of the treedef" in field.why
    assert "holds this leaf static" in leaf.why


def test_keys_apply_to_none_and_inner_nodes_nowhere():
    tree, x = xray(Layer(jnp.ones(2), "first"))
    nodes = [0, node_at(tree, "model.bias")]
    for column in COLUMNS:
        assert x.keys(column)[nodes].tolist() == [0, 0]
        assert [x.state(node, column).word for node in nodes] == ["", ""]
    assert "no leaf" in x.state(nodes[1], "array").why


def test_every_word_has_a_mark_that_the_legend_knows_and_every_state_a_reason():
    tree, x = xray([LEAVES, REFUSED, Layer(jnp.ones(2), "first"), jax.random.key(0)])
    marks = {mark for words in WORDS.values() for _, mark in words}
    assert marks <= {"", *MARKS}
    for column in COLUMNS:
        assert x.keys(column).shape == (len(tree),)
        for node in range(len(tree)):
            why = x.state(node, column).why
            assert why.endswith(".")
            assert 1 <= why.count(". ") + 1 <= 2


def test_the_reason_names_type_and_dtype():
    tree, x = xray(LEAVES)
    assert "float32[2,3]" in x.state(node_at(tree, "model['jax']"), "array").why
    assert "NumPy array float64[3]" in x.state(node_at(tree, "model['numpy']"), "jit").why
    assert "copies it to the device" in x.state(node_at(tree, "model['numpy']"), "jit").why
    number = x.state(node_at(tree, "model['number']"), "differentiated")
    assert "type float" in number.why
    assert "jnp.asarray" in number.why


def test_without_optimiser_or_run_their_columns_say_that_it_is_unknown():
    _, x = xray({"w": jnp.ones(2)})
    assert x.state(1, "optimiser").word == "unknown"
    assert x.state(1, "gradient").word == "unknown"
    assert "FILE.py:model,opt_state" in x.state(1, "optimiser").why


def test_what_is_no_regular_expression_is_said_in_the_words_of_the_rule():
    assert Predicate("path_regex", "([").fault() == (
        "`([` is no regular expression: unterminated character set at position 1"
    )
