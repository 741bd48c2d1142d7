"""Where the main thread waits for values of arrays that are not computed as yet."""

import functools
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import jax
import numpy as np

from eqxviz.analysis import compat

# What is written in C++ has no more of the kind.
_NAMES = ("__module__", "__name__", "__doc__")
_MOST_LISTED = 64

Tell = Callable[[Any, float, FrameType], None]


class ReadWatch:
    """Tells of each read that had to wait: the array, when it ended (monotonic), and the frame.

    Reading by `float`, `print`, `jax.device_get` and the like goes by way of a property of arrays,
    `numpy.asarray` and `numpy.array` read the memory of a CPU themselves.
    """

    def __init__(
        self, is_wanted: Callable[[], bool], tell: Tell, fail: Callable[[Exception], None]
    ) -> None:
        self._is_wanted = is_wanted
        self._tell = tell
        self._fail = fail
        self._main = threading.main_thread().ident
        self._depth = 0
        self._array = compat.waiting_members().array_class
        value = vars(self._array)["_value"]
        modules: Any = jax, np
        doors: list[tuple[Any, str, Any]] = [
            (self._array, "_value", property(self._reading(value.fget))),
            (self._array, "item", self._reading(vars(self._array)["item"])),
            (self._array, "block_until_ready", self._reading(self._array.block_until_ready)),
            (modules[0], "block_until_ready", self._reading(jax.block_until_ready)),
            (modules[1], "asarray", self._reading(np.asarray)),
            (modules[1], "array", self._reading(np.array)),
        ]
        self._originals = [(owner, name, vars(owner)[name]) for owner, name, _ in doors]
        for owner, name, door in doors:
            setattr(owner, name, door)

    def close(self) -> None:
        """Watch no more."""
        for owner, name, original in self._originals:
            setattr(owner, name, original)

    def _reading(self, read: Any) -> Any:
        @functools.wraps(read, assigned=_NAMES)
        def reading(*args: Any, **kwargs: Any) -> Any:
            if self._depth or threading.get_ident() != self._main or not self._is_wanted():
                return read(*args, **kwargs)
            awaited = self._not_ready(args[0]) if args else None
            if awaited is None:
                return read(*args, **kwargs)
            self._depth += 1
            try:
                return read(*args, **kwargs)
            finally:
                self._depth -= 1
                self._see(awaited, time.perf_counter(), sys._getframe(1))

        return reading

    def _see(self, array: Any, stop: float, frame: FrameType) -> None:
        try:
            self._tell(array, stop, frame)
        except Exception as error:  # noqa: BLE001 - the read is the user's; it must not fail by us
            self._fail(error)

    def _not_ready(self, value: Any) -> Any:
        """Return an array in `value` that is to be waited for, None for none."""
        if isinstance(value, self._array):
            leaves = [value]
        elif isinstance(value, (list, tuple, dict)):
            leaves = jax.tree.leaves(value)[:_MOST_LISTED]
        else:
            return None
        for leaf in reversed(leaves):
            if isinstance(leaf, self._array) and not leaf.is_deleted() and not leaf.is_ready():
                return leaf
        return None
