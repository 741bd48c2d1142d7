"""What JAX itself says of how often a function was compiled."""

import contextlib
from collections.abc import Iterator
from typing import Any

import jax.monitoring

_COMPILED = "/jax/core/compile/backend_compile_duration"


@contextlib.contextmanager
def compiled() -> Iterator[list[str]]:
    """Collect the names of the functions that are compiled meanwhile."""
    names: list[str] = []

    def listen(event: str, duration: float, fun_name: str = "", **_: Any) -> None:
        if event == _COMPILED:
            names.append(fun_name.removeprefix("jit(").removesuffix(")"))

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield names
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)
