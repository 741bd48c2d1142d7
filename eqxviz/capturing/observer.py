"""What happens around one jitted call of the user's: the gate before it, the bookkeeping after it.

The road of a call that compiled nothing is written for speed: it looks up what was worked out by
the calls before, queues the scalars of its result, and is gone.
"""

import sys
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from types import FrameType, MappingProxyType
from typing import Any, NamedTuple

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.user_code import UserCode
from eqxviz.capturing.attended import Attended, Made
from eqxviz.capturing.batches import Batch, batch_of
from eqxviz.capturing.compilations import Compilations, CompiledCall
from eqxviz.capturing.compiles import (
    CompileListener,
    CompileTimes,
    OutsideCalls,
    Stage,
    has_compiled,
    times_of,
)
from eqxviz.capturing.curves import Curves, Stretch
from eqxviz.capturing.feed import Feed
from eqxviz.capturing.functions import Function, Functions, Origin, kept, origin_of
from eqxviz.capturing.gate import Gate
from eqxviz.capturing.held import KeptCall
from eqxviz.capturing.interrupts import interrupts_held
from eqxviz.capturing.results import Layout
from eqxviz.capturing.sites import Sites
from eqxviz.capturing.speed import Speed
from eqxviz.capturing.stops import Stops
from eqxviz.capturing.watched import Route, Watched, are_at
from eqxviz.records import (
    BatchSize,
    CompileEvent,
    FunctionTotals,
    JitFlavour,
    Problem,
    Severity,
)

# What is to be done with a scalar before it is queued.
_COPY, _STRETCH = 1, 2
# After so many calls that are like steps, and none of the step, the run has gone on to another
# part: from pretraining to finetuning.
_NEXT_PART = 20


class Span(NamedTuple):
    """When a call was made and returned, and whether outside of any transformation."""

    start: float
    stop: float
    is_plain: bool


class _Doing:
    """What a thread is doing: `busy` is true inside an observed call and while muted."""

    __slots__ = ("busy", "is_muted", "recompiled", "stages")

    def __init__(self) -> None:
        self.busy = False
        self.is_muted = False
        self.recompiled: CompileEvent | None = None  # by the latest call
        self.stages: list[Stage] = []


class _Thread(threading.local):
    def __init__(self) -> None:
        self.doing = _Doing()  # looked up once a call: a thread's own attributes are slow


class Observer:
    """Sees every jitted call of a process. Calls come from any thread.

    An error of its own never reaches the user's call: it is told once, as a `Problem`.
    """

    def __init__(self, gate: Gate, user_code: UserCode, feed: Feed, stops: Stops) -> None:
        self.gate = gate
        self._clock = gate.clock
        self.feed = feed
        self._curves = feed.curves
        self.functions = Functions()
        self.sites = Sites(user_code.is_user)
        self.attended = Attended(gate, stops, feed)
        self.keeper = self.attended.keeper
        self._watched: weakref.WeakSet[Watched] = weakref.WeakSet()
        self.step = 0
        self.step_function: Function | None = None
        self.dynamics: Any = None  # `Dynamics` of the model that the steps train
        # The steps so far, and what the latest of them returned; while that is wanted.
        self.holds_results = False
        self._holders: set[object] = set()
        self.held_result: tuple[int, Any] | None = None
        self.device = ""
        self.active = True
        self.compile_seconds = 0.0  # within calls
        self.first_call_seconds = 0.0
        self._steps_before = 0  # of functions that were the step in an earlier part of the run
        self._step_stop = 0.0
        self._step_doing: _Doing | None = None  # of the thread that made it
        self._speed = Speed()
        self._user_code = user_code
        self._thread = _Thread()
        self._lock = threading.Lock()
        self.compilations = Compilations(feed.failed)
        self._outside = OutsideCalls()
        self._listener = CompileListener(self._on_stage)
        self._is_outside_traces = compat.is_outside_traces()
        self._listener.start()
        stops.on_change(self._heed_stops)

    def stop(self) -> None:
        """Observe nothing from now on; wrapped functions go on working."""
        self.active = False
        self._listener.stop()
        self.keeper.turn(False)
        self.holds_results, self.held_result = False, None
        # Threads that Python never ends hold this: the user's objects are to go as without it.
        for function in self.functions:
            function.let_go()

    def hold_results(self, holder: object, is_wanted: bool) -> None:
        """Have `held_result` be what the latest step returned, as long as `holder` wants it."""
        (self._holders.add if is_wanted else self._holders.discard)(holder)
        self.holds_results = bool(self._holders)
        if not self._holders:
            self.held_result = None

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
        doing = self._thread.doing
        before = doing.busy, doing.is_muted, doing.stages
        doing.busy, doing.is_muted, doing.stages = True, True, []
        try:
            yield
        finally:
            doing.busy, doing.is_muted, doing.stages = before

    @property
    def is_in_call(self) -> bool:
        """Whether this thread is inside an observed call, or works for us."""
        return self._thread.doing.busy

    @property
    def is_muted(self) -> bool:
        """Whether the jitted calls of this thread pass unseen: it works for us."""
        return self._thread.doing.is_muted

    def call(self, watched: Watched, target: Any, call: Any, args: tuple, kwargs: Any) -> Any:
        """Return `call(*args, **kwargs)`, seen if it is an outermost call.

        `target` is what the user called, `call` how it is carried out. A call that a compilation
        traces is none of the run's; one that `jax.grad` traces outside of any is.
        """
        doing = self._thread.doing
        if doing.busy or not self.active:
            return call(*args, **kwargs)
        is_plain = self._is_outside_traces()
        if not is_plain and compat.is_under_jit():
            return call(*args, **kwargs)
        kept, is_recompiled = None, False
        if self.gate.attention or watched.attention:
            kept, args, kwargs = self._before(watched, target, args, kwargs, is_plain)
        start = perf_counter()
        doing.busy = True  # nothing between: an interrupt would leave it so
        try:
            result = call(*args, **kwargs) if kwargs else call(*args)
        except BaseException:
            self._after_failing(watched, target, args, kwargs, start, is_plain)
            raise
        finally:
            doing.busy = False
        stop = perf_counter()
        try:
            function, layout = watched.function, watched.layout
            if function is None:
                return result
            # Exact in many threads as well: Python changes threads at calls and loops only.
            function.calls += 1
            function.seconds += stop - start
            if function is self.step_function:
                self.step = step = self._steps_before + function.calls
                self._step_stop, self._step_doing = stop, doing
                if self.holds_results:
                    self.held_result = step, result
                if step >= self.gate.attend_from:
                    self.gate.attention = True
                if watched.batch is not None:
                    self._count_batch(function, watched.batch(args, kwargs))
            if layout is None or doing.stages:
                span = Span(start, stop, is_plain)
                with interrupts_held():
                    layout = self._after_compiling(watched, target, args, kwargs, result, span)
                is_recompiled = doing.recompiled is not None
            else:
                function.later_runs.waiting.append(stop - start)
            if function is not self.step_function and function.is_user:
                self._elect(function, doing, stop)
            if layout.scalars:
                route, frame = watched.route, sys._getframe(2)
                if (
                    route is None
                    or route.layout is not layout
                    or frame.f_code is not route.code
                    or frame.f_lasti != route.instruction
                    or (route.callers and not are_at(route.callers, frame.f_back))
                ):
                    route = self._find_route(watched, layout, frame, is_plain)
                curves, step, origin = self._curves, self.step + function.ahead, self._clock.origin
                doubted, seconds = curves.doubted, stop - origin
                for series, get, special in route.curves:
                    scalar = get(result)
                    if special or doubted or not is_plain:
                        scalar = _queued(curves, series, scalar, special, start - origin)
                    if scalar is not None:
                        curves.waiting.append((series, step, seconds, scalar))
                if stop >= curves.read_due:
                    curves.read_ready()
            feed = self.feed
            feed.last_activity = stop
            if feed.asleep:
                feed.wake()
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            self.feed.failed(error)
        if is_recompiled or kept is not None:
            self._after(watched, target, (args, kwargs), result, kept, is_plain)
        return result

    def _count_batch(self, function: Function, size: int) -> None:
        if size != function.batch_size:
            function.batch_size = size
            self.feed.tell(BatchSize(self.step, size))

    def _before(
        self,
        watched: Watched,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        is_plain: bool,
    ) -> tuple[KeptCall | None, tuple[Any, ...], dict[str, Any]]:
        """Do what is to be done before a call, and return it as it is kept, and its arguments.

        The function is given its row, waits at the gate if there is something to wait for, and
        what the call is given is kept if that is wanted.

        Raises:
            KeyboardInterrupt: If the user has asked to stop.
        """
        try:
            if watched.function is None:
                with interrupts_held():
                    self._add(watched, target)
            function = watched.function
            is_quiet = not (self.gate.attention or watched.attention)
            if function is None or not function.is_user or is_quiet:
                return None, args, kwargs
            call = args, kwargs
            frame = self._user_code.frame_from(sys._getframe(2))
            made = Made(watched, function, target, call, frame, is_plain)
        except Exception as error:  # noqa: BLE001 - the call is the user's; it must not fail by us
            self.feed.failed(error)
            return None, args, kwargs
        with self.muted():
            kept, given = self.attended.before(made)
        return kept, *given

    def _after(
        self,
        watched: Watched,
        target: Any,
        call: tuple[tuple[Any, ...], dict[str, Any]],
        result: Any,
        kept: KeptCall | None,
        is_plain: bool,
    ) -> None:
        """Do what is to be done after a call that was attended to.

        Raises:
            KeyboardInterrupt: If the user has asked to stop.
        """
        doing, function = self._thread.doing, watched.function
        event, doing.recompiled = doing.recompiled, None
        assert function is not None
        frame = self._user_code.frame_from(sys._getframe(2))
        with self.muted():
            made = Made(watched, function, target, call, frame, is_plain)
            self.attended.after(made, result, kept, event)

    def _heed_stops(self) -> None:
        """Have the calls looked at, of functions that there are stops on."""
        with self._lock:
            every = list(self._watched)
        for watched in every:
            self._heed_stops_on(watched)

    def _heed_stops_on(self, watched: Watched) -> None:
        if watched.function is not None:
            watched.attention = self.attended.stop_on(watched.function)

    def _add(self, watched: Watched, target: Any) -> None:
        origin = watched.origin
        is_user = watched.maker_is_user or self._user_code.is_user(origin.file)
        if not self.first_call_seconds:
            self.first_call_seconds = self._clock.elapsed()
        function, seen = self.functions.row(origin, watched.flavour, is_user)
        function.target = kept(target)
        watched.function = function
        with self._lock:
            self._watched.add(watched)
        self._heed_stops_on(watched)
        if seen is not None:
            self.feed.tell(seen)

    def _after_compiling(
        self,
        watched: Watched,
        target: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        result: Any,
        span: Span,
    ) -> Layout:
        """Return the layout of `result`, and tell of the compilation if there was one.

        Come here calls that compiled, and those of functions whose results differ in structure.
        """
        doing, function = self._thread.doing, watched.function
        assert function is not None
        if not doing.stages:
            function.later_runs.waiting.append(span.stop - span.start)
            if watched.layouts:
                return watched.layout_for(args, kwargs, result)
        stages, doing.stages = doing.stages, []
        times = times_of(stages, getattr(target, "__name__", None))
        with self.muted():
            if not watched.donates:
                watched.donates = _has_donated(args)
            if times is not None:
                self._tell_compilation(watched, target, args, kwargs, span, times)
            layout = watched.layout_for(args, kwargs, result, compiled=times is not None)
            if layout.n_scalars > len(layout.scalars):
                self.feed.tell_once(_too_many(watched.origin, layout))
        self.device = layout.device or self.device
        function.n_carried = max(function.n_carried, layout.n_carried)
        function.tells_scalars |= any(not scalar.is_state for scalar in layout.scalars)
        self._see_batch(watched, function, batch_of(args, kwargs, result, layout))
        return layout

    def _see_batch(self, watched: Watched, function: Function, batch: Batch | None) -> None:
        """Take the size of the batches from a call that compiled.

        Once there are two sizes, each later call is looked at.
        """
        if batch is None or batch.size == function.batch_size:
            return
        if function.batch_size:
            watched.batch = batch.count
        if function is self.step_function:
            self._count_batch(function, batch.size)
        function.batch_size = batch.size

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
        span = Span(start, perf_counter(), is_plain)
        doing = self._thread.doing
        stages, doing.stages = doing.stages, []
        function, name = watched.function, getattr(target, "__name__", None)
        if function is None:
            return
        function.calls += 1
        function.seconds += span.stop - span.start
        times = times_of(stages, name) if has_compiled(stages, name) else None
        if times is None:
            return
        try:
            with interrupts_held(), self.muted():
                self._tell_compilation(watched, target, args, kwargs, span, times)
        except Exception as error:  # noqa: BLE001 - the user's error is to be raised, none of ours
            self.feed.failed(error)

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
        file, line = self._user_code.line_from(sys._getframe(1))
        compiling = times.trace + times.lower + times.compile + times.load
        call = CompiledCall(
            target, watched.flavour, watched.options, args, kwargs, span.is_plain,
            span.start - self._clock.origin, max(0.0, span.stop - span.start - compiling),
            times, file, line,
        )  # fmt: skip
        self.compile_seconds += compiling
        event, *problems = self.compilations.add(function, call, watched.programs)
        self.feed.tell(event, *problems)
        self._thread.doing.recompiled = self.attended.recompiled(event, function)

    def _find_route(
        self, watched: Watched, layout: Layout, frame: FrameType, is_plain: bool
    ) -> Route:
        known = watched.route_from(layout, frame)
        if known is not None:
            return known
        with interrupts_held():
            return self._make_route(watched, layout, frame, is_plain)

    def _make_route(
        self, watched: Watched, layout: Layout, frame: FrameType, is_plain: bool
    ) -> Route:
        frames = self.sites.chain(frame)
        file, line = self._user_code.line_from(frame)
        function = watched.function
        assert function is not None
        short = function.short_name
        curves: list[tuple[int, Callable[[Any], Any], int]] = []
        for path, get, is_carried, is_state, is_stretch in layout.scalars:
            name = self.sites.name(frames, path, is_plain)
            id = self.feed.curves.series(
                function.id,
                short,
                name or short + "".join(path),
                file,
                line,
                is_state=is_state,
                is_named=bool(name) or self.sites.at(frames[-1]).keeps,
            )
            special = _STRETCH if is_stretch else _COPY if is_carried and watched.donates else 0
            curves.append((id, get, special))
        callers = tuple((f.f_code, f.f_lasti) for f in frames[1:])
        route = Route(layout, frame.f_code, frame.f_lasti, callers, tuple(curves))
        return watched.add_route(route)

    def _elect(self, function: Function, doing: _Doing, stop: float) -> None:
        """Make `function` the run's step if it leads, or if the run goes on with it alone."""
        leader = self.step_function
        if leader is not None and function.is_like_step:
            if doing is self._step_doing:
                function.stand_after(self.step)
            else:  # what several threads do takes no turns
                function.stand_at(self.step)
        is_next = leader is not None and leader.is_like_step and function.n_after >= _NEXT_PART
        is_behind = leader is not None and function.calls <= leader.calls
        if is_behind and not function.n_carried:
            return
        with self._lock:
            if not is_next and not function.leads(leader):
                return
            # A call or two before the first step, and with its tree, are no part of their own.
            is_part = function.n_after > 1
            self._steps_before = self.step + function.ahead - function.calls if is_part else 0
            self.step_function, function.ahead = function, 0
            self.step = self._steps_before + function.calls
            self._step_stop, self._step_doing = stop, doing
            self._speed.restart(self.step, stop - self._clock.origin)
            if leader is not None:
                leader.stand_at(self.step)
            if function.batch_size:
                self.feed.tell(BatchSize(self.step, function.batch_size))

    def _on_stage(self, stage: Stage) -> None:
        doing = self._thread.doing
        if doing.busy:
            doing.stages.append(stage)
        else:
            self._outside.add(stage)
            self.feed.last_activity = perf_counter()
            self.feed.wake()

    def mark_step(self) -> None:
        """Note where the run is now; to be called every now and then."""
        self._speed.mark(self.step, self._step_stop - self._clock.origin)

    def steps_per_second(self) -> float:
        """Return the speed of late, NaN before the second step."""
        self.mark_step()
        return self._speed.per_second()

    def totals(self) -> FunctionTotals:
        """Return the totals of every function so far."""
        rows = list(self.functions)
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


def _too_many(origin: Origin, layout: Layout) -> Problem:
    return Problem(
        "many-scalars",
        Severity.NOTE,
        f"{origin.name} returns {layout.n_scalars} scalars",
        f"The first {len(layout.scalars)} of them are followed as curves.",
        "Return the others as one array, or leave them out of the result.",
        origin.file,
        origin.line,
    )


def _has_donated(args: tuple[Any, ...]) -> bool:
    leaves = jax.tree_util.tree_leaves(args)
    return any(
        isinstance(leaf, jax.Array) and not compat.is_tracer(leaf) and leaf.is_deleted()
        for leaf in leaves
    )


def _queued(curves: Curves, series: int, scalar: Any, special: int, start: float) -> Any:
    """Return what is to be queued of a part of a result, of a call that began at `start` seconds.

    A copy of what a later call may consume, and no tracer. None under `vmap`, where there are many
    values and no single one.
    """
    scalar = compat.concrete(scalar)
    if scalar is None:
        return None
    if special == _COPY:
        return scalar.copy()
    lasting = curves.lasting(series, scalar)
    return Stretch(lasting, start) if special == _STRETCH else lasting
