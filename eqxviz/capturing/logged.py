"""Curves that the script itself adds, with `eqxviz.log`."""

import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from eqxviz.capturing.curves import Curves, Placed
from eqxviz.capturing.feed import Feed
from eqxviz.capturing.gate import Gate
from eqxviz.records import Problem, Severity

_OWN = str(Path(__file__).resolve().parents[1]) + os.sep
_KINDS_OF_NUMBERS = "fiub"
_MOST = 1 << 63  # steps are kept as integers of 64 bits
LOGGED = -1  # in place of the id of a function


class Log:
    """Takes what the script logs, from any thread. Arrays are queued, and read when they are ready.

    `step` gives the run's current step, None before there is one.
    """

    def __init__(self, feed: Feed, gate: Gate, step: Callable[[], int | None]) -> None:
        self._feed = feed
        self._gate = gate
        self._step = step
        self._curves: Curves = feed.curves
        self._ids: dict[str, int] = {}
        self._counts: dict[str, int] = {}

    def add(self, step: Any, values: Mapping[str, Any]) -> None:
        """Add a point to each of the curves `values`. Never raises: what is no number is told of.

        Without a step it stands at the run's, before there is one at the count of its points.
        """
        try:
            at = self._checked(step)
            calls = self._step() if step is not None else None
            now = perf_counter()
            for name, value in values.items():
                self._add(name, value, at, calls, now - self._gate.clock.origin)
            feed = self._feed
            feed.last_activity = now
            if feed.asleep:
                feed.wake()
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            self._feed.failed(error)

    def _add(self, name: str, value: Any, step: Any, calls: int | None, seconds: float) -> None:
        """Add a point; `calls` are those of the step function so far, where it has its own step."""
        if type(value) is not float:
            if value is None:
                return
            if isinstance(value, Mapping):
                for key, part in value.items():
                    written = f'"{key}"' if isinstance(key, str) else repr(key)
                    self._add(f"{name}[{written}]", part, step, calls, seconds)
                return
            value = self._scalar(name, value)
            if value is None:
                return
        id = self._ids.get(name)
        if id is None:
            id = self._ids[name] = self._curves.series(LOGGED, "logged", _line(name), *_place())
        if id in self._curves.doubted:
            value = self._curves.lasting(id, value)
        if step is None:
            step = self._counts[name] = self._counts.get(name, 0) + 1
        elif type(step) is not int:
            value = Placed(value, step, calls)
        elif calls is not None:
            self._curves.paces.note(id, step, calls)
        self._curves.waiting.append((id, step, seconds, value))

    def _scalar(self, name: str, value: Any) -> Any:
        """Return what is to be queued for `value`, None where it is no number."""
        if hasattr(value, "dtype") and hasattr(value, "shape"):
            if _is_tracer(value):
                self._tell_of_tracer(name)
                return None
            is_one = all(n == 1 for n in value.shape)
            if is_one and _is_number(value.dtype):
                return value if hasattr(value, "is_ready") else float(np.asarray(value).item())
            what = f"an array {value.dtype}{list(value.shape)}"
        else:
            try:
                if not isinstance(value, (str, bytes)):
                    return float(value)
            except (TypeError, ValueError, OverflowError, RuntimeError):
                pass
            what = f"a {type(value).__name__}"
        self._tell(
            "log-no-number",
            f"eqxviz.log was given {what} as {name}",
            f"A point of a curve is one number, and {name} is {what}.",
            "Log its mean, its norm, or its parts under names of their own.",
        )
        return None

    def _checked(self, step: Any) -> Any:
        """Return the step as an int, or as an array that is not known yet; None for none."""
        if type(step) is int and -_MOST <= step < _MOST:
            return step
        if step is None:
            return self._step()
        what = f"of the type {type(step).__name__}"
        if hasattr(step, "is_deleted") and not _is_tracer(step):
            known, what = _of_array(step)
            if known is not None:
                return known
        if isinstance(step, (np.integer, int)) or (isinstance(step, float) and step.is_integer()):
            if -_MOST <= (number := int(step)) < _MOST:
                return number
            what = f"an int of {number.bit_length() + 1} bits"
        self._tell(
            "log-step",
            "eqxviz.log was given a step that is no int of 64 bits",
            f"The step is {what}; the point stands at the run's own step.",
            "Pass an int, or an array that is one, or leave it out.",
        )
        return self._step()

    def _tell_of_tracer(self, name: str) -> None:
        self._tell(
            "log-tracer",
            "eqxviz.log was called while JAX was tracing",
            f"{name} stands for a number that is only known when the compiled function runs.",
            "Return it from the jitted function and log it outside, or log it as it runs: "
            f"jax.debug.callback(lambda x: eqxviz.log({_keyword(name)}=x), {_keyword(name)})",
        )

    def _tell(self, code: str, title: str, why: str, fix: str) -> None:
        self._feed.tell_once(Problem(code, Severity.WARNING, title, why, fix, *_place()))


def _line(name: str) -> str:
    """Return what a curve is called: a name is one line, and not empty."""
    return " ".join(name.split()) or "(no name)"


def _place() -> tuple[str, int]:
    """Return the line that logs: the innermost that is not our own."""
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_OWN):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return "", 0


def _is_tracer(value: Any) -> bool:
    core = getattr(sys.modules.get("jax"), "core", None)
    return core is not None and issubclass(type(value), core.Tracer)


def _is_number(dtype: Any) -> bool:
    if getattr(dtype, "kind", "O") in _KINDS_OF_NUMBERS:
        return True
    return str(dtype).startswith(("bfloat", "float"))  # JAX's own, of the kind "V"


def _of_array(step: Any) -> tuple[Any, str]:
    """Return the step that an array is, or None, and what it is instead."""
    what = f"an array {step.dtype}{list(step.shape)}"
    if step.is_deleted():
        return None, f"{what} that was deleted or donated"
    if step.shape != () or step.dtype.kind not in "iu" or step.dtype == np.uint64:
        return None, what
    # A copy: the state that it belongs to may be donated before it is read.
    return int(step) if step.is_ready() else step.copy(), what


def _keyword(name: str) -> str:
    return name if name.isidentifier() else "x"
