"""What happens around one jitted call of the user's: the gate before it, the bookkeeping after it.

The road of a call that compiled nothing is written for speed: it looks up what was worked out by
the calls before, queues the scalars of its result, and is gone.
"""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType, MappingProxyType
from typing import Any, NamedTuple

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.user_code import UserCode
from eqxviz.capture.compilations import Compilations, CompiledCall
from eqxviz.capture.compiles import (
    CompileListener,
    CompileTimes,
    OutsideCalls,
    Stage,
    has_compiled,
    times_of,
)
from eqxviz.capture.curves import Curves
from eqxviz.capture.executables import Programs
from eqxviz.capture.functions import Function, Functions, Origin, kept, origin_of
from eqxviz.capture.gate import CallAtGate, Gate
from eqxviz.capture.results import Layout, layout_key, layout_of
from eqxviz.capture.sites import Sites
from eqxviz.records import FunctionTotals, JitFlavour, Problem, Record, Severity

_DONATING = ("donate_argnums", "donate_argnames")


class Route(NamedTuple):
    """From where a call was made, and which curves its scalars are there."""

    layout: Layout
    frames: tuple[tuple[CodeType, int], ...]  # innermost first: code and instruction
    curves: tuple[tuple[int, Callable[[Any], Any], bool], ...]  # id, getter, to be copied


class Span(NamedTuple):
    """When a call was made and returned, and whether outside of any transformation."""

    start: float
    stop: float
    is_plain: bool


class Watched:
    """What is known of one jitted object."""

    __slots__ = ("donates", "flavour", "function", "layouts", "maker_is_user", "options", "origin",
                 "programs", "route", "routes", "varies")  # fmt: skip

    def __init__(
        self,
        origin: Origin,
        flavour: JitFlavour,
        *,
        maker_is_user: bool,
        options: Mapping[str, Any],
    ) -> None:
        self.origin = origin
        self.flavour = flavour
        self.maker_is_user = maker_is_user
        self.options = options  # of `jax.jit`
        self.programs = Programs()
        self.donates = any(options.get(name) is not None for name in _DONATING)
        self.function: Function | None = None  # a row only once it is called
        self.layouts: list[Layout] = []
        self.varies = False  # its results differ in structure from call to call
        self.route: Route | None = None
        self.routes: list[Route] = []


class _Thread(threading.local):
    """What a thread is doing: `busy` is true inside an observed call and while muted."""

    busy = False

    def __init__(self) -> None:
        self.stages: list[Stage] = []


class Observer:
    """Sees every jitted call of a process. Calls come from any thread.

    An error of its own never reaches the user's call: it is told once, as a `Problem`.
    """

    def __init__(self, gate: Gate, user_code: UserCode) -> None:
        self.gate = gate
        self.curves = Curves()
        self.functions = Functions()
        self.sites = Sites(user_code.is_user)
        self.events: deque[Record] = deque()
        self.wake: Callable[[], None] = lambda: None
        self.asleep = True  # whether the recorder waits for `wake`
        self.last_call = 0.0
        self.step = 0
        self.step_function: Function | None = None
        self.step_times: deque[float] = deque(maxlen=64)
        self.device = ""
        self.active = True
        self._user_code = user_code
        self._thread = _Thread()
        self._lock = threading.Lock()
        self._told: set[str] = set()
        self.compilations = Compilations(self.failed)
        self._outside = OutsideCalls()
        self._listener = CompileListener(self._on_stage)
        self._is_outside_traces = compat.is_outside_traces()
        self._listener.start()

    def stop(self) -> None:
        """Observe nothing from now on; wrapped functions go on working."""
        self.active = False
        self._listener.stop()

    def watch(
        self,
        target: Any,
        flavour: JitFlavour,
        *,
        maker: str = "",
        options: Mapping[str, Any] = MappingProxyType({}),
    ) -> Watched:
        """Return what is to be handed to `call` with each call of the jitted `target`.

        A function that a file of the user's jits counts as the user's: `maker` is that file.
        `options` are those given to `jax.jit`.
        """
        maker_is_user = self._user_code.is_user(maker)
        return Watched(origin_of(target), flavour, maker_is_user=maker_is_user, options=options)

    @contextmanager
    def muted(self) -> Iterator[None]:
        """Let the jitted calls of this thread pass unseen."""
        before, self._thread.busy = self._thread.busy, True
        try:
            yield
        finally:
            self._thread.busy = before
            self._thread.stages.clear()

    def call(
        self, watched: Watched, target: Any, call: Any, args: tuple[Any, ...], kwargs: Any
    ) -> Any:
        """Return `call(*args, **kwargs)`, seen if it is an outermost call.

        `target` is what the user called, `call` how it is carried out. A call that a compilation
        traces is none of the run's; one that `jax.grad` traces outside of any is.
        """
        thread = self._thread
        if thread.busy or not self.active:
            return call(*args, **kwargs)
        is_plain = self._is_outside_traces()
        if not is_plain and compat.is_under_jit():
            return call(*args, **kwargs)
        if self.gate.attention or watched.function is None:
            self._before(watched, target, args, kwargs)
        thread.busy = True
        start = time.perf_counter()
        try:
            result = call(*args, **kwargs)
        except BaseException:
            self._after_failing(watched, target, args, kwargs, start, is_plain)
            raise
        finally:
            thread.busy = False
        stop = time.perf_counter()
        try:
            self._after(watched, target, args, kwargs, result, start, stop, is_plain)
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            self.failed(error)
        return result

    def _after(
        self,
        watched: Watched,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        result: Any,
        start: float,
        stop: float,
        is_plain: bool,
    ) -> None:
        function = watched.function
        if function is None:
            return
        stages = self._thread.stages
        with self._lock:
            function.calls += 1
            function.seconds += stop - start
            if not stages:
                function.later_runs.waiting.append(stop - start)
            if function is self.step_function:
                self.step = function.calls
                self.step_times.append(stop - self.gate.origin)
        if stages or not watched.layouts:
            span = Span(start, stop, is_plain)
            layout = self._after_compiling(watched, target, args, kwargs, result, span)
        elif watched.varies:
            layout = self._known_layout(watched, args, kwargs, result)
        else:
            layout = watched.layouts[0]
        if function is not self.step_function and function.is_user:
            self._elect(function, stop - self.gate.origin)
        if layout.scalars:
            frame = sys._getframe(3)
            route = watched.route
            if route is None or route.layout is not layout or not _is_at(route, frame):
                route = self._find_route(watched, layout, frame, is_plain)
            seconds, step, waiting = stop - self.gate.origin, self.step, self.curves.waiting
            for series, get, must_copy in route.curves:
                scalar = get(result)
                if must_copy or not is_plain:
                    scalar = _readable(scalar, must_copy)
                if scalar is not None:
                    waiting.append((series, step, seconds, scalar))
        if self.curves.waiting:
            self.curves.read_ready()
        self.last_call = stop
        if self.asleep:
            self.wake()

    def _before(
        self, watched: Watched, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Give the function its row, and stand at the gate if there is something to wait for.

        Raises:
            KeyboardInterrupt: If the user has asked to stop.
        """
        try:
            if watched.function is None:
                self._add(watched, target)
            function = watched.function
            if function is None or not function.is_user or not self.gate.attention:
                return
            at = CallAtGate(function.id, target, args, kwargs, *self._user_line(sys._getframe(2)))
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            self.failed(error)
            return
        with self.muted():
            self.gate.arrive(at)

    def _add(self, watched: Watched, target: Any) -> None:
        origin = watched.origin
        is_user = watched.maker_is_user or self._user_code.is_user(origin.file)
        function, seen = self.functions.row(origin, watched.flavour, is_user)
        function.target = kept(target)
        watched.function = function
        if seen is not None:
            self.events.append(seen)
            self.wake()

    def _after_compiling(
        self,
        watched: Watched,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        result: Any,
        span: Span,
    ) -> Layout:
        """Return the layout of `result`, and tell of the compilation if there was one."""
        function = watched.function
        stages, self._thread.stages = self._thread.stages, []
        times = times_of(stages, getattr(target, "__name__", None))
        assert function is not None
        with self.muted():
            layout = self._known_layout(watched, args, kwargs, result)
            if not watched.donates:
                watched.donates = _was_donated(args)
            if times is not None:
                self._tell_compilation(watched, target, args, kwargs, span, times)
        self.device = layout.device or self.device
        function.n_carried = max(function.n_carried, layout.n_carried)
        function.tells_scalars |= any(not is_carried for *_, is_carried in layout.scalars)
        return layout

    def _after_failing(
        self,
        watched: Watched,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        start: float,
        is_plain: bool,
    ) -> None:
        """Count a call that raised, and tell of its compilation if it came that far.

        It does where `error_if`, a callback or `jax.debug_nans` finds something as it runs.
        """
        span = Span(start, time.perf_counter(), is_plain)
        stages, self._thread.stages = self._thread.stages, []
        function, name = watched.function, getattr(target, "__name__", None)
        if function is None:
            return
        with self._lock:
            function.calls += 1
            function.seconds += span.stop - span.start
        times = times_of(stages, name) if has_compiled(stages, name) else None
        if times is None:
            return
        try:
            with self.muted():
                self._tell_compilation(watched, target, args, kwargs, span, times)
        except Exception as error:  # noqa: BLE001 - the user's error is to be raised, none of ours
            self.failed(error)

    def _tell_compilation(
        self,
        watched: Watched,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        span: Span,
        times: CompileTimes,
    ) -> None:
        function = watched.function
        assert function is not None
        function.target = kept(target)
        file, line = self._user_line(sys._getframe(1))
        compiling = times.trace + times.lower + times.compile + times.load
        call = CompiledCall(
            target, watched.flavour, watched.options, args, kwargs, span.is_plain,
            span.start - self.gate.origin, max(0.0, span.stop - span.start - compiling),
            times, file, line,
        )  # fmt: skip
        self.events.extend(self.compilations.add(function, call, watched.programs))
        self.wake()

    def _known_layout(
        self, watched: Watched, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any
    ) -> Layout:
        if watched.layouts:
            key = layout_key(result)
            for layout in watched.layouts:
                if layout.key == key:
                    return layout
            watched.varies = True
        layout = layout_of(result, (*args, *kwargs.values()))
        watched.layouts.append(layout)
        if layout.n_scalars > len(layout.scalars):
            self._tell_of_many(watched.origin, layout)
        return layout

    def _find_route(
        self, watched: Watched, layout: Layout, frame: FrameType, is_plain: bool
    ) -> Route:
        for route in watched.routes:
            if route.layout is layout and _is_at(route, frame):
                watched.route = route
                return route
        frames = self.sites.chain(frame)
        file, line = self._user_line(frame)
        function = watched.function
        assert function is not None
        curves: list[tuple[int, Callable[[Any], Any], bool]] = []
        for path, get, is_carried in layout.scalars:
            name = self.sites.name(frames, path, is_plain)
            name = name or _short(watched.origin.name) + "".join(path)
            id = self.curves.series(
                function.id,
                _short(watched.origin.name),
                name,
                file,
                line,
                is_state=is_carried,
            )
            curves.append((id, get, is_carried and watched.donates))
        at = tuple((f.f_code, f.f_lasti) for f in frames)
        watched.route = Route(layout, at, tuple(curves))
        watched.routes.append(watched.route)
        return watched.route

    def _elect(self, function: Function, seconds: float) -> None:
        """Make `function` the run's step if it leads."""
        leader = self.step_function
        if leader is not None and not function.n_carried and function.calls <= leader.calls:
            return
        with self._lock:
            if function.leads(leader):
                self.step_function = function
                self.step = function.calls
                self.step_times.clear()
                self.step_times.append(seconds)

    def _user_line(self, frame: FrameType | None) -> tuple[str, int]:
        """Return the innermost line of the user's, from `frame` outwards."""
        while frame is not None:
            if self._user_code.is_user(frame.f_code.co_filename):
                return frame.f_code.co_filename, frame.f_lineno
            frame = frame.f_back
        return "", 0

    def _on_stage(self, stage: Stage) -> None:
        if self._thread.busy:
            self._thread.stages.append(stage)
        else:
            self._outside.add(stage)
            self.last_call = time.perf_counter()
            self.wake()

    def steps_per_second(self) -> float:
        """Return the speed over the latest steps, NaN before the second."""
        with self._lock:
            times = list(self.step_times)
        if len(times) < 2 or times[-1] <= times[0]:
            return float("nan")
        return (len(times) - 1) / (times[-1] - times[0])

    def totals(self) -> FunctionTotals:
        """Return the totals of every function so far."""
        rows = list(self.functions)
        with self._lock:
            for row in rows:
                row.later_runs.count()
        return FunctionTotals(
            np.array([row.id for row in rows], np.int32),
            np.array([row.calls for row in rows], np.int64),
            np.array([row.seconds for row in rows], np.float64),
            np.array([row.compiles for row in rows], np.int64),
            np.array([row.first_run_seconds for row in rows], np.float64),
            np.array([row.later_runs.median for row in rows], np.float64),
            np.array([row.later_runs.worst for row in rows], np.float64),
            self._outside.compiles,
            self._outside.seconds,
        )

    def failed(self, error: BaseException) -> None:
        """Tell, once for each kind, of an error that is not the user's."""
        self.tell_once(
            Problem(
                "capture-failed",
                Severity.WARNING,
                "A call could not be observed",
                f"{type(error).__name__}: {error}",
                "The script is not affected. Please report this with the script.",
            )
        )

    def tell_once(self, problem: Problem) -> None:
        """Send `problem`, unless its like was sent before."""
        if problem.code + problem.why not in self._told:
            self._told.add(problem.code + problem.why)
            self.events.append(problem)
            self.wake()

    def _tell_of_many(self, origin: Origin, layout: Layout) -> None:
        self.tell_once(
            Problem(
                "many-scalars",
                Severity.NOTE,
                f"{origin.name} returns {layout.n_scalars} scalars",
                f"The first {len(layout.scalars)} of them are followed as curves.",
                "Return the others as one array, or leave them out of the result.",
                origin.file,
                origin.line,
            )
        )


def _is_at(route: Route, frame: FrameType | None) -> bool:
    for code, instruction in route.frames:
        if frame is None or frame.f_code is not code or frame.f_lasti != instruction:
            return False
        frame = frame.f_back
    return True


def _short(name: str) -> str:
    return name.rpartition(".")[2]


def _was_donated(args: tuple[Any, ...]) -> bool:
    leaves = jax.tree_util.tree_leaves(args)
    return any(
        isinstance(leaf, jax.Array) and not compat.is_tracer(leaf) and leaf.is_deleted()
        for leaf in leaves
    )


def _readable(scalar: Any, must_copy: bool) -> Any:
    """Return the array of `scalar`, a copy of it if a later call may consume it.

    None under `vmap`, where there are many values and no single one.
    """
    scalar = compat.concrete(scalar)
    return scalar.copy() if must_copy and scalar is not None else scalar
