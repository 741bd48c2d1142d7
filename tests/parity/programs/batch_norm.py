"""BatchNorm in each mode, dtype and axis; models trained with it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from tests.parity.outcome import Program
from tests.parity.stateful_models import KEY, X, batched, copied, normed_model


def _batch_norm(x: Any = X, *args: Any, **kwargs: Any) -> Program:
    """A program that trains a `BatchNorm` for two steps, then uses it, in each way."""

    def program(eqx: ModuleType) -> Any:
        make = eqx.nn.make_with_state(eqx.nn.BatchNorm)
        norm, state = make(x.shape[1], "batch", *args, **kwargs)

        inexact = jnp.issubdtype(x.dtype, jnp.inexact)

        def loss(both: Any, state: Any) -> Any:
            norm, x = both
            y, state = batched(norm)(x, state)
            return jnp.sum(jnp.abs(jnp.sin(y))) + sum(
                jnp.sum(jnp.abs(leaf)) for leaf in jtu.tree_leaves(state) if leaf.ndim > 0
            )

        @eqx.filter_jit  # in one function, which is compiled faster than each operation of it
        def used(norm: Any, state: Any, x: Any) -> Any:
            gradient = eqx.filter_grad(loss)((norm, x), copied(state)) if inexact else None
            untrained, state = norm(x[0], state, inference=True)
            y, state = batched(norm)(x, state)
            z, state = batched(norm)(jnp.sin(x), state)
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
    x = jnp.stack([X, jnp.sin(X)])
    return _called(lambda n, s: jax.jit(batched(batched(n, "b"), "a"))(x, s), axis_name)


def _norm_strictly(dtype: Any, mode: str) -> Program:
    def program(eqx: ModuleType) -> Any:
        make = eqx.nn.make_with_state(eqx.nn.BatchNorm)
        norm, state = make(3, "batch", mode=mode, dtype=dtype)
        x = X.astype(dtype)
        with jax.numpy_dtype_promotion("strict"), jax.numpy_rank_promotion("raise"):
            y, state = jax.jit(batched(norm))(x, state)
            return y, norm(x[0], state, inference=True)

    return program


def _norm_in_double_precision(mode: str) -> Program:
    def program(eqx: ModuleType) -> Any:
        with jax.enable_x64(True):
            make = eqx.nn.make_with_state(eqx.nn.BatchNorm)
            norm, state = make(3, "batch", mode=mode)
            y, state = jax.jit(batched(norm))(X.astype(jnp.float64), state)
            return norm, y, norm(X[0], state, inference=True)

    return program


def _norm_ensemble(eqx: ModuleType) -> Any:
    make = eqx.nn.make_with_state(lambda key: normed_model(eqx, key))
    models, states = eqx.filter_jit(eqx.filter_vmap(make))(jax.random.split(KEY, 2))
    step = eqx.filter_vmap(lambda m, s: batched(m)(X[..., 0], s))
    return models, eqx.filter_jit(step)(models, states)


def _training(eqx: ModuleType) -> Any:
    """Three steps of gradient descent of a stateful model."""
    model, state = eqx.nn.make_with_state(normed_model)(eqx, KEY)

    def loss(model: Any, state: Any) -> Any:
        y, state = batched(model)(X[..., 0], state)
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
    return values, state, eqx.nn.inference_mode(model)(X[0, :, 0], state)[0]


PROGRAMS: dict[str, Program] = {
    **{f"BatchNorm of mode {mode}": _batch_norm(mode=mode) for mode in ("batch", "ema", "legacy")},
    **{
        f"BatchNorm of {dtype} in mode {mode}": _batch_norm(X.astype(dtype), mode=mode, dtype=dtype)
        for dtype in ("float16", "bfloat16", "complex64")
        for mode in ("batch", "ema")
        if (dtype, mode) != ("complex64", "ema")
    },
    "BatchNorm of float32 at float16": _batch_norm(X.astype("float16"), mode="batch"),
    "BatchNorm of float32 at int32": _batch_norm(X.astype("int32"), mode="batch"),
    "BatchNorm of vectors": _batch_norm(X[..., 0], mode="batch"),
    "BatchNorm without parameters": _batch_norm(mode="batch", channelwise_affine=False),
    "BatchNorm by position": _batch_norm(X, 0.1, True, 0.5, False, "float32", "batch"),
    "BatchNorm of little momentum": _batch_norm(mode="ema", momentum=0.1),
    "BatchNorm in inference": _called(lambda norm, s: norm(X[0], s), inference=True),
    "BatchNorm in inference called for training": _called(
        lambda norm, s: batched(lambda x, s: norm(x, s, inference=False))(X, s), inference=True
    ),
    "BatchNorm called with a key": _called(
        lambda norm, s: batched(lambda x, s: norm(x, s, key=KEY))(X, s)
    ),
    "BatchNorm made": _called(lambda norm, s: (norm, s, norm.is_stateful(), norm.axis_name)),
    "BatchNorm made of no channels": _made(0, "batch", mode="ema"),
    "BatchNorm made by the default mode": _made(2, "batch"),
    "BatchNorm over two axes": _over_two_axes(("a", "b")),
    "BatchNorm over a list of axes": _over_two_axes(["a", "b"]),
    "BatchNorm over the inner axis": _called(
        lambda n, s: jax.jit(jax.vmap(batched(n, "b"), in_axes=(0, None)))(X[None], s), "b"
    ),
    "BatchNorm over no axes": _called(lambda norm, s: norm(X[0], s), ()),
    "BatchNorm over an axis that is a number": _called(lambda n, s: batched(n, 7)(X, s), 7),
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
    "BatchNorm outside of vmap": _called(lambda norm, s: norm(X[0], s)),
    "BatchNorm in another vmap": _called(lambda norm, s: batched(norm, "b")(X, s)),
    "BatchNorm in a nameless vmap": _called(lambda norm, s: batched(norm, None)(X, s)),
    "BatchNorm in one of two vmaps": _called(lambda n, s: batched(n, "b")(X, s), ("a", "b")),
    "BatchNorm of None as axis": _called(lambda norm, s: norm(X[0], s), None),
    "BatchNorm of wrong channels in inference": _called(
        lambda norm, s: norm(X[:, 0], s, inference=True)
    ),
    "BatchNorm of a batch in inference": _called(lambda norm, s: norm(X, s, inference=True)),
    "BatchNorm of wrong channels": _called(lambda norm, s: batched(norm)(X[:, :2], s)),
    "BatchNorm of a number": _called(lambda norm, s: batched(norm)(jnp.ones(5), s)),
    "BatchNorm of complex numbers with real statistics": _called(
        lambda norm, s: batched(norm)(X + 1j, s)
    ),
    "BatchNorm without a state": _called(lambda norm, s: norm(X[0])),
    "BatchNorm of the state of another": lambda eqx: eqx.nn.make_with_state(eqx.nn.BatchNorm)(
        3, "batch", mode="batch"
    )[0](X[0], eqx.nn.State(5), inference=True),
    "BatchNorm of a wrong mode": _made(3, "batch", mode="group"),
    "BatchNorm of None as mode": _made(3, "batch", mode=None),
    "BatchNorm without an axis": _made(3, mode="batch"),
    "BatchNorm with a key": _made(3, "batch", mode="batch", key=KEY),
    "BatchNorm of a shape": _made((3, 2), "batch", mode="batch"),
    "BatchNorm of fractional channels": _made(3.0, "batch", mode="batch"),
    "BatchNorm of an array as momentum": _made(3, "batch", mode="batch", momentum=jnp.array(0.9)),
}

# What takes long and is like what the others do.
FULL = {
    "BatchNorm in double precision in mode ema",
    "BatchNorm of float32 at float16",
    "BatchNorm over a list of axes",
    "BatchNorm without parameters",
    "BatchNorm by position",
    "BatchNorm in an ensemble",
    "BatchNorm of bfloat16 in mode batch",
    "BatchNorm of bfloat16 in mode ema",
    "BatchNorm of complex64 in mode batch",
    "BatchNorm of float16 in mode ema",
    "BatchNorm of little momentum",
    "BatchNorm of vectors",
}

# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "BatchNorm of negative channels": (
        _made(-3, "batch", mode="batch"),
        ValueError,
        "sizes that are too small are ValueErrors in all layers",
    ),
    "BatchNorm of float16 with statistics of float32 in mode ema": (
        _called(lambda norm, s: batched(norm)(X.astype("float16"), s)[0].dtype, mode="ema"),
        jnp.dtype("float32"),
        "input and statistics may differ in dtype in each mode; Equinox raises a TypeError here",
    ),
    "BatchNorm of float32 with statistics of float16": (
        _called(
            lambda n, s: batched(n)(X, s)[1].get(n.batch_state_index)[0].dtype, dtype="float16"
        ),
        jnp.dtype("float16"),
        "statistics keep their dtype; Equinox refuses the new ones",
    ),
    "BatchNorm of a state copied for each element": (
        _called(
            lambda norm, s: batched(norm)(
                X, jax.vmap(norm, axis_name="batch", in_axes=(0, None))(X, s)[1]
            )
        ),
        ValueError,
        "`out_axes` was forgotten; Equinox goes on with statistics that grow by an axis each time",
    ),
    "BatchNorm without a State": (
        _called(lambda norm, s: norm(X[0], None, inference=True)),
        TypeError,
        "the argument is named; Equinox says that None has no attribute `get`",
    ),
}
