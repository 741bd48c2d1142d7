"""Every Optax state is linked to the parameters that it is kept for, and nothing else is."""

import inspect
import time
from typing import Any, NamedTuple

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqxcore
from eqxviz.analysis import model_tree, named_trees
from eqxviz.analysis.optimiser import is_optimiser_state, state_links
from eqxviz.records import ModelTree


def links(value: Any) -> dict[str, tuple[str, str]]:
    """Return, by the path of each state leaf, the path of its parameter and its name."""
    tree = model_tree(value, "it", 1)
    tree.check()
    rows = zip(tree.state_node, tree.state_param, tree.state_name, strict=True)
    assert np.all(np.diff(tree.state_node) > 0)
    return {tree.path(int(s)): (tree.path(int(p)), tree.strings[int(n)]) for s, p, n in rows}


def names_of(found: dict[str, tuple[str, str]], param: str) -> list[str]:
    return sorted(name for path, name in found.values() if path == param)


def arrays(tree: Any) -> list[str]:
    columns = model_tree(tree, "it", 1)
    return [columns.path(n) for n in range(len(columns)) if columns.shape(n) is not None]


LIBRARIES = pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])
# What is kept for a matrix of parameters, by optimiser.
OPTIMISERS: dict[str, tuple[optax.GradientTransformation, list[str]]] = {
    "adam": (optax.adam(1e-3), ["mu", "nu"]),
    "adamw": (optax.adamw(1e-3), ["mu", "nu"]),
    "amsgrad": (optax.amsgrad(1e-3), ["mu", "nu", "nu_max"]),
    "sgd": (optax.sgd(1e-3), []),
    "momentum": (optax.sgd(1e-3, momentum=0.9), ["trace"]),
    "rmsprop": (optax.rmsprop(1e-3), ["nu"]),
    "lion": (optax.lion(1e-3), ["mu"]),
    "adagrad": (optax.adagrad(1e-3), ["sum_of_squares"]),
    "adadelta": (optax.adadelta(1e-3), ["e_g", "e_x"]),
    "adafactor": (optax.adafactor(1e-3, momentum=0.9), ["ema", "v", "v_col", "v_row"]),
    "sm3": (optax.sm3(1e-3), ["mu", "mu", "nu"]),
    "novograd": (optax.novograd(1e-3), ["mu", "nu"]),
    "yogi": (optax.yogi(1e-3), ["mu", "nu"]),
    "chain": (
        optax.chain(optax.clip_by_global_norm(1.0), optax.adam(optax.cosine_decay_schedule(1, 9))),
        ["mu", "nu"],
    ),
    "named_chain": (
        optax.named_chain(("first", optax.trace(0.9)), ("then", optax.scale_by_adam())),
        ["mu", "nu", "trace"],
    ),
    "inject": (optax.inject_hyperparams(optax.adam)(1e-3), ["mu", "nu"]),
    "if_finite": (optax.apply_if_finite(optax.adam(1e-3), 3), ["mu", "nu"]),
    "multi_steps": (optax.MultiSteps(optax.adam(1e-3), 4), ["acc_grads", "mu", "nu"]),
    "schedule_free": (optax.contrib.schedule_free_adamw(1e-3), ["nu", "z"]),
    "ema": (optax.chain(optax.sgd(1e-3), optax.ema(0.9)), ["ema"]),
    "lbfgs": (
        optax.lbfgs(memory_size=3),
        ["diff_params_memory", "diff_updates_memory", "grad", "params", "updates"],
    ),
    "masked": (optax.masked(optax.adam(1e-3), lambda p: jax.tree.map(lambda x: x.ndim > 1, p)),
               ["mu", "nu"]),
}  # fmt: skip


@LIBRARIES
@pytest.mark.parametrize("name", OPTIMISERS)
def test_the_state_of_each_optimiser_is_found(library, name: str):
    optimiser, kept = OPTIMISERS[name]
    model = library.nn.MLP(130, 140, 150, 1, key=jax.random.key(0))
    state = optimiser.init(library.filter(model, library.is_inexact_array))
    found = links((model, state))
    assert names_of(found, "it[0].layers[0].weight") == sorted(kept)
    assert names_of(found, "it[0].layers[1].weight") == sorted(kept)
    for path, (param, _) in found.items():
        assert path.startswith("it[1]")
        assert ".layers" in path
        assert path.split(".layers")[1].startswith(param.split(".layers")[1])


@LIBRARIES
def test_a_state_of_the_whole_model_and_of_its_trained_half_is_found(library):
    model = library.nn.MLP(2, 3, 4, 1, key=jax.random.key(0))
    spec = jax.tree.map(lambda _: False, model)
    spec = library.tree_at(
        lambda m: m.layers[1], spec, jax.tree.map(lambda _: True, model.layers[1])
    )
    trained, _ = library.partition(model, spec)
    halves = optax.adam(1e-3).init(library.filter(trained, library.is_array))
    found = links({"model": model, "opt_state": halves})
    assert {param for param, _ in found.values()} == {
        "it['model'].layers[1].weight", "it['model'].layers[1].bias"
    }  # fmt: skip
    whole = optax.adam(1e-3).init(library.filter(model, library.is_array))
    found = links({"model": model, "opt_state": whole})
    assert len({param for param, _ in found.values()}) == 4


def test_a_state_of_a_part_of_the_model_belongs_to_that_part():
    model = eqxcore.nn.MLP(4, 4, 4, 2, key=jax.random.key(0))

    def state(part: Any) -> Any:
        return optax.adam(1e-3).init(eqxcore.filter(part, eqxcore.is_array))

    assert len(links((model, state(model.layers)))) == 12
    head = eqxcore.nn.MLP(4, 3, 4, 2, key=jax.random.key(0))
    found = links((head, state(head.layers[2])))
    assert {param for param, _ in found.values()} == {
        "it[0].layers[2].weight",
        "it[0].layers[2].bias",
    }
    # The other layers are as large: whose state it is cannot be told.
    assert links((model, state(model.layers[2]))) == {}


def test_multi_transform_links_each_group_to_its_own_parameters():
    params = {"encoder": {"w": jnp.ones((2, 3))}, "decoder": {"w": jnp.ones((2, 3))}}
    optimiser = optax.multi_transform(
        {"slow": optax.sgd(0.1, momentum=0.9), "fast": optax.adam(0.1)},
        {"encoder": "slow", "decoder": "fast"},
    )
    found = links((params, optimiser.init(params)))
    assert names_of(found, "it[0]['encoder']['w']") == ["trace"]
    assert names_of(found, "it[0]['decoder']['w']") == ["mu", "nu"]


def test_a_mask_that_is_a_prefix_leaves_the_rest_alone():
    params = {"encoder": {"w": jnp.ones((2, 3)), "b": jnp.ones(3)}, "head": jnp.ones(3)}
    optimiser = optax.masked(optax.adam(0.1), {"encoder": False, "head": True})
    found = links((params, optimiser.init(params)))
    assert {param for param, _ in found.values()} == {"it[0]['head']"}


class TrainState(eqxcore.Module):
    model: Any
    opt_state: Any
    ema_model: Any
    step: jax.Array


class Tuple(NamedTuple):
    params: Any
    ema: Any
    opt_state: Any


def test_a_copy_of_the_model_is_neither_state_nor_what_state_belongs_to():
    model = eqxcore.nn.MLP(2, 3, 4, 1, key=jax.random.key(0))
    state = optax.adam(1e-3).init(eqxcore.filter(model, eqxcore.is_array))
    found = links(TrainState(model, state, jax.tree.map(lambda x: x, model), jnp.zeros((), int)))
    assert len(found) == 8
    assert all(param.startswith("it.model") for param, _ in found.values())
    params = {"w": jnp.ones((2, 3)), "b": jnp.ones(3)}
    found = links(Tuple(params, dict(params), optax.adam(0.1).init(params)))
    assert all(path.startswith("it.opt_state") for path in found)
    assert {param for param, _ in found.values()} == {"it.params['w']", "it.params['b']"}


_ORDERS = {
    "flat": lambda g, d, a, b: (g, d, a, b),
    "lists": lambda g, d, a, b: ([g, d], [a, b]),
    "pairs": lambda g, d, a, b: [(g, a), (d, b)],
}


@pytest.mark.parametrize("order", _ORDERS)
def test_two_models_that_are_alike_keep_their_own_optimisers(order: str):
    params = {"w": jnp.ones((2, 3)), "b": jnp.ones(3)}
    state = optax.chain(optax.trace(0.9), optax.adam(0.1)).init(params)
    value = _ORDERS[order]("first", "second", "of the first", "of the second")
    whose = {leaf: jax.tree_util.keystr(path) for path, leaf in jax.tree.leaves_with_path(value)}
    found = links(_ORDERS[order](params, dict(params), state, state))
    for model in ("first", "second"):
        for leaf in ("w", "b"):
            kept = [path for path, (p, _) in found.items() if p == f"it{whose[model]}['{leaf}']"]
            assert len(kept) == 3
            assert all(path.startswith(f"it{whose[f'of the {model}']}") for path in kept)


@pytest.mark.parametrize("name", ["adam", "adafactor", "chain"])
def test_models_of_one_class_are_told_apart_by_their_shapes(name: str):
    def trained(width: int) -> Any:
        model = eqxcore.nn.MLP(130, 150, width, 1, key=jax.random.key(0))
        return model, OPTIMISERS[name][0].init(eqxcore.filter(model, eqxcore.is_array))

    (small, of_small), (large, of_large) = trained(140), trained(160)
    found = links({"x": small, "y": large, "first": of_large, "second": of_small})
    assert len({param for param, _ in found.values()}) == 8
    for path, (param, _) in found.items():
        assert path.startswith("it['first']") == param.startswith("it['y']")


def test_names_decide_between_models_that_are_alike():
    one, two = ({"w": jnp.ones((2, 3))} for _ in range(2))
    adam = optax.adam(0.1)
    value = {"critic_opt": adam.init(one), "actor_opt": adam.init(one), "actor": one, "critic": two}
    found = links(value)
    for path, (param, _) in found.items():
        assert path.startswith("it['actor_opt']") == param.startswith("it['actor']")


def test_an_array_on_its_own_is_linked_where_there_is_no_doubt():
    w = jnp.ones((3, 4))
    state = optax.adam(0.1).init(w)
    assert names_of(links((w, state)), "it[0]") == ["mu", "nu"]
    assert links((w, w + 1, state)) == {}


def test_a_state_that_the_user_wrote_is_found_beside_optax():
    class VelocityState(NamedTuple):
        velocity: Any

    params = {"w": jnp.ones((2, 3))}
    own = VelocityState({"w": jnp.zeros((2, 3))})
    assert names_of(links((params, (own, optax.EmptyState()))), "it[0]['w']") == ["velocity"]
    assert names_of(links({"params": params, "opt_state": own}), "it['params']['w']") == [
        "velocity"
    ]
    assert links((params, own)) == {}  # it may be anything


def test_models_in_named_tuples_are_no_states_of_one_another():
    class PartState(NamedTuple):
        params: Any
        opt_state: Any

    parts = [{"w": jnp.ones((2, 3))} for _ in range(2)]
    found = links([PartState(part, optax.adam(0.1).init(part)) for part in parts])
    assert len(found) == 4
    for path, (param, _) in found.items():
        assert path[:5] == param[:5]
        assert ".opt_state" in path


def test_a_tree_without_an_optimiser_has_no_links():
    params = {"mu": {"w": jnp.ones(3)}, "nu": {"w": jnp.ones(3)}, "w": jnp.ones(3)}
    assert links(params) == {}
    assert links((params, {"count": jnp.zeros(()), "mu": params})) == {}


def test_several_trees_by_name_are_linked():
    model = eqxcore.nn.Linear(2, 3, key=jax.random.key(0))
    state = optax.adam(0.1).init(eqxcore.filter(model, eqxcore.is_array))
    tree = model_tree(named_trees({"model": model, "opt_state": state}), "", 1)
    assert {tree.path(int(p)) for p in tree.state_param} == {"model.weight", "model.bias"}


# What an optimiser keeps for itself, and not for a parameter.
_OWN = ("weights_memory", "ns_coeffs", "hessian_fn_state")


def test_every_optimiser_of_optax_is_understood():
    params = {"w": jnp.ones((130, 140)), "b": jnp.ones(140)}
    n_found = 0
    for module in (optax, optax.contrib):
        for name in dir(module):
            state = _state_of(getattr(module, name), params)
            tree = model_tree((params, state), "it", 1)
            linked = set(tree.state_node.tolist())
            n_found += bool(linked)
            for node in range(len(tree)):
                path = tree.path(node)
                is_counted = tree.shape(node) and path.startswith("it[1]")
                if is_counted and not any(own in path for own in _OWN):
                    assert node in linked, f"{name}: {path} {tree.shape(node)}"
    assert n_found > 50


def _state_of(make: Any, params: Any) -> Any:
    """Return the state of the optimiser that `make` makes of nothing, or of a learning rate."""
    if inspect.isclass(make) or not callable(make):
        return None
    for arguments in ((1e-3,), ()):
        try:
            return make(*arguments).init(params)
        except Exception:  # noqa: BLE001 - most of what Optax exports is no optimiser
            continue
    return None


_PARAMS = st.recursive(
    st.lists(st.integers(1, 3), min_size=1, max_size=3).map(lambda s: np.ones(s, np.float32)),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from("abwμ"), inner, min_size=1, max_size=3)
        | st.tuples(inner, st.none(), inner)
    ),
    max_leaves=8,
).filter(lambda tree: not isinstance(tree, np.ndarray))


@settings(max_examples=40, deadline=None)
@given(params=_PARAMS, name=st.sampled_from(["adam", "chain", "multi_steps", "inject", "momentum"]))
def test_every_array_of_any_parameters_gets_what_the_optimiser_keeps(params: Any, name: str):
    optimiser, kept = OPTIMISERS[name]
    found = links({"params": params, "opt_state": optimiser.init(params)})
    for path in arrays({"params": params}):
        assert names_of(found, path) == sorted(kept)
    assert len(found) == len(kept) * len(jax.tree.leaves(params))


@pytest.mark.full
def test_a_million_nodes_are_linked_in_half_a_second():
    def columns() -> ModelTree:
        one = np.ones(2, np.float32)
        params = [{"w": one, "b": [one, one]} for _ in range(100_000)]
        state = optax.ScaleByAdamState(np.zeros((), np.int32), params, params)
        return model_tree((params, (state, optax.EmptyState())), "it", 1)

    tree = columns()
    start = time.process_time()
    found = state_links(tree)
    seconds = time.process_time() - start
    assert len(found.node) == 600_000
    assert seconds < 0.5


def test_what_holds_itself_or_is_very_deep_is_no_state():
    loop: list[Any] = [1]
    loop.append(loop)
    deep: Any = 1
    for _ in range(10_000):
        deep = [deep]
    assert not is_optimiser_state(loop)
    assert not is_optimiser_state({"deep": deep})
    assert is_optimiser_state({"states": [optax.adam(1e-3).init({"w": jnp.ones(2)})]})
