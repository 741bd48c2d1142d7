"""SpectralNorm of each kind of layer."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp

from tests.parity.outcome import Program
from tests.parity.stateful_models import KEY, V, X, copied, linear


def _spectral(layer: Callable[[ModuleType], Any], x: Any, *args: Any, **kwargs: Any) -> Program:
    """A program that makes a `SpectralNorm` and calls it in each way."""

    def program(eqx: ModuleType) -> Any:
        make = eqx.nn.make_with_state(eqx.nn.SpectralNorm)
        norm, state = make(layer(eqx), *args, key=KEY, **{"weight_name": "weight", **kwargs})

        def loss(both: Any, state: Any) -> Any:
            norm, x = both
            return jnp.sum(jnp.abs(jnp.sin(norm(x, state)[0])))

        @eqx.filter_jit
        def used(norm: Any, state: Any, x: Any) -> Any:
            gradient = eqx.filter_grad(loss)((norm, x), copied(state))
            y, state = norm(x, state, key=KEY)
            z, state = eqx.nn.inference_mode(norm)(x, state)
            return gradient, y, z, norm(x, state, inference=False)

        return norm, state, used(norm, state, x)

    return program


def _spectral_of(
    layer: Callable[[ModuleType], Any], name: str = "weight", **kwargs: Any
) -> Program:
    return lambda eqx: eqx.nn.SpectralNorm(layer(eqx), name, **{"key": KEY, **kwargs}).layer


PROGRAMS: dict[str, Program] = {
    "SpectralNorm": _spectral(linear, V),
    "SpectralNorm of three iterations": _spectral(linear, V, num_power_iterations=3),
    "SpectralNorm of no iterations": _spectral(linear, V, num_power_iterations=0),
    "SpectralNorm of a large least length": _spectral(linear, V, eps=1.0),
    "SpectralNorm of a kernel": _spectral(
        lambda eqx: eqx.nn.Conv1d(3, 2, 2, key=KEY), jnp.ones((3, 5))
    ),
    **{
        f"SpectralNorm of {dtype}": _spectral(
            lambda eqx, dtype=dtype: linear(eqx, dtype=dtype), V.astype(dtype)
        )
        for dtype in ("float16", "bfloat16", "complex64")
    },
    "SpectralNorm of float16 at float32": lambda eqx: (lambda norm, state: norm(V, state))(
        *eqx.nn.make_with_state(eqx.nn.SpectralNorm)(
            linear(eqx, dtype="float16"), "weight", key=KEY
        )
    ),
    "SpectralNorm in vmap": lambda eqx: (
        lambda norm, state: jax.vmap(norm, in_axes=(0, None), out_axes=(0, None))(X[..., 0], state)
    )(*eqx.nn.make_with_state(eqx.nn.SpectralNorm)(linear(eqx), "weight", key=KEY)),
    "SpectralNorm of a WeightNorm": lambda eqx: eqx.nn.make_with_state(
        lambda: eqx.nn.SpectralNorm(eqx.nn.WeightNorm(linear(eqx)), "g", key=KEY)
    )(),
    "SpectralNorm of large matrices": lambda eqx: eqx.nn.make_with_state(
        lambda: eqx.nn.SpectralNorm(eqx.nn.Linear(100, 150, key=KEY), "weight", key=KEY)
    )(),
    "SpectralNorm of a vector": _spectral_of(linear, "bias"),
    "SpectralNorm of an unknown name": _spectral_of(linear, "kernel"),
    "SpectralNorm of no layer": _spectral_of(lambda eqx: 5),
    "SpectralNorm of None as key": _spectral_of(linear, key=None),
    "SpectralNorm without a key": lambda eqx: eqx.nn.SpectralNorm(linear(eqx), "weight"),
    "SpectralNorm without a name": lambda eqx: eqx.nn.SpectralNorm(linear(eqx), key=KEY),
    "SpectralNorm without a state": lambda eqx: eqx.nn.SpectralNorm(linear(eqx), "weight", key=KEY)(
        V
    ),
    "SpectralNorm of the state of another": lambda eqx: eqx.nn.SpectralNorm(
        linear(eqx), "weight", key=KEY
    )(V, eqx.nn.State(5)),
    "SpectralNorm of a wrong length": lambda eqx: (lambda norm, state: norm(jnp.ones(4), state))(
        *eqx.nn.make_with_state(eqx.nn.SpectralNorm)(linear(eqx), "weight", key=KEY)
    ),
}

# What takes long and is like what the others do.
FULL = {
    "SpectralNorm of three iterations",
    "SpectralNorm of a kernel",
    "SpectralNorm of a large least length",
    "SpectralNorm of bfloat16",
    "SpectralNorm of complex64",
    "SpectralNorm of large matrices",
}

# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "SpectralNorm without a State": (
        lambda eqx: eqx.nn.SpectralNorm(linear(eqx), "weight", key=KEY)(V, 5),
        TypeError,
        "the argument is named; Equinox says that a number has no attribute `get`",
    ),
    "SpectralNorm of a number": (
        _spectral_of(linear, "in_features"),
        ValueError,
        "as for other attributes that are no array",
    ),
}
