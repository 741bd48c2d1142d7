"""Filter specs as code: what they select, and what is said of those that cannot."""

import equinox
import jax
import jax.numpy as jnp
import pytest

import eqxcore
from eqxviz.analysis import library_of, spec_mask
from eqxviz.analysis.named import named_trees
from eqxviz.records import Problem, Severity, SpecMask

LIBRARIES = pytest.mark.parametrize("eqx", [eqxcore, equinox])


def mlp(eqx):
    return eqx.nn.MLP(2, 2, 4, 1, key=jax.random.key(0))


def selected(model, code: str, name: str = "model") -> list[bool]:
    found = spec_mask(model, name, code, 3)
    assert isinstance(found, SpecMask), found
    assert found.revision == 3
    return found.selected.tolist()


def problem(model, code: str) -> Problem:
    found = spec_mask(model, "model", code, 1)
    assert isinstance(found, Problem)
    return found


@LIBRARIES
@pytest.mark.parametrize(
    "code",
    [
        "eqx.is_array",
        "True",
        "lambda leaf: eqx.is_array(leaf) and leaf.ndim == 1",
        "jax.tree_util.tree_map(eqx.is_inexact_array, model)",
        "eqx.tree_at(lambda m: m.layers[0], jtu.tree_map(eqx.is_array, model), False)",
        "eqx.tree_at(lambda m: m.layers, jtu.tree_map(lambda _: False, model), eqx.is_array)",
    ],
)
def test_a_spec_selects_what_partition_keeps(eqx, code: str):
    model = mlp(eqx)
    namespace = {"eqx": eqx, "jax": jax, "jtu": jax.tree_util, "model": model}
    absent = object()
    kept = eqx.filter(model, eval(code, namespace), replace=absent)
    expected = [leaf is not absent for leaf in jax.tree_util.tree_leaves(kept)]
    assert selected(model, code) == expected


@LIBRARIES
def test_the_library_is_that_of_the_model(eqx):
    assert library_of({"net": [mlp(eqx)]}) == eqx.__name__
    assert spec_mask(mlp(eqx), "model", "eqx.is_array", 1).library == eqx.__name__


def test_statements_assign_the_spec_and_know_the_model_by_its_own_name():
    code = "filter_spec = jtu.tree_map(lambda _: False, params)\nfilter_spec['w'] = True\n"
    assert selected({"b": jnp.ones(2), "w": jnp.ones(2)}, code, "params") == [False, True]


def test_the_last_expression_of_several_lines_is_the_spec():
    assert selected([jnp.ones(2), 1], "rule = eqx.is_array\nrule") == [True, False]


def test_several_trees_are_known_by_their_names_and_take_a_tuple():
    trees = named_trees({"model": [jnp.ones(2), 1], "steps": jnp.arange(3)})
    assert selected(trees, "(jtu.tree_map(eqx.is_inexact_array, model), False)", "") == [
        *(True, False, False)
    ]


def test_a_spec_that_is_no_prefix_says_where_and_what_is_due():
    spec = "{'a': True, 'b': [True, False]}"
    found = problem({"a": 1, "b": [1, 2, 3]}, spec)
    assert found.code == "spec-not-prefix"
    assert "model['b']" in found.why
    assert "a list of 2" in found.why
    assert "a list of 3 is due" in found.why


def test_a_missing_key_and_a_module_of_other_settings_are_no_prefix():
    assert "a dict with the keys 'a'" in problem({"a": 1, "b": 2}, "{'a': True}").why
    other = "eqx.nn.Linear(2, 2, use_bias=False, key=jax.random.key(0))"
    model = eqxcore.nn.Linear(2, 2, key=jax.random.key(0))
    assert problem(model, f"jtu.tree_map(eqx.is_array, {other})").code == "spec-not-prefix"


def test_none_is_an_empty_node_and_no_leaf_of_a_spec():
    found = problem([1, 2], "[True, None]")
    assert found.code == "spec-not-prefix"
    assert "model[1]" in found.why
    assert "None is an empty node" in found.fix
    assert selected([1, None], "[True, None]") == [True]


def test_a_leaf_of_the_spec_that_decides_nothing_is_named():
    found = problem([1, 2], "[True, 1]")
    assert found.code == "spec-leaf"
    assert "model[1]" in found.title


def test_an_error_has_the_line_of_the_code():
    found = problem([1], "first = 1\nsecond = missing\nfilter_spec = True")
    assert found.line == 2
    assert "NameError" in found.title
    assert "missing" in found.why


def test_an_error_of_a_rule_names_the_leaf():
    found = problem({"a": jnp.ones(2), "b": "text"}, "lambda leaf: leaf.ndim == 1")
    assert found.line == 1
    assert "model['b']" in found.why


def test_code_that_does_not_parse_has_its_line():
    assert problem([1], "filter_spec = True\nfilter_spec = (").line == 2


def test_code_that_exits_or_assigns_nothing_is_a_problem():
    assert "SystemExit" in problem([1], "raise SystemExit(1)").title
    assert problem([1], "rule = True").code == "spec-missing"


def test_a_rule_that_answers_something_else_is_noted_with_the_leaves():
    found = spec_mask([jnp.ones(2), 1], "model", "lambda leaf: 'yes'", 1)
    assert isinstance(found, SpecMask)
    assert found.selected.tolist() == [True, True]
    (note,) = found.notes
    assert note.severity == Severity.WARNING
    assert "'yes' for model[0]" in note.why


def test_a_rule_without_return_is_a_problem():
    found = problem([1], "def rule(leaf):\n    leaf == 1\nrule")
    assert "None" in found.title


def test_a_model_that_jax_cannot_flatten_is_a_problem():
    found = problem({1: jnp.ones(1), "a": jnp.ones(1)}, "True")
    assert found.code == "spec-not-flat"


@LIBRARIES
def test_what_only_has_a_shape_counts_as_the_array_that_it_stands_for(eqx):
    shapes = eqx.filter_eval_shape(lambda: mlp(eqx))
    for code in ("eqx.is_inexact_array", "lambda leaf: eqx.is_array(leaf) and leaf.ndim == 2"):
        assert selected(shapes, code) == selected(mlp(eqx), code)
    assert "Tracer" in problem(shapes, "lambda leaf: eqx.is_array(leaf) and leaf.sum() > 0").why


def test_a_rule_that_fails_for_a_leaf_says_the_message_and_how_to_guard_it():
    card = spec_mask({"f": jnp.tanh, "w": jnp.ones(2)}, "model", "lambda x: x.nothing > 1", 1)
    assert isinstance(card, Problem)
    assert card.why.startswith("For the leaf model['f']: AttributeError: ")
    assert "nothing" in card.why
    assert "begin with `eqx.is_array(x) and`" in card.fix
