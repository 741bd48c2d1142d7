"""Silencing one warning of JAX where the user asked for that."""

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class _Quiet(threading.local):
    """Silences the warning about donated buffers while a function is compiled.

    Warning filters are slow to change, and changing them makes Python forget which warnings were
    shown already. So it is done only when the body of a function is traced, just before it is
    compiled, and undone when the call that traced it is over.
    """

    def __init__(self) -> None:
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
    def scope(self, start: bool = False) -> Iterator[None]:
        """Undo on leaving whatever was started inside, and, if so asked, start at once."""
        depth = len(self.contexts)
        if start:
            self.start()
        try:
            yield
        finally:
            self.stop(depth)


quiet = _Quiet()
