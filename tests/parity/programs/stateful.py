"""State and the layers that keep one; shared parts; switching to inference."""

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

_X = jax.random.normal(jax.random.key(0), (5, 3, 2))


def _key() -> jax.Array:
    return jax.random.key(1)


def _linear(eqx: ModuleType, **kwargs: Any) -> Any:
    return eqx.nn.Linear(3, 4, key=_key(), **kwargs)


# --- State


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


_STATE: dict[str, Program] = {
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


# --- BatchNorm


def _batched(norm: Any, name: Any = "batch") -> Callable[..., Any]:
    return jax.vmap(norm, axis_name=name, in_axes=(0, None), out_axes=(0, None))


def _copied(state: Any) -> Any:
    return jtu.tree_map(lambda leaf: leaf, state)


def _batch_norm(x: Any = _X, *args: Any, **kwargs: Any) -> Program:
    """A program that trains a `BatchNorm` for two steps, then uses it, in each way."""

    def program(eqx: ModuleType) -> Any:
        make = eqx.nn.make_with_state(eqx.nn.BatchNorm)
        norm, state = make(x.shape[1], "batch", *args, **kwargs)

        inexact = jnp.issubdtype(x.dtype, jnp.inexact)

        def loss(both: Any, state: Any) -> Any:
            norm, x = both
            y, state = _batched(norm)(x, state)
            return jnp.sum(jnp.abs(jnp.sin(y))) + sum(
                jnp.sum(jnp.abs(leaf)) for leaf in jtu.tree_leaves(state) if leaf.ndim > 0
            )

        @eqx.filter_jit  # in one function, which is compiled faster than each operation of it
        def used(norm: Any, state: Any, x: Any) -> Any:
            gradient = eqx.filter_grad(loss)((norm, x), _copied(state)) if inexact else None
            untrained, state = norm(x[0], state, inference=True)
            y, state = _batched(norm)(x, state)
            z, state = _batched(norm)(jnp.sin(x), state)
            trained, state = eqx.nn.inference_mode(norm)(x[0], state)
            return gradient, untrained, y, z, trained, state

        return norm, state, used(norm, state, x)

    return program


def _made(*args: Any, **kwargs: Any) -> Program:
    return lambda eqx: jtu.tree_leaves(eqx.nn.BatchNorm(*args, **kwargs))


def _called(call: Callable[[Any, Any], Any], axis_name: Any = "batch", **kwargs: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        make = eqx.nn.make_with_state(eqx.nn.BatchNorm)
        return call(*make(3, axis_name, **{"mode": "batch", **kwargs}))

    return program


def _over_two_axes(axis_name: Any) -> Program:
    x = jnp.stack([_X, jnp.sin(_X)])
    return _called(lambda n, s: jax.jit(_batched(_batched(n, "b"), "a"))(x, s), axis_name)


def _norm_strictly(dtype: Any, mode: str) -> Program:
    def program(eqx: ModuleType) -> Any:
        make = eqx.nn.make_with_state(eqx.nn.BatchNorm)
        norm, state = make(3, "batch", mode=mode, dtype=dtype)
        x = _X.astype(dtype)
        with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
            y, state = jax.jit(_batched(norm))(x, state)
            return y, norm(x[0], state, inference=True)

    return program


def _norm_in_double_precision(mode: str) -> Program:
    def program(eqx: ModuleType) -> Any:
        with jax.enable_x64(True):
            make = eqx.nn.make_with_state(eqx.nn.BatchNorm)
            norm, state = make(3, "batch", mode=mode)
            y, state = jax.jit(_batched(norm))(_X.astype(jnp.float64), state)
            return norm, y, norm(_X[0], state, inference=True)

    return program


def _norm_ensemble(eqx: ModuleType) -> Any:
    make = eqx.nn.make_with_state(lambda key: _normed_model(eqx, key))
    models, states = eqx.filter_jit(eqx.filter_vmap(make))(jax.random.split(_key(), 2))
    step = eqx.filter_vmap(lambda m, s: _batched(m)(_X[..., 0], s))
    return models, eqx.filter_jit(step)(models, states)


def _normed_model(eqx: ModuleType, key: jax.Array) -> Any:
    return eqx.nn.Sequential(
        [
            eqx.nn.Linear(3, 4, key=key),
            eqx.nn.BatchNorm(4, "batch", mode="batch"),
            eqx.nn.LayerNorm(4),
            eqx.nn.Dropout(0.5, inference=True),
            eqx.nn.Sequential([eqx.nn.Lambda(jnp.tanh)]),
            eqx.nn.SpectralNorm(eqx.nn.Linear(4, 2, key=key), "weight", key=key),
        ]
    )


def _training(eqx: ModuleType) -> Any:
    """Three steps of gradient descent of a stateful model."""
    model, state = eqx.nn.make_with_state(_normed_model)(eqx, _key())

    def loss(model: Any, state: Any) -> Any:
        y, state = _batched(model)(_X[..., 0], state)
        return jnp.mean(y**2), state

    @eqx.filter_jit(donate="all-except-first")
    def step(model: Any, state: Any) -> Any:
        (value, state), gradient = eqx.filter_value_and_grad(loss, has_aux=True)(model, state)
        update = jtu.tree_map(lambda g: -0.1 * g, gradient)
        return value, eqx.apply_updates(model, update), state

    values = []
    for _ in range(3):
        value, model, state = step(model, state)
        values.append(value)
    return values, state, eqx.nn.inference_mode(model)(_X[0, :, 0], state)[0]


_BATCH_NORM: dict[str, Program] = {
    **{f"BatchNorm of mode {mode}": _batch_norm(mode=mode) for mode in ("batch", "ema", "legacy")},
    **{
        f"BatchNorm of {dtype} in mode {mode}": _batch_norm(
            _X.astype(dtype), mode=mode, dtype=dtype
        )
        for dtype in ("float16", "bfloat16", "complex64")
        for mode in ("batch", "ema")
        if (dtype, mode) != ("complex64", "ema")
    },
    "BatchNorm of float32 at float16": _batch_norm(_X.astype("float16"), mode="batch"),
    "BatchNorm of float32 at int32": _batch_norm(_X.astype("int32"), mode="batch"),
    "BatchNorm of vectors": _batch_norm(_X[..., 0], mode="batch"),
    "BatchNorm without parameters": _batch_norm(mode="batch", channelwise_affine=False),
    "BatchNorm by position": _batch_norm(_X, 0.1, True, 0.5, False, "float32", "batch"),
    "BatchNorm of little momentum": _batch_norm(mode="ema", momentum=0.1),
    "BatchNorm in inference": _called(lambda norm, s: norm(_X[0], s), inference=True),
    "BatchNorm in inference called for training": _called(
        lambda norm, s: _batched(lambda x, s: norm(x, s, inference=False))(_X, s), inference=True
    ),
    "BatchNorm called with a key": _called(
        lambda norm, s: _batched(lambda x, s: norm(x, s, key=_key()))(_X, s)
    ),
    "BatchNorm made": _called(lambda norm, s: (norm, s, norm.is_stateful(), norm.axis_name)),
    "BatchNorm made of no channels": _made(0, "batch", mode="ema"),
    "BatchNorm made by the default mode": _made(2, "batch"),
    "BatchNorm over two axes": _over_two_axes(("a", "b")),
    "BatchNorm over a list of axes": _over_two_axes(["a", "b"]),
    "BatchNorm over the inner axis": _called(
        lambda n, s: jax.jit(jax.vmap(_batched(n, "b"), in_axes=(0, None)))(_X[None], s), "b"
    ),
    "BatchNorm over no axes": _called(lambda norm, s: norm(_X[0], s), ()),
    "BatchNorm over an axis that is a number": _called(lambda n, s: _batched(n, 7)(_X, s), 7),
    **{
        f"BatchNorm of {dtype} strictly in mode {mode}": _norm_strictly(dtype, mode)
        for dtype, mode in (("float16", "ema"), ("float32", "batch"))
    },
    **{
        f"BatchNorm in double precision in mode {mode}": _norm_in_double_precision(mode)
        for mode in ("batch", "ema")
    },
    "BatchNorm in an ensemble": _norm_ensemble,
    "BatchNorm in training": _training,
    "BatchNorm outside of vmap": _called(lambda norm, s: norm(_X[0], s)),
    "BatchNorm in another vmap": _called(lambda norm, s: _batched(norm, "b")(_X, s)),
    "BatchNorm in a nameless vmap": _called(lambda norm, s: _batched(norm, None)(_X, s)),
    "BatchNorm in one of two vmaps": _called(lambda n, s: _batched(n, "b")(_X, s), ("a", "b")),
    "BatchNorm of None as axis": _called(lambda norm, s: norm(_X[0], s), None),
    "BatchNorm of wrong channels in inference": _called(
        lambda norm, s: norm(_X[:, 0], s, inference=True)
    ),
    "BatchNorm of a batch in inference": _called(lambda norm, s: norm(_X, s, inference=True)),
    "BatchNorm of wrong channels": _called(lambda norm, s: _batched(norm)(_X[:, :2], s)),
    "BatchNorm of a number": _called(lambda norm, s: _batched(norm)(jnp.ones(5), s)),
    "BatchNorm of complex numbers with real statistics": _called(
        lambda norm, s: _batched(norm)(_X + 1j, s)
    ),
    "BatchNorm without a state": _called(lambda norm, s: norm(_X[0])),
    "BatchNorm of the state of another": lambda eqx: eqx.nn.make_with_state(eqx.nn.BatchNorm)(
        3, "batch", mode="batch"
    )[0](_X[0], eqx.nn.State(5), inference=True),
    "BatchNorm of a wrong mode": _made(3, "batch", mode="group"),
    "BatchNorm of None as mode": _made(3, "batch", mode=None),
    "BatchNorm without an axis": _made(3, mode="batch"),
    "BatchNorm with a key": _made(3, "batch", mode="batch", key=_key()),
    "BatchNorm of a shape": _made((3, 2), "batch", mode="batch"),
    "BatchNorm of fractional channels": _made(3.0, "batch", mode="batch"),
    "BatchNorm of an array as momentum": _made(3, "batch", mode="batch", momentum=jnp.array(0.9)),
}

# --- SpectralNorm


def _spectral(layer: Callable[[ModuleType], Any], x: Any, *args: Any, **kwargs: Any) -> Program:
    """A program that makes a `SpectralNorm` and calls it in each way."""

    def program(eqx: ModuleType) -> Any:
        make = eqx.nn.make_with_state(eqx.nn.SpectralNorm)
        norm, state = make(layer(eqx), *args, key=_key(), **{"weight_name": "weight", **kwargs})

        def loss(both: Any, state: Any) -> Any:
            norm, x = both
            return jnp.sum(jnp.abs(jnp.sin(norm(x, state)[0])))

        @eqx.filter_jit
        def used(norm: Any, state: Any, x: Any) -> Any:
            gradient = eqx.filter_grad(loss)((norm, x), _copied(state))
            y, state = norm(x, state, key=_key())
            z, state = eqx.nn.inference_mode(norm)(x, state)
            return gradient, y, z, norm(x, state, inference=False)

        return norm, state, used(norm, state, x)

    return program


def _spectral_of(
    layer: Callable[[ModuleType], Any], name: str = "weight", **kwargs: Any
) -> Program:
    return lambda eqx: eqx.nn.SpectralNorm(layer(eqx), name, **{"key": _key(), **kwargs}).layer


_V = _X[0, :, 0]

_SPECTRAL_NORM: dict[str, Program] = {
    "SpectralNorm": _spectral(_linear, _V),
    "SpectralNorm of three iterations": _spectral(_linear, _V, num_power_iterations=3),
    "SpectralNorm of no iterations": _spectral(_linear, _V, num_power_iterations=0),
    "SpectralNorm of a large least length": _spectral(_linear, _V, eps=1.0),
    "SpectralNorm of a kernel": _spectral(
        lambda eqx: eqx.nn.Conv1d(3, 2, 2, key=_key()), jnp.ones((3, 5))
    ),
    **{
        f"SpectralNorm of {dtype}": _spectral(
            lambda eqx, dtype=dtype: _linear(eqx, dtype=dtype), _V.astype(dtype)
        )
        for dtype in ("float16", "bfloat16", "complex64")
    },
    "SpectralNorm of float16 at float32": lambda eqx: (lambda norm, state: norm(_V, state))(
        *eqx.nn.make_with_state(eqx.nn.SpectralNorm)(
            _linear(eqx, dtype="float16"), "weight", key=_key()
        )
    ),
    "SpectralNorm in vmap": lambda eqx: (
        lambda norm, state: jax.vmap(norm, in_axes=(0, None), out_axes=(0, None))(_X[..., 0], state)
    )(*eqx.nn.make_with_state(eqx.nn.SpectralNorm)(_linear(eqx), "weight", key=_key())),
    "SpectralNorm of a WeightNorm": lambda eqx: eqx.nn.make_with_state(
        lambda: eqx.nn.SpectralNorm(eqx.nn.WeightNorm(_linear(eqx)), "g", key=_key())
    )(),
    "SpectralNorm of large matrices": lambda eqx: eqx.nn.make_with_state(
        lambda: eqx.nn.SpectralNorm(eqx.nn.Linear(100, 150, key=_key()), "weight", key=_key())
    )(),
    "SpectralNorm of a vector": _spectral_of(_linear, "bias"),
    "SpectralNorm of an unknown name": _spectral_of(_linear, "kernel"),
    "SpectralNorm of no layer": _spectral_of(lambda eqx: 5),
    "SpectralNorm of None as key": _spectral_of(_linear, key=None),
    "SpectralNorm without a key": lambda eqx: eqx.nn.SpectralNorm(_linear(eqx), "weight"),
    "SpectralNorm without a name": lambda eqx: eqx.nn.SpectralNorm(_linear(eqx), key=_key()),
    "SpectralNorm without a state": lambda eqx: eqx.nn.SpectralNorm(
        _linear(eqx), "weight", key=_key()
    )(_V),
    "SpectralNorm of the state of another": lambda eqx: eqx.nn.SpectralNorm(
        _linear(eqx), "weight", key=_key()
    )(_V, eqx.nn.State(5)),
    "SpectralNorm of a wrong length": lambda eqx: (lambda norm, state: norm(jnp.ones(4), state))(
        *eqx.nn.make_with_state(eqx.nn.SpectralNorm)(_linear(eqx), "weight", key=_key())
    ),
}

# --- Shared


def _pair(eqx: ModuleType) -> Any:
    return eqx.nn.Linear(3, 4, key=_key()), eqx.nn.Linear(4, 3, key=jax.random.key(2))


def _tied(eqx: ModuleType) -> Any:
    return eqx.nn.Shared(_pair(eqx), lambda p: p[1].weight, lambda p: p[0].weight.T)


def _shared(pytree: Any, where: Any, get: Any) -> Program:
    def program(eqx: ModuleType) -> Any:
        shared = eqx.nn.Shared(pytree(eqx) if callable(pytree) else pytree, where, get)
        return shared, shared()

    return program


def _shared_gradient(eqx: ModuleType) -> Any:
    def loss(shared: Any) -> Any:
        first, second = shared()
        return jnp.sum(second(first(_V)) ** 2)

    return eqx.filter_jit(eqx.filter_value_and_grad(loss))(_tied(eqx))


def _shared_norms(eqx: ModuleType) -> Any:
    def make() -> Any:
        norm = eqx.nn.BatchNorm(3, "batch", mode="batch")
        return eqx.nn.Shared([norm, norm], lambda p: p[1], lambda p: p[0])

    shared, state = eqx.nn.make_with_state(make)()

    def call(x: Any, state: Any) -> Any:
        one, two = shared()
        return two(*one(x, state))

    return shared, state, _batched(call)(_X, state)


_SHARED: dict[str, Program] = {
    "Shared": lambda eqx: (_tied(eqx), _tied(eqx)(), jtu.tree_leaves(_tied(eqx)())),
    "Shared gradient": _shared_gradient,
    "Shared in jit": lambda eqx: eqx.filter_jit(lambda s: s()[1](jnp.ones(4)))(_tied(eqx)),
    "Shared norms have one state": _shared_norms,
    "Shared in inference": lambda eqx: eqx.nn.inference_mode(
        eqx.nn.Shared(
            (eqx.nn.Dropout(), *_pair(eqx)), lambda p: p[2].weight, lambda p: p[1].weight.T
        )
    ),
    "Shared serialised": lambda eqx: _file_of(eqx, _tied(eqx)),
    "Shared nodes": _shared(
        _pair,
        lambda p: (p[1].weight, p[1].bias),
        lambda p: (p[0].weight.T, p[0].bias[:3]),
    ),
    "Shared layers": _shared(
        lambda eqx: [_linear(eqx), _linear(eqx)], lambda p: p[1], lambda p: p[0]
    ),
    "Shared nested": _shared(
        lambda eqx: (_tied(eqx), _linear(eqx)), lambda p: p[1].weight, lambda p: p[0]()[0].weight
    ),
    "Shared of Shared": lambda eqx: eqx.nn.Shared(
        eqx.nn.Shared([1.0, 1.0, 1.0], lambda p: p[1], lambda p: p[0]),
        lambda s: s.pytree[2],
        lambda s: s.pytree[0],
    )()(),
    "Shared numbers": _shared([1, 1, 2], lambda p: p[1], lambda p: p[0]),
    "Shared unequal numbers": _shared([1, 2], lambda p: p[1], lambda p: p[0]),
    "Shared other shapes": _shared(_pair, lambda p: p[1].weight, lambda p: p[0].weight),
    "Shared other dtypes": _shared(
        [jnp.ones(2), jnp.ones(2, jnp.float16)], lambda p: p[1], lambda p: p[0]
    ),
    "Shared other functions": _shared(
        lambda eqx: [eqx.nn.Lambda(jnp.sin), eqx.nn.Lambda(jnp.cos)], lambda p: p[1], lambda p: p[0]
    ),
    "Shared other hyperparameters": _shared(
        lambda eqx: [_linear(eqx), _linear(eqx, use_bias=False)], lambda p: p[1], lambda p: p[0]
    ),
    "Shared too few": _shared(
        _pair, lambda p: (p[1].weight, p[1].bias), lambda p: (p[0].weight.T,)
    ),
    "Shared a tuple for one": _shared(_pair, lambda p: p[1].weight, lambda p: (p[0].weight.T,)),
    "Shared of an unknown name": _shared(_pair, lambda p: p[1].kernel, lambda p: p[0].weight),
    "Shared from an unknown name": _shared(_pair, lambda p: p[1].weight, lambda p: p[0].kernel),
    "Shared of what is no node": _shared([1, 5], lambda p: 5 + 0, lambda p: 5),
    "Shared of no function": _shared([1, 5], 5, 5),
}


def _file_of(eqx: ModuleType, tree: Any) -> bytes:
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, tree)
    return file.getvalue()


# --- Sequential with a state, and inference


def _sequential_inference(eqx: ModuleType) -> Any:
    model, state = eqx.nn.make_with_state(_normed_model)(eqx, _key())
    inference = eqx.nn.inference_mode(model)
    return model, state, inference, inference(_X[0, :, 0], state, key=_key())


def _flags(eqx: ModuleType) -> Any:
    class Flagged(eqx.Module):
        inference: Any
        inner: Any = None

    return Flagged


_INFERENCE: dict[str, Program] = {
    "Sequential in inference": _sequential_inference,
    "Sequential passes a state by": lambda eqx: eqx.nn.Sequential([eqx.nn.LayerNorm(3)])(_V, 5),
    "Sequential of an old state": lambda eqx: (
        lambda model, state: [model(_V, state, key=_key()) for _ in range(2)]
    )(
        *eqx.nn.make_with_state(
            lambda: eqx.nn.Sequential([eqx.nn.SpectralNorm(_linear(eqx), "weight", key=_key())])
        )()
    ),
    "inference_mode of a tree of flags": lambda eqx: eqx.nn.inference_mode(
        _flags(eqx)([False, True], eqx.nn.Dropout())
    ),
    "inference_mode of an array": lambda eqx: eqx.nn.inference_mode(_flags(eqx)(jnp.array(False))),
    "inference_mode of one layer twice": lambda eqx: eqx.nn.inference_mode([eqx.nn.Dropout()] * 2),
    "inference_mode to None": lambda eqx: eqx.nn.inference_mode(eqx.nn.Dropout(), None),
    "inference_mode of a leaf": lambda eqx: [eqx.nn.inference_mode(5), eqx.nn.inference_mode(None)],
    "inference_mode of a static field in a tree": lambda eqx: _static_flag(eqx, "static"),
    "inference_mode of a property": lambda eqx: _static_flag(eqx, "property"),
    "inference_mode of a class variable": lambda eqx: _static_flag(eqx, "class variable"),
}


def _static_flag(eqx: ModuleType, kind: str) -> Any:
    class Static(eqx.Module):
        inference: bool = eqx.field(static=True)

    class Property(eqx.Module):
        @property
        def inference(self) -> int:
            return 3

    class ClassVariable(eqx.Module):
        inference = False

    flagged = {
        "static": lambda: Static(False),
        "property": Property,
        "class variable": ClassVariable,
    }
    return eqx.nn.inference_mode([eqx.nn.Dropout(), {"a": flagged[kind]()}])


PROGRAMS: dict[str, Program] = {
    **_STATE,
    **_BATCH_NORM,
    **_SPECTRAL_NORM,
    **_SHARED,
    **_INFERENCE,
}

# What takes long and is like what the others do.
FULL = {
    "BatchNorm in double precision in mode ema",
    "BatchNorm of float32 at float16",
    "BatchNorm over a list of axes",
    "BatchNorm without parameters",
    "SpectralNorm of three iterations",
    "BatchNorm by position",
    "BatchNorm in an ensemble",
    "BatchNorm of bfloat16 in mode batch",
    "BatchNorm of bfloat16 in mode ema",
    "BatchNorm of complex64 in mode batch",
    "BatchNorm of float16 in mode ema",
    "BatchNorm of little momentum",
    "BatchNorm of vectors",
    "SpectralNorm of a kernel",
    "SpectralNorm of a large least length",
    "SpectralNorm of bfloat16",
    "SpectralNorm of complex64",
    "SpectralNorm of large matrices",
}

# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "BatchNorm of negative channels": (
        _made(-3, "batch", mode="batch"),
        ValueError,
        "sizes that are too small are ValueErrors in all layers",
    ),
    "BatchNorm of float16 with statistics of float32 in mode ema": (
        _called(lambda norm, s: _batched(norm)(_X.astype("float16"), s)[0].dtype, mode="ema"),
        jnp.dtype("float32"),
        "input and statistics may differ in dtype in each mode; Equinox raises a TypeError here",
    ),
    "BatchNorm of float32 with statistics of float16": (
        _called(
            lambda n, s: _batched(n)(_X, s)[1].get(n.batch_state_index)[0].dtype, dtype="float16"
        ),
        jnp.dtype("float16"),
        "statistics keep their dtype; Equinox refuses the new ones",
    ),
    "BatchNorm of a state copied for each element": (
        _called(
            lambda norm, s: _batched(norm)(
                _X, jax.vmap(norm, axis_name="batch", in_axes=(0, None))(_X, s)[1]
            )
        ),
        ValueError,
        "`out_axes` was forgotten; Equinox goes on with statistics that grow by an axis each time",
    ),
    "BatchNorm without a State": (
        _called(lambda norm, s: norm(_X[0], None, inference=True)),
        TypeError,
        "the argument is named; Equinox says that None has no attribute `get`",
    ),
    "SpectralNorm without a State": (
        lambda eqx: eqx.nn.SpectralNorm(_linear(eqx), "weight", key=_key())(_V, 5),
        TypeError,
        "the argument is named; Equinox says that a number has no attribute `get`",
    ),
    "SpectralNorm of a number": (
        _spectral_of(_linear, "in_features"),
        ValueError,
        "as for other attributes that are no array",
    ),
    "Sequential without a State": (
        lambda eqx: eqx.nn.Sequential([eqx.nn.BatchNorm(3, "batch", mode="batch")])(_V),
        TypeError,
        "what is missing is named; Equinox says that an object has no attribute `get`",
    ),
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
    "Shared models made alike are equal": (
        lambda eqx: (
            eqx.nn.Shared([1, 1], _second, _first) == eqx.nn.Shared([1, 1], _second, _first)
        ),
        True,
        "they share compiled code; in Equinox each has placeholders of its own",
    ),
}


def _updated_by_old(index: Any, state: Any) -> Any:
    old = _copied(state)
    old.set(index, jnp.array(4))
    return state.update(old)


def _first(pair: Any) -> Any:
    return pair[0]


def _second(pair: Any) -> Any:
    return pair[1]
