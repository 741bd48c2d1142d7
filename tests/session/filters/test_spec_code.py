"""The Python of a filter spec, run: it must select what the playground shows."""

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import eqxcore
from eqxviz.analysis import spec_mask
from eqxviz.analysis.tree import model_tree
from eqxviz.records import SpecMask
from eqxviz.session.filters.filter_spec import EXCLUDE, INCLUDE, FilterSpec
from eqxviz.session.filters.predicates import Predicate
from eqxviz.session.filters.spec_code import model_name, partition_code
from eqxviz.session.outline.tree_order import TreeOrder
from tests.session.made_models import MODELS, specs

LIBRARIES = ("eqxcore", "equinox")


def mask_of(spec: FilterSpec, order: TreeOrder, model) -> np.ndarray:
    """Return the mask over the leaves, what is not local evaluated as a worker does."""
    masks = {}
    name = model_name(order)
    for code in spec.codes(name):
        found = spec_mask(model, name, code, 1)
        assert isinstance(found, SpecMask), found
        masks[code] = np.zeros(len(order.tree), np.bool_)
        masks[code][order.leaves] = found.selected
    return spec.mask(order, name, masks)[order.leaves]


def executed(code: str, model, name: str = "model") -> list[bool]:
    """Return which leaves the first half of the executed code holds."""
    namespace = {name: model}
    exec(code, namespace)
    absent = jax.tree_util.tree_leaves(namespace["params"], is_leaf=lambda leaf: leaf is None)
    whole = jax.tree_util.tree_leaves(model, is_leaf=lambda leaf: leaf is None)
    pairs = zip(absent, whole, strict=True)
    return [kept is not None for kept, leaf in pairs if leaf is not None]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), model=MODELS)
def test_the_code_selects_with_both_libraries_what_is_shown(data, model):
    order = TreeOrder(model_tree(model, "model", 1))
    spec = data.draw(specs(order))
    expected = mask_of(spec, order, model).tolist()
    for library in LIBRARIES:
        code = partition_code(spec, order, library)
        assert executed(code, model) == expected, code


def mlp(library=eqxcore):
    return library.nn.MLP(2, 3, 4, 2, key=jax.random.key(0))


def order_of(model, name: str = "model") -> TreeOrder:
    return TreeOrder(model_tree(model, name, 1))


def node(order: TreeOrder, path: str) -> int:
    tree = order.tree
    return next(n for n in range(len(tree)) if tree.path(n) == path)


def test_a_rule_alone_needs_no_spec():
    order = order_of(mlp())
    assert partition_code(FilterSpec(), order, "equinox") == (
        "import equinox as eqx\n\nparams, static = eqx.partition(model, eqx.is_inexact_array)\n"
    )


def test_leaves_and_layers_are_told_in_one_tree_at_each():
    order = order_of(mlp())
    spec = FilterSpec()
    for path in ("model.layers[0]", "model.layers[1]"):
        spec = spec.edited(order, node(order, path), EXCLUDE)
    spec = spec.edited(order, node(order, "model.layers[0].weight"), INCLUDE)
    spec = spec.edited(order, node(order, "model.layers[2].bias"), EXCLUDE)
    assert partition_code(spec, order, "eqxcore") == (
        "import eqxcore as eqx\n"
        "import jax\n"
        "\n"
        "filter_spec = jax.tree_util.tree_map(eqx.is_inexact_array, model)\n"
        "filter_spec = eqx.tree_at(\n"
        "    lambda m: (\n"
        "        m.layers[0],\n"
        "        m.layers[1],\n"
        "    ),\n"
        "    filter_spec,\n"
        "    replace_fn=lambda node: jax.tree_util.tree_map(lambda _: False, node),\n"
        ")\n"
        "filter_spec = eqx.tree_at(\n"
        "    lambda m: (\n"
        "        m.layers[0].weight,\n"
        "        m.layers[2].bias,\n"
        "    ),\n"
        "    filter_spec,\n"
        "    replace=(True, False),\n"
        ")\n"
        "params, static = eqx.partition(model, filter_spec)\n"
    )


def test_a_tree_of_another_name_keeps_it_and_its_halves_have_others():
    params = {"w": jnp.ones(2), "b": jnp.ones(1)}
    order = order_of(params, "params")
    spec = FilterSpec().edited(order, node(order, "params['w']"), EXCLUDE)
    namespace = {"params": params}
    exec(partition_code(spec, order, "eqxcore"), namespace)
    assert namespace["selected"]["w"] is None
    assert namespace["rest"]["b"] is None


def test_several_variables_are_split_together():
    from eqxviz.analysis.named import named_trees

    model, steps = mlp(), jnp.ones(3)
    order = TreeOrder(model_tree(named_trees({"model": model, "steps": steps}), "", 1))
    bias = next(n for n in order.leaves if order.tree.path(int(n)).endswith("layers[1].bias"))
    spec = FilterSpec().edited(order, int(bias), EXCLUDE)
    namespace = {"model": model, "steps": steps}
    exec(partition_code(spec, order, "eqxcore"), namespace)
    assert namespace["params"][0].layers[1].bias is None
    assert namespace["params"][0].layers[1].weight is model.layers[1].weight
    assert namespace["params"][1] is steps


def test_code_that_calls_the_model_otherwise_still_finds_it():
    params = [jnp.ones(2), 1]
    order = order_of(params, "weights")
    spec = FilterSpec(Predicate("code", "jtu.tree_map(eqx.is_array, model)"))
    code = partition_code(spec, order, "equinox")
    assert "model = weights" in code
    assert executed(code, params, "weights") == [True, False]


def test_deeply_nested_nodes_are_reached_by_their_leaves():
    model = [jnp.ones(1)]
    for _ in range(300):
        model = [model]
    order = order_of(model)
    spec = FilterSpec().edited(order, int(order.leaves[0]), EXCLUDE)
    assert executed(partition_code(spec, order, "equinox"), model) == [False]


@pytest.mark.parametrize("library", [eqxcore, equinox])
def test_paths_classes_and_ranks_choose_among_real_layers(library):
    model = mlp(library)
    order = order_of(model)
    for predicate, expected in (
        (Predicate("path", "model.layers[1]"), ["model.layers[1].weight", "model.layers[1].bias"]),
        (Predicate("path_regex", r"2\]\.bias$"), ["model.layers[2].bias"]),
        (Predicate("rank", "2"), [f"model.layers[{i}].weight" for i in range(3)]),
        (Predicate("type", "Linear"), [
            f"model.layers[{i}].{name}" for i in range(3) for name in ("weight", "bias")
        ]),
    ):  # fmt: skip
        spec = FilterSpec(predicate)
        mask = mask_of(spec, order, model)
        assert [order.tree.path(int(n)) for n in order.leaves[mask]] == expected
        code = partition_code(spec, order, library.__name__)
        assert executed(code, model) == mask.tolist()
