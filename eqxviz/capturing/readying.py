"""Compiling what a replay takes, in the background, while calls are kept."""

import contextlib
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from eqxviz.analysis import compat
from eqxviz.analysis.replay.ahead import task_for
from eqxviz.analysis.replay.programs import OverError
from eqxviz.capturing.held import KeptCall
from eqxviz.capturing.watched import Watched

# A run's first calls compile, and are few where no step follows.
_FIRST_CALL = 3
_PART_SECONDS = 0.05


class Readying:
    """Has the programs for replaying each function compiled, once it was called some times.

    Only one thread works, which leaves the processor to others; the script goes on. `failed` is
    told of an error of ours, which makes the first replay slow and nothing else.
    """

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed
        self._seen: WeakSet[Watched] = WeakSet()
        self._waiting: list[tuple[Any, tuple[Any, ...], dict[str, Any]]] = []
        self._lock = threading.Lock()
        self._is_working = False
        self._is_wanted = True

    def see(self, watched: Watched, kept: KeptCall) -> None:
        """Make ready for replays of such calls, if it is time and nothing was done for it yet."""
        if kept.call < _FIRST_CALL or kept.why_not or watched in self._seen:
            return
        self._seen.add(watched)
        with self._lock:
            self._is_wanted = True
            self._waiting.append((kept.target, kept.args, kept.kwargs))
            if not self._is_working:
                self._is_working = True
                threading.Thread(target=self._work, name="eqxviz-readying", daemon=True).start()

    def stop(self) -> None:
        """Compile no more; a program that is being compiled is finished."""
        with self._lock:
            self._is_wanted = False
            self._waiting.clear()
            self._seen.clear()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._is_working = False
                    return
                call = self._waiting.pop()
            try:
                self._make_ready(*call)
            except Exception as error:  # noqa: BLE001 - the script's run must not end by us
                self._failed(error)
            del call

    def _make_ready(self, jitted: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        jaxpr = compat.jaxpr_at_hand(jitted, args, kwargs)
        del args, kwargs
        if jaxpr is None:
            return
        task = task_for(jaxpr)
        with contextlib.suppress(OverError):
            while self._is_wanted and not task.step(_PART_SECONDS):
                pass
