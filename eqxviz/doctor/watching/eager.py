"""What the main thread computes outside of jit, operation by operation, as JAX carries it out.

While it is watched the thread's current trace is one of ours in place of JAX's own: it is handed
each primitive with its arguments, jitted functions among them, and does with them what the other
one does. JAX takes no short cuts then: a call of a jitted function costs some 25 us more.
"""

import dis
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from types import FrameType
from typing import Any

import jax
import numpy as np

from eqxviz.analysis import compat, jax_code
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Operation, Place

_UNPACK = dis.opmap["UNPACK_SEQUENCE"]
_MOST_HELD_BYTES = 256_000_000
_SMALL_BYTES = 4096  # keys among them
_N_TIMED = 20


class EagerWatch:
    """Tells of each operation of this thread, between `start` and `stop`.

    Args:
        user_code: Which files are the user's.
        is_wanted: Whether the thread's operations are the script's own at present.
        tell: Takes an operation.
    """

    def __init__(
        self,
        user_code: UserCode,
        is_wanted: Callable[[], bool],
        tell: Callable[[Operation], None],
    ) -> None:
        self.waits = False  # for the results of each operation
        self._user_code = user_code
        self._is_wanted = is_wanted
        self._tell = tell
        self._leave: Callable[[], None] | None = None
        self._block = compat.waiting_members().block_until_ready
        self._ad_file = jax_code.differentiating_file()
        self._evaluated: tuple[int, int] = (0, 0)  # frame and instruction
        self._expression = 0

    def start(self) -> None:
        """Watch from now on."""
        self._leave = compat.watch_operations(self._see)

    def stop(self) -> None:
        """Watch no more. To be called in the thread that started it."""
        if self._leave is not None:
            self._leave()
            self._leave = None

    def _see(
        self, primitive: Any, inputs: Any, params: dict[str, Any], outputs: Any, begun: float
    ) -> None:
        if not self._is_wanted():
            return
        made = tuple(outputs) if primitive.multiple_results else (outputs,)
        if self.waits:
            for each in made:
                is_key = isinstance(each, jax.Array) and compat.is_key_dtype(each.dtype)
                if isinstance(each, jax.Array) and not is_key and not each.is_deleted():
                    self._block(each)
        done = time.perf_counter()
        places, gradient = self._places(sys._getframe(1))
        if not places:
            return
        operation = Operation(
            primitive,
            params,
            places[-1].at,
            tuple(inputs),
            made,
            places,
            self._expression,
            gradient,
            begun=begun,
            seconds=done - begun,
            watch_seconds=time.perf_counter() - done,
        )
        self._tell(operation)

    def _places(self, frame: FrameType | None) -> tuple[tuple[Place, ...], int]:
        """Return the user's lines, outermost first, and the number of those above a gradient."""
        places: list[Place] = []
        n_below, is_differentiating = -1, False
        is_user, ad_file = self._user_code.is_user, self._ad_file
        while frame is not None:
            code = frame.f_code
            if code.co_filename == ad_file:
                is_differentiating = True
            elif is_user(code.co_filename):
                if not places:
                    self._count(frame)
                if is_differentiating:
                    n_below, is_differentiating = len(places), False
                places.append(Place(code.co_filename, frame.f_lineno, code.co_name))
            frame = frame.f_back
        gradient = len(places) - n_below if n_below >= 0 else 0
        return tuple(reversed(places)), gradient

    def _count(self, frame: FrameType) -> None:
        """Begin another expression, unless `frame` evaluates the same one still."""
        evaluated = id(frame), frame.f_lasti
        if evaluated == self._evaluated:
            return
        # `a, b = split(key)` is one expression: what it gives is taken apart.
        is_same_frame = evaluated[0] == self._evaluated[0]
        is_unpacked = is_same_frame and frame.f_code.co_code[frame.f_lasti] == _UNPACK
        self._expression += not is_unpacked
        self._evaluated = evaluated


class Held:
    """Keeps the arrays of operations, until they are too many; large ones no more then."""

    def __init__(self) -> None:
        self._n_bytes = 0

    def kept(self, operation: Operation) -> Operation:
        """Return an operation as it is to be kept."""
        made = [each for each in operation.outputs if isinstance(each, (jax.Array, np.ndarray))]
        self._n_bytes += sum(each.nbytes for each in made)
        if self._n_bytes < _MOST_HELD_BYTES:
            return operation
        inputs, outputs = (map(_slim, each) for each in (operation.inputs, operation.outputs))
        return replace(operation, inputs=tuple(inputs), outputs=tuple(outputs))


def _slim(value: Any) -> Any:
    if not isinstance(value, (jax.Array, np.ndarray)) or value.nbytes <= _SMALL_BYTES:
        return value
    return jax.ShapeDtypeStruct(value.shape, value.dtype)


def watch_cost() -> float:
    """Return how many seconds a jitted call takes longer while operations are watched."""
    add, one = jax.jit(lambda x: x + 1), jax.numpy.zeros(())

    def seconds() -> float:
        add(one)  # what JAX remembers of the calls before is another road's
        taken: list[float] = []
        for _ in range(_N_TIMED):
            start = time.perf_counter()
            add(one)
            taken.append(time.perf_counter() - start)
        return statistics.median(taken)

    plain = seconds()
    leave = compat.watch_operations(lambda *_: None)
    try:
        return max(0.0, seconds() - plain)
    finally:
        leave()
