"""State: made, read, replaced, taken apart, and carried through transformations."""

import copy
import io
from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from tests.parity.outcome import Program
from tests.parity.stateful_models import copied


def _counters(eqx: ModuleType) -> Any:
    """A class of models that count their calls in two places."""

    class Counter(eqx.Module):
        index: Any

        def __init__(self, init: Any) -> None:
            self.index = eqx.nn.StateIndex(jnp.array(init))

        def __call__(self, x: Any, state: Any) -> Any:
            count = state.get(self.index)
            return x + count, state.set(self.index, count + 1)

    class Counters(eqx.Module):
        one: Any
        more: Any

        def __init__(self, start: Any = 0) -> None:
            self.one = Counter(start)
            self.more = {"a": [Counter(0.5)]}

        def __call__(self, x: Any, state: Any) -> Any:
            x, state = self.one(x, state)
            return self.more["a"][0](x, state)

    return Counters


def _counting(use: Callable[[ModuleType, Any, Any], Any], start: Any = 0) -> Program:
    """A program that uses a model and its state."""

    def program(eqx: ModuleType) -> Any:
        model, state = eqx.nn.make_with_state(_counters(eqx))(start)
        return use(eqx, model, state)

    return program


def _with_index(use: Callable[[ModuleType, Any, Any], Any], init: Any = 3) -> Program:
    """A program that uses the index of a model that is nothing else, and its state."""

    def program(eqx: ModuleType) -> Any:
        return use(eqx, *eqx.nn.make_with_state(lambda: eqx.nn.StateIndex(init))())

    return program


def _set(value: Any, init: Any = 3) -> Program:
    def use(eqx: ModuleType, index: Any, state: Any) -> Any:
        new = state.set(index, value)
        return new, new.get(index), state

    return _with_index(use, init)


def _old(use: Callable[[Any, Any], Any]) -> Program:
    """A program that uses a state which has been replaced."""

    def using(eqx: ModuleType, index: Any, state: Any) -> Any:
        state.set(index, jnp.array(4))
        return use(index, state)

    return _with_index(using)


def _substates(eqx: ModuleType, model: Any, state: Any) -> Any:
    part = state.substate(model.more)
    shown = [repr(part), repr(state), jtu.tree_leaves(part)]
    y, part = model.more["a"][0](1.0, part)
    new = state.update(part)
    return [*shown, y, new, repr(state), repr(part), new.get(model.more["a"][0].index)]


def _ensemble(eqx: ModuleType) -> Any:
    make = eqx.filter_vmap(eqx.nn.make_with_state(_counters(eqx)))
    models, states = make(jnp.arange(4))
    x, after = eqx.filter_vmap(lambda m, x, s: m(x, s), in_axes=(0, None, 0))(models, 1.0, states)
    return models, states, x, after


def _in_scan(eqx: ModuleType, model: Any, state: Any) -> Any:
    def step(state: Any, x: Any) -> Any:
        x, state = model(x, state)
        return state, x

    return jax.lax.scan(step, state, jnp.arange(3.0))


def _in_while_loop(eqx: ModuleType, model: Any, state: Any) -> Any:
    return jax.lax.while_loop(
        lambda state: state.get(model.one.index) < 4, lambda state: model(0.0, state)[1], state
    )


def _donated(eqx: ModuleType, model: Any, state: Any) -> Any:
    step = eqx.filter_jit(lambda state, model: model(1.0, state), donate="all-except-first")
    first = eqx.filter_jit(lambda model, state: model(1.0, state), donate="all-except-first")
    x, state = first(model, state)
    return x, first(model, state), step is not None


def _structures(eqx: ModuleType) -> Any:
    one, two = (eqx.nn.make_with_state(_counters(eqx))() for _ in range(2))
    leaves, structure = jtu.tree_flatten(one)
    return leaves, structure, structure == jtu.tree_structure(two), one[0] == two[0]


def _round_trip(eqx: ModuleType, model: Any, state: Any) -> Any:
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, (model, model(1.0, state)))
    file.seek(0)
    like = eqx.nn.make_with_state(_counters(eqx))()
    return file.getvalue(), eqx.tree_deserialise_leaves(file, (like[0], (1.5, like[1])))


def _named(eqx: ModuleType) -> Any:
    index = eqx.nn.StateIndex(1)
    nested = (index, {"b": [index]}, jtu.Partial(jnp.sin, index))
    return eqx.nn.make_with_state(lambda: nested)()


PROGRAMS: dict[str, Program] = {
    "make_with_state": _counting(lambda eqx, model, state: (model, state)),
    "make_with_state of several places": _named,
    "make_with_state of nothing": lambda eqx: eqx.nn.make_with_state(lambda: 5)(),
    "make_with_state of a number": lambda eqx: eqx.nn.make_with_state(5)(),
    "make_with_state of wrong arguments": lambda eqx: eqx.nn.make_with_state(_counters(eqx))(1, 2),
    "make_with_state of what it made": lambda eqx: eqx.nn.make_with_state(
        lambda: eqx.nn.make_with_state(_counters(eqx))()[0]
    )(),
    "make_with_state in jit": lambda eqx: eqx.filter_jit(eqx.nn.make_with_state(_counters(eqx)))(2),
    "make_with_state in eval_shape": lambda eqx: eqx.filter_eval_shape(
        eqx.nn.make_with_state(_counters(eqx)), 2
    ),
    "delete_init_state": lambda eqx: jtu.tree_leaves(eqx.nn.delete_init_state(_counters(eqx)())),
    "delete_init_state of nothing": lambda eqx: eqx.nn.delete_init_state({"a": 1}),
    "delete_init_state twice": _counting(lambda eqx, m, s: eqx.nn.delete_init_state(m)),
    "StateIndex": lambda eqx: eqx.nn.StateIndex(jnp.ones(2)).init,
    "StateIndex of a number": lambda eqx: jtu.tree_leaves(eqx.nn.StateIndex(2.0)),
    "StateIndex without a value": lambda eqx: eqx.nn.StateIndex(),
    "StateIndexes are unequal": lambda eqx: eqx.nn.StateIndex(1) == eqx.nn.StateIndex(1),
    **{
        f"State of {name}": _with_index(lambda eqx, index, state: (index, state), init)
        for name, init in {
            "a number": 3,
            "a float": 2.0,
            "a boolean": True,
            "NumPy": np.ones(2),
            "a key": jax.random.key(0),
            "None": None,
            "a tree": (np.ones(2, np.int8), {"a": 1, "b": [jnp.ones((2, 3), jnp.bfloat16)]}),
            "text": "text",
            "a function": jnp.sin,
        }.items()
    },
    "State without a model": lambda eqx: eqx.nn.State(),
    "State of nothing": lambda eqx: eqx.nn.State(5),
    "State of a model without initial states": _counting(lambda eqx, m, s: eqx.nn.State(m)),
    "State is printed": _counting(
        lambda eqx, m, s: [
            str(s),
            eqx.tree_pformat(s, short_arrays=False),
            eqx.tree_pformat([s], width=20, indent=4),
            eqx.tree_pformat(s.substate(m.one)),
        ]
    ),
    "State is flattened": _structures,
    "State by its own methods": _counting(
        lambda eqx, m, s: (s.tree_flatten(), eqx.nn.State.tree_unflatten(("a", "b"), (5, [6])))
    ),
    "State is copied": _counting(
        lambda eqx, m, s: (copy.copy(s), copy.deepcopy(s), jtu.tree_map(lambda x: x + 1, s))
    ),
    "States are compared": _counting(
        lambda eqx, m, s: (s == s, s == copy.copy(s), eqx.tree_equal(s, copy.copy(s)))
    ),
    "State partitioned": _counting(lambda eqx, m, s: eqx.partition(s, eqx.is_inexact_array)),
    "State with a value changed": _counting(
        lambda eqx, m, s: eqx.tree_at(lambda s: s.get(m.one.index), s, jnp.array(9))
    ),
    "State is not indexed": _counting(lambda eqx, m, s: s[m.one.index]),
    "State get": _counting(lambda eqx, m, s: s.get(m.one.index)),
    "State get of a number": _counting(lambda eqx, m, s: s.get(5)),
    "State get of a marker": _counting(lambda eqx, m, s: s.get(m.one.index.marker)),
    "State get of another index": _counting(lambda eqx, m, s: s.get(eqx.nn.StateIndex(1))),
    "State get of what a part lacks": _counting(
        lambda eqx, m, s: s.substate(m.more).get(m.one.index)
    ),
    "State set": _set(jnp.array(4)),
    "State set to a number": _set(4),
    "State set to a tree": _set((5, [6.0]), (1, [2.0])),
    "State set to another shape": _set(jnp.ones(3)),
    "State set to another dtype": _set(4.0),
    "State set to a strong type": _set(jnp.array(4, jnp.int32)),
    "State set to NumPy": _set(np.array(4)),
    "State set to another structure": _set((4,)),
    "State set to None": _set(None),
    "State set to text": _set("text"),
    "State set of a number": _counting(lambda eqx, m, s: s.set(5, 3)),
    "State set of another index": _counting(lambda eqx, m, s: s.set(eqx.nn.StateIndex(1), 3)),
    "State set wrongly can still be used": _with_index(
        lambda eqx, index, s: [_error_of(lambda: s.set(index, 4.0)), s.get(index)]
    ),
    "State substate and update": _counting(_substates),
    "State substate of nothing": _counting(lambda eqx, m, s: s.substate(5)),
    "State substate of a list": _counting(lambda eqx, m, s: s.substate([m.more, m.one, m.one])),
    "State substate of another model": _counting(
        lambda eqx, m, s: s.substate(eqx.nn.StateIndex(1))
    ),
    "State update of a number": _counting(lambda eqx, m, s: s.update(5)),
    "State update of other states": _counting(
        lambda eqx, m, s: s.update(eqx.nn.State(eqx.nn.StateIndex(1)))
    ),
    "State update of more": _counting(lambda eqx, m, s: s.substate(m.one).update(s)),
    "old State is printed": _old(lambda index, state: [repr(state), str(state)]),
    "old State get": _old(lambda index, state: state.get(index)),
    "old State set": _old(lambda index, state: state.set(index, 3)),
    "old State substate": _old(lambda index, state: state.substate(index)),
    "old State update": _old(lambda index, state: state.update(state)),
    "old State flattened": _old(lambda index, state: jtu.tree_leaves(state)),
    "old State jitted": _old(lambda index, state: jax.jit(lambda s: s)(state)),
    "old State returned by jit": _counting(
        lambda eqx, m, s: eqx.filter_jit(lambda m, s: (m(1.0, s), s)[1])(m, s)
    ),
    "State called": _counting(lambda eqx, m, s: (m(1.0, s), repr(s))),
    "State in jit stays usable": _counting(
        lambda eqx, m, s: (eqx.filter_jit(lambda m, s: m(1.0, s))(m, s), s)
    ),
    "State donated": _counting(_donated),
    "State in vmap": _counting(
        lambda eqx, m, s: jax.vmap(m, in_axes=(0, None), out_axes=(0, None))(jnp.arange(3.0), s)
    ),
    "State copied by vmap": _counting(
        lambda eqx, m, s: jax.vmap(m, in_axes=(0, None))(jnp.arange(3.0), s)
    ),
    "State in grad": _counting(lambda eqx, m, s: eqx.filter_grad(lambda x: m(x, s)[0])(1.0)),
    "State in scan": _counting(_in_scan, 0),
    "State in while_loop": _counting(_in_while_loop),
    "State in cond": _counting(
        lambda eqx, m, s: jax.lax.cond(True, lambda s: m(1.0, s)[1], lambda s: s, s)
    ),
    "State of an ensemble": _ensemble,
    "State serialised": _counting(_round_trip),
}


def _error_of(call: Callable[[], Any]) -> type | None:
    try:
        call()
    except ValueError as error:
        return type(error)
    return None


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "State update by an old State": (
        _with_index(lambda eqx, index, s: _updated_by_old(index, s)),
        ValueError,
        "the error is that of every other use of an old state",
    ),
    "State that no make_with_state has named is printed": (
        lambda eqx: repr(eqx.nn.State(eqx.nn.StateIndex(jnp.ones(2)))).endswith("=f32[2])"),
        True,
        "Equinox raises a TypeError",
    ),
}


def _updated_by_old(index: Any, state: Any) -> Any:
    old = copied(state)
    old.set(index, jnp.array(4))
    return state.update(old)
