"""Sequential with a state; switching to inference."""

from types import ModuleType
from typing import Any

import jax.numpy as jnp

from tests.parity.outcome import Program
from tests.parity.stateful_models import KEY, V, X, linear, normed_model


def _sequential_inference(eqx: ModuleType) -> Any:
    model, state = eqx.nn.make_with_state(normed_model)(eqx, KEY)
    inference = eqx.nn.inference_mode(model)
    return model, state, inference, inference(X[0, :, 0], state, key=KEY)


def _flags(eqx: ModuleType) -> Any:
    class Flagged(eqx.Module):
        inference: Any
        inner: Any = None

    return Flagged


PROGRAMS: dict[str, Program] = {
    "Sequential in inference": _sequential_inference,
    "Sequential passes a state by": lambda eqx: eqx.nn.Sequential([eqx.nn.LayerNorm(3)])(V, 5),
    "Sequential of an old state": lambda eqx: (
        lambda model, state: [model(V, state, key=KEY) for _ in range(2)]
    )(
        *eqx.nn.make_with_state(
            lambda: eqx.nn.Sequential([eqx.nn.SpectralNorm(linear(eqx), "weight", key=KEY)])
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


# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "Sequential without a State": (
        lambda eqx: eqx.nn.Sequential([eqx.nn.BatchNorm(3, "batch", mode="batch")])(V),
        TypeError,
        "what is missing is named; Equinox says that an object has no attribute `get`",
    ),
}
