"""Silencing one warning of JAX where the user asked for that."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import jax

# What JAX reports when it begins to lower a function, which is where it warns.
_LOWERING = "/jax/core/compile/jaxpr_to_mlir_module_duration"


class _Quiet(threading.local):
    """Silences the warning about donated buffers while a function is lowered.

    Warning filters are slow to change, and changing them makes Python forget which warnings were
    shown already. So it is done only when JAX says that it lowers something, be it for arguments of
    other shapes or of other devices, and undone when the call that led to it is over.
    """

    def __init__(self) -> None:
        #: Nothing is to be heard of what is lowered now.
        self.wanted = False
        self.contexts: list[warnings.catch_warnings[Any]] = []

    def start(self) -> None:
        context = warnings.catch_warnings()
        context.__enter__()
        warnings.filterwarnings("ignore", message="Some donated buffers were not usable")
        self.contexts.append(context)

    def stop(self, depth: int) -> None:
        while len(self.contexts) > depth:
            self.contexts.pop().__exit__(None, None, None)

    @contextmanager
    def scope(self, wanted: bool) -> Iterator[None]:
        """Silence what is lowered inside, or, if that is not wanted, do not."""
        outside, depth = self.wanted, len(self.contexts)
        self.wanted = wanted
        try:
            yield
        finally:
            self.wanted = outside
            self.stop(depth)


quiet = _Quiet()


def _on_scalar(event: str, value: float | int, **kwargs: str | int) -> None:
    if event == _LOWERING and quiet.wanted:
        quiet.start()


jax.monitoring.register_scalar_listener(_on_scalar)
