"""Norms of a model's leaves while it is trained: measured in some calls of the step function.

A call is measured by two visits at the gate: before it, when its arguments are at hand, and before
the next one, when its result is. Other calls know nothing of it. The norms are computed by one
program, which is not waited for: the recorder reads what it made.
"""

import threading
from collections import deque
from dataclasses import dataclass
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from eqxviz.analysis.norms import Norms, compile_all
from eqxviz.capturing.held import Held
from eqxviz.capturing.model_place import Calls, Leaves, NoModelError, Place, find
from eqxviz.capturing.observer import Observer
from eqxviz.records import (
    DynamicsBatch,
    DynamicsHistogram,
    DynamicsLeaves,
    DynamicsState,
    Quantity,
    Record,
    WatchDynamics,
)

SAMPLES_AT_RATE = 2000  # then they are twice as far apart
_LOOK_AGAIN = 100  # so many intervals after no model was found
_MOST_FAILURES = 3
_STATE_SECONDS = 1.0
# What a sample costs a run of small arrays, against what its visits take: the norms are computed
# and arrays are freed after them, and the next step finds colder caches.
_COST_OF_VISITS = 3.0


class _Measured(NamedTuple):
    """What was measured of one call, on its way."""

    target: "_Target"
    step: int
    seconds: float
    norms: Any
    counts: Any  # of parameters; None: nothing was counted
    gradient_counts: Any


@dataclass(eq=False)
class _Target:
    """A model that is measured."""

    id: int
    function: int
    place: Place
    norms: Norms


class _Open(NamedTuple):
    """A call that is being measured: before it was made."""

    function: int  # FunctionSeen.id
    spent: float
    held: Held | None  # while the model is being looked for
    old: Leaves  # arrays, or the copies of them


class Dynamics:
    """The measuring of one run. Its visits are in the thread that makes the calls."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._gate, self._feed = observer.gate, observer.feed
        self._request = WatchDynamics(is_on=False)
        self._watch = 0  # of which request: visits for an earlier one do nothing
        self._target: _Target | None = None
        self._compiling: threading.Thread | None = None
        self._open: _Open | None = None
        self._waiting: deque[_Measured] = deque()
        self._n_targets = self._n_samples = self._n_failures = 0
        self._share, self._measured_at, self._step_before = float("nan"), 0.0, 0
        self._state: DynamicsState | None = None
        self._state_due = 0.0

    @property
    def target(self) -> tuple[int, int, Place] | None:
        """What is measured: the id of its leaves, its function, and where it is."""
        known = self._target
        return None if known is None else (known.id, known.function, known.place)

    def watch(self, request: WatchDynamics) -> None:
        """Measure from the next call on as `request` says, or no more. From any thread."""
        self._watch += 1
        self._request = request
        self._observer.hold_results(self, False)
        self._open = None
        self._n_samples = self._n_failures = 0
        self._measured_at, self._share = 0.0, float("nan")
        self._tell_state("")
        if request.is_on:
            self._visit(self._gate.steps(), self._begin)

    def stop(self) -> None:
        """Measure no more; return when nothing is being compiled."""
        self._watch += 1
        self._request = WatchDynamics(is_on=False)
        self._open = None
        if self._compiling is not None:
            self._compiling.join()

    def take(self, *, wait: bool = False) -> list[Record]:
        """Return what was measured since the last time; with `wait`, all of it."""
        rows: list[_Measured] = []
        records: list[Record] = []
        while self._waiting and (wait or _is_ready(self._waiting[0])):
            rows.append(self._waiting.popleft())
        while rows:
            target = rows[0].target
            n = next((i for i, row in enumerate(rows) if row.target is not target), len(rows))
            try:
                records += _batch(target, rows[:n])
            except RuntimeError as error:  # what they were computed from has failed
                self._feed.failed(error)
            del rows[:n]
        return records

    def _visit(self, step: int, job: Any) -> None:
        watch = self._watch

        def visit(held: Held | None) -> None:
            if held is None or watch != self._watch or not self._observer.active:
                return
            try:
                with self._observer.muted():
                    job(held)
            except NoModelError as error:
                self._give_up(held, str(error))
            except Exception as error:  # noqa: BLE001 - it is within a call of the user's
                self._on_failure(held, error)

        self._gate.visit_at(step, visit)

    def _begin(self, held: Held) -> None:
        """Take what is needed of a call before it is made."""
        began, target = perf_counter(), self._target
        if target is not None and target.function != held.function:
            target = self._target = None
        old: Leaves = []
        if target is not None:
            if not self._is_compiled(target):
                return
            old = target.norms.before(target.place.model(held))
        self._observer.hold_results(self, True)
        first = held if target is None else None  # no array is held for longer than is needed
        self._open = _Open(held.function, perf_counter() - began, first, old)
        self._visit(self._gate.steps() + 1, self._end)

    def _end(self, held: Held) -> None:
        """Measure the call before this one."""
        began, open_, result = perf_counter(), self._open, self._observer.held_result
        self._open = None
        self._observer.hold_results(self, False)
        target = self._target
        if open_ is None or result is None or open_.function != held.function:
            self._next(held, 1)
            return
        if target is None or open_.held is not None:
            if open_.held is not None:
                self._find(open_.held, result[1], held)
            self._visit(self._gate.steps() + 1, self._begin)
            return
        new = target.place.new(result[1], held)
        gradients = target.place.gradients(result[1])
        every = self._request.histograms_every
        counts = bool(every) and self._n_samples % every == 0
        measured = target.norms.measure(new, open_.old, gradients, counts=counts)
        seconds = began - self._gate.clock.origin
        self._waiting.append(_Measured(target, result[0], seconds, *measured))
        self._n_samples += 1
        self._n_failures = 0
        spent = open_.spent + perf_counter() - began
        self._next(held, self._gap(began, _COST_OF_VISITS * spent))

    def _gap(self, now: float, spent: float) -> int:
        """Return how many calls lie between this sample and the next one."""
        request = self._request
        gap = request.every << (self._n_samples // SAMPLES_AT_RATE)
        step = self._gate.steps()
        if self._measured_at:
            seconds = now - self._measured_at
            share = spent / seconds
            known = self._share == self._share
            self._share = 0.9 * self._share + 0.1 * share if known else share
            each = seconds / max(step - self._step_before, 1)
            gap = max(gap, round(spent / (request.most_share * each)))
        self._measured_at, self._step_before = now, step
        if now >= self._state_due:
            self._state_due = now + _STATE_SECONDS
            self._tell_state("")
        return gap

    def _next(self, held: Held, gap: int) -> None:
        if gap <= 1:
            self._begin(held)
        else:
            self._visit(self._gate.steps() + gap - 1, self._begin)

    def _find(self, first: Held, result: Any, second: Held) -> None:
        """Find the model, and compile what measures it."""
        function = self._observer.functions.get(first.function)
        if function is None:
            return
        place = find(Calls(function.seen.flavour, first, result, second))
        model, gradients = place.model(second), place.gradients(result)
        if len({_devices(leaf) for leaf in (*model, *gradients)}) > 1:
            raise NoModelError("its leaves lie on different devices")
        if not all(getattr(leaf, "is_fully_addressable", True) for leaf in model):
            raise NoModelError("its leaves are shared with other processes")
        # Where the new model comes with the next call only, the old one must not be held for it.
        before = place.donates or not place.is_returned
        norms = Norms(model, gradients, place.with_gradient, before_call=before)
        self._n_targets += 1
        self._target = _Target(self._n_targets - 1, first.function, place, norms)
        has_gradient = np.zeros(len(place.nodes), np.bool_)
        has_gradient[list(place.with_gradient)] = True
        leaves = DynamicsLeaves(
            self._target.id, first.function, place.tree, place.nodes, has_gradient
        )
        self._feed.tell(leaves)
        self._compiling = compile_all(norms.programs, self._observer.muted)
        self._tell_state("")

    def _is_compiled(self, target: _Target) -> bool:
        """Whether there is what measures it; else it is looked again some calls later."""
        for program in target.norms.programs:
            if program.error is not None:
                raise program.error
        if all(program.is_ready for program in target.norms.programs):
            return True
        self._visit(self._gate.steps() + self._request.every, self._begin)
        return False

    def _give_up(self, held: Held, why: str) -> None:
        """There is no model, or it is another one by now: look again, later."""
        was_known, self._target = self._target is not None, None
        self._observer.hold_results(self, False)
        self._open = None
        function = self._observer.functions.get(held.function)
        name = function.seen.name.rpartition(".")[2] if function is not None else "The function"
        self._tell_state("" if was_known else f"{name} is not measured: {why}")
        wait = 1 if was_known else self._request.every * _LOOK_AGAIN
        self._visit(self._gate.steps() + wait, self._begin)

    def _on_failure(self, held: Held, error: Exception) -> None:
        self._n_failures += 1
        if self._n_failures < _MOST_FAILURES:
            self._give_up(held, f"{type(error).__name__}: {error}")
            return
        self._feed.failed(error)
        self._watch += 1
        self._observer.hold_results(self, False)
        self._open = self._target = None
        self._tell_state(f"It cannot be measured: {type(error).__name__}: {error}")

    def _tell_state(self, why_not: str) -> None:
        request, target = self._request, self._target
        id = target.id if target is not None else -1
        told = DynamicsState(request.is_on, request.every, id, self._share, why_not)
        if told != self._state:
            self._state = told
            self._feed.tell(told)


def _batch(target: _Target, rows: list[_Measured]) -> list[Record]:
    read = [target.norms.read(row.norms) for row in rows]
    parameter, update, gradient = (np.stack(column) for column in zip(*read, strict=True))
    if not target.place.with_gradient:
        gradient = gradient[:, :0]
    steps = np.array([row.step for row in rows], np.int64)
    seconds = np.array([row.seconds for row in rows], np.float64)
    batch = DynamicsBatch(target.id, steps, seconds, parameter, update, gradient)
    records: list[Record] = [batch]
    for row in rows:
        if row.counts is not None:
            counts = target.norms.read_counts(row.counts)
            records.append(DynamicsHistogram(target.id, row.step, Quantity.PARAMETER, counts))
        if row.gradient_counts is not None:
            counts = target.norms.read_gradient_counts(row.gradient_counts)
            records.append(DynamicsHistogram(target.id, row.step, Quantity.GRADIENT, counts))
    return records


def _is_ready(row: _Measured) -> bool:
    arrays = (row.norms, row.counts, row.gradient_counts)
    return all(array is None or array.is_ready() for array in arrays)


def _devices(leaf: Any) -> Any:
    sharding = getattr(leaf, "sharding", None)
    return frozenset(sharding.device_set) if sharding is not None else None
