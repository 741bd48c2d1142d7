"""Capture as a whole: installed before the script begins, at work once the script imports JAX."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any

from eqxviz.capturing.bars import BarsDoor
from eqxviz.capturing.feed import Feed
from eqxviz.capturing.gate import Gate
from eqxviz.capturing.imports import ImportWatch
from eqxviz.capturing.lines import LineStops
from eqxviz.capturing.logged import Log
from eqxviz.capturing.recorder import Recorder
from eqxviz.capturing.seeds import SEEDING, SeedDoor, Seeds
from eqxviz.capturing.stops import Stops
from eqxviz.records import NOT_OBSERVED, Keeping, Problem, Record, Severity, StopKind, WatchDynamics
from eqxviz.records.minimum import is_too_old, why_too_old

if TYPE_CHECKING:
    from eqxviz.capturing.attended import Onlooker
    from eqxviz.capturing.dynamics import Dynamics
    from eqxviz.capturing.gradients import Gradients
    from eqxviz.capturing.observer import Observer

Sink = Callable[[Sequence[Record]], None]

_installed: Capture | None = None


class Capture:
    """Watches the imports of a script, and its jitted calls from the moment it imports JAX.

    `sink` gets the records in a thread of its own, several at a time and in order.
    """

    def __init__(self, sink: Sink, gate: Gate, root: str | None = None) -> None:
        self.gate = gate
        self.observer: Observer | None = None  # None until JAX is imported
        self._feed = Feed()
        self.stops = Stops(gate, self._feed.curves)
        self.lines = LineStops(gate, self.stops.conditions, self, self._feed)
        self.stops.on_change(lambda: self.lines.set(self.stops.of(StopKind.LINE)))
        self._keeps = False
        self._onlooker: Onlooker | None = None
        self._recorder: Recorder | None = Recorder(self._feed, sink)
        self._log = Log(self._feed, gate, self._current_step)
        self._seeds = Seeds(self._feed)
        self._gradients: Gradients | None = None
        self.dynamics: Dynamics | None = None
        self._watch_dynamics: WatchDynamics | None = None  # asked for before there is JAX
        self._sink = sink
        self._root = root
        self._doors: list[Callable[[], None]] = []
        self._eqxcore: ModuleType | None = None  # whole, and not watched yet
        actions = {"jax": self._on_jax, "eqxcore": self._on_eqxcore, "equinox": self._on_equinox}
        actions |= {"tqdm": self._on_tqdm} | dict.fromkeys(SEEDING, self._on_seeding)
        self._imports = ImportWatch(actions, self._on_failure)

    def start(self) -> None:
        """Watch from now on."""
        if self._recorder is not None:
            self._recorder.start()
        self._imports.start()

    def log(self, step: Any, values: Mapping[str, Any]) -> None:
        """Add a point to each of the curves `values`, which the script logs. Never raises."""
        self._log.add(step, values)

    def watch_dynamics(self, request: WatchDynamics) -> None:
        """Measure the model of the step function as `request` says, or no more."""
        self._watch_dynamics = request
        if self.dynamics is not None:
            self.dynamics.watch(request)

    def flush(self) -> None:
        """Hand everything that was seen to the sink, waiting for what is being computed."""
        if self._recorder is not None:
            self._recorder.flush()

    def keep_calls(self, is_on: bool) -> None:
        """Keep what the latest call was given, or nothing any more; from its first call on."""
        self._keeps = is_on
        if self.observer is not None:
            self.observer.keeper.turn(is_on)
        else:
            self._feed.tell(Keeping(is_on))

    def look_on(self, onlooker: Onlooker) -> None:
        """Keep calls, and have each looked at by `onlooker`."""
        self._onlooker = onlooker
        if self.observer is not None:
            self.observer.attended.onlooker = onlooker
        self.keep_calls(True)

    @property
    def curve_names(self) -> list[str]:
        """The names of all curves so far."""
        return self._feed.curves.names

    def tell_keeping(self) -> None:
        """Have what is kept recorded."""
        if self.observer is not None:
            self.observer.keeper.tell()

    def end_watch(self) -> None:
        """The script is over: JAX, if it comes now, is not imported by the script."""
        self._imports.stop()

    def stop(self) -> None:
        """Put everything back as it was, and flush. Functions that were wrapped go on working."""
        self.lines.set(())
        self._detach()
        if self._recorder is not None:
            self._recorder.stop()

    def forget(self) -> None:
        """Let go of everything, in a child process after a fork: its threads are gone."""
        self.lines.forget()
        self._detach()
        self._recorder = None

    def _detach(self) -> None:
        self._imports.stop()
        for close in reversed(self._doors):
            close()
        self._doors.clear()
        if self.observer is not None:
            self.observer.stop()

    def _on_jax(self, jax: ModuleType) -> None:
        # An old one may lack what those imports need.
        if is_too_old(jax.__version__):
            raise ImportError(why_too_old(jax.__version__))
        # Only now: these import JAX.
        from eqxviz.analysis.user_code import UserCode
        from eqxviz.capturing.doors import EqxcoreDoor, JaxDoor
        from eqxviz.capturing.gradients import Gradients, JaxGradDoor
        from eqxviz.capturing.observer import Observer
        from eqxviz.capturing.system import System
        from eqxviz.capturing.waiting import Waits

        user_code = UserCode(self._root)
        self.observer = observer = Observer(self.gate, user_code, self._feed, self.stops)
        self.gate.steps = self._steps
        self.gate.step_function = self._step_function
        waits: Waits | None = None
        with self._told():
            waits = Waits()
            self._doors.append(waits.close)
        if self._recorder is not None:
            self._recorder.observer, self._recorder.system = observer, System(observer, waits)
        self._seeds.judge(user_code.is_user)
        observer.attended.onlooker = self._onlooker
        observer.keeper.turn(self._keeps)
        self._gradients = gradients = Gradients(self.observer, user_code)
        self._doors += [JaxDoor(jax, self.observer).close, EqxcoreDoor(self.observer).close]
        self._doors.append(JaxGradDoor(jax, gradients).close)
        self._watch_eqxcore()
        self._begin_dynamics(observer)

    def _begin_dynamics(self, observer: Observer) -> None:
        from eqxviz.capturing.dynamics import Dynamics

        self.dynamics = observer.dynamics = Dynamics(observer)
        self._doors.append(self.dynamics.stop)
        if self._recorder is not None:
            self._recorder.dynamics = self.dynamics
        if self._watch_dynamics is not None:
            self.dynamics.watch(self._watch_dynamics)

    def _on_eqxcore(self, eqxcore: ModuleType) -> None:
        self._eqxcore = eqxcore
        self._watch_eqxcore()

    def _watch_eqxcore(self) -> None:
        """Watch its gradients, once it is whole and JAX is watched.

        Where a script imports it first, JAX comes while it is half imported.
        """
        if self._eqxcore is not None and self._gradients is not None:
            from eqxviz.capturing.gradients import FilterGradDoor

            eqxcore, self._eqxcore = self._eqxcore, None
            self._doors.append(FilterGradDoor(eqxcore, self._gradients).close)

    def _on_equinox(self, equinox: ModuleType) -> None:
        from eqxviz.capturing.doors import EquinoxDoor
        from eqxviz.capturing.gradients import FilterGradDoor

        if self.observer is not None and self._gradients is not None:
            self._doors.append(EquinoxDoor(equinox, self.observer).close)
            self._doors.append(FilterGradDoor(equinox, self._gradients).close)

    def _on_tqdm(self, tqdm: ModuleType) -> None:
        if self._recorder is not None:
            door = BarsDoor(tqdm, self._feed.wake)
            self._recorder.bars = door
            self._doors.append(door.close)

    def _on_seeding(self, module: ModuleType) -> None:
        self._doors.append(SeedDoor(module, self._seeds).close)

    def _steps(self) -> int:
        return self.observer.step if self.observer is not None else 0

    def _step_function(self) -> int:
        leader = self.observer.step_function if self.observer is not None else None
        return leader.id if leader is not None else -1

    def _current_step(self) -> int | None:
        return self._steps() or None

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Have an error told that costs one part of what is observed, and nothing else."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - JAX's insides differ from release to release
            self._feed.failed(error)

    def _on_failure(self, error: Exception) -> None:
        if self.observer is not None:
            self._feed.failed(error)
            return
        self._sink(
            [
                Problem(
                    NOT_OBSERVED,
                    Severity.ERROR,
                    "The script's jitted calls cannot be observed",
                    f"{type(error).__name__}: {error}",
                    "The script runs on without curves and stops. Install in its environment what "
                    "is missing, or choose another one (--python).",
                )
            ]
        )


def install(sink: Sink, gate: Gate, root: str | None = None) -> Capture:
    """Return the capture of this process, started. Files below `root` are the user's.

    Raises:
        RuntimeError: If one is installed already.
    """
    global _installed
    if _installed is not None:
        raise RuntimeError("capture is installed already; uninstall() it first")
    _installed = Capture(sink, gate, root)
    os.register_at_fork(after_in_child=_forget)
    _installed.start()
    return _installed


def is_installed() -> bool:
    """Return whether this process is observed."""
    return _installed is not None


def uninstall() -> None:
    """Stop the capture of this process, if there is one."""
    global _installed
    if _installed is not None:
        _installed.stop()
        _installed = None


def muted() -> contextlib.AbstractContextManager[None]:
    """Let the jitted calls of this thread pass unseen, if any are observed in this process."""
    observer = _installed.observer if _installed is not None else None
    return contextlib.nullcontext() if observer is None else observer.muted()


def log(step: Any, values: Mapping[str, Any]) -> None:
    """Add a point to each of the curves `values`, if anything is captured in this process."""
    if _installed is not None:
        _installed.log(step, values)


def _forget() -> None:
    global _installed
    if _installed is not None:
        _installed.forget()
        _installed = None
