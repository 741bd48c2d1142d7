"""What is known of one run: its state, functions, compilations, curves and output."""

import contextlib
from collections import deque
from collections.abc import Generator, Sequence

import numpy as np
from psygnal import Signal

from eqxviz.records import (
    Bar,
    Bars,
    BatchSize,
    Checkpoints,
    CompileEvent,
    FunctionSeen,
    FunctionTotals,
    GradientSeen,
    Keeping,
    MetricBatch,
    Pace,
    Problem,
    Record,
    RunDescription,
    RunState,
    RunStatus,
    SeedSeen,
    Severity,
    SystemSample,
)
from eqxviz.records.naming import script_name
from eqxviz.session.compilations import Ledger
from eqxviz.session.curves import Curve
from eqxviz.session.norms.measured import DYNAMICS, Measured
from eqxviz.session.points.samples import RunSamples
from eqxviz.session.points.stored import InBackground, Past, StoreReader, past_of
from eqxviz.store import RunStore, StoreError
from eqxviz.store.blocks import Points

MAX_OUTPUT_CHARS = 1_000_000
MAX_SAMPLES = 3600
NEW_SAMPLES = 600  # that are all kept
# What all curves together hold of their newest points, and on each level of their pyramids.
_HELD_POINTS = 1 << 20
_HELD_BLOCKS = 1 << 18
_LEAST_HELD = 1 << 11  # of each curve
_SORT_OUT = 1 << 17  # points that come before it is looked what can be forgotten
_STILL = (RunState.PAUSED, RunState.FINISHED, RunState.FAILED, RunState.STOPPED)


class RunView:
    """The run as the window knows it; grows as its records arrive.

    Signals:
        curves_refined: What was read of the run's points has come: outlines are finer than before.
    """

    curves_refined = Signal()

    def __init__(self, script: str, argv: Sequence[str], folder: str, device: str | None) -> None:
        self.script = script
        self.argv = tuple(argv)
        self.device = device  # as asked for; status.device is what the run uses
        self.name = ""  # what the user calls it
        self.is_captured = False  # the process is the user's own: it is never ended from here
        self.status = RunStatus.at_start()
        self.functions: dict[int, FunctionSeen] = {}
        self.compiles: list[CompileEvent] = []
        self.ledger = Ledger(self.functions, self.compiles)
        self.problems: list[Problem] = []  # that it met, also those that were dismissed since
        self.gradients: dict[int, GradientSeen] = {}
        self.series: dict[int, Curve] = {}
        self._reader = StoreReader(self.curves_refined.emit)
        self.folder = folder
        self._n_unsorted_out = 0  # points since it was last looked what need not be held
        self.counted = RunSamples()
        self.seeds: list[SeedSeen] = []
        self.samples: list[SystemSample] = []  # the longer the run, the further apart
        self.bars: tuple[Bar, ...] = ()  # outermost first
        self.description: RunDescription | None = None
        self.dynamics = Measured()
        self.keeping: Keeping | None = None  # what is kept for replay; None: nothing was said
        self.checkpoints: Checkpoints | None = None  # that it saves by itself
        self.n_records = 0  # that were read from the store, for who follows the run from there
        self.next_sequence = 0  # of the first metric point that has not arrived yet
        self._output: deque[str] = deque()
        self._n_output = 0

    @property
    def folder(self) -> str:
        """Where the run is kept; "" before that is known."""
        return self._reader.folder

    @folder.setter
    def folder(self, folder: str) -> None:
        self._reader.folder = folder

    def read_in(self, in_background: InBackground) -> None:
        """From now on hold no more than the newest points, and read others when they are seen."""
        self._reader.in_background = in_background
        self._spare_memory()

    def take_in(self, store: RunStore) -> None:
        """Take in all that `store` has, quickly: of long curves, the outlines of their blocks.

        Of a store that is damaged in places the rest is taken, and a problem tells of it.

        Raises:
            StoreError: If not even its curves can be named.
        """
        with store.unchanging():
            every = store.series()
            with self._telling_of_damage():
                for record in store.newest():
                    self.add(record)
            with self._telling_of_damage():
                for _id, record in store.records_after(0):
                    self.n_records += 1
                    self.add(record)
            self.adopt(past_of(store, every))

    def adopt(self, past: Past) -> None:
        """Take in what is known of the points so far; none has come yet."""
        for series, known in past.curves:
            self.series[series.id] = curve = Curve(series, self._reader, self.counted)
            curve.begin_with(known)
        self._hold_little({})
        self.next_sequence = past.first_newest
        for batch in past.newest:
            self.add(batch)
        if past.damage is not None:
            self._tell_of_damage(past.damage)

    @contextlib.contextmanager
    def _telling_of_damage(self) -> Generator[None]:
        try:
            yield
        except StoreError as error:
            self._tell_of_damage(error)

    def _tell_of_damage(self, error: StoreError) -> None:
        if not any(problem.code == "store-damaged" for problem in self.problems):
            self.problems.append(_damaged(error))

    @property
    def title(self) -> str:
        """What it is called: by its name, or as its script."""
        return self.name or script_name(self.script)

    @property
    def is_live(self) -> bool:
        """Whether the run has not ended."""
        return not self.status.state.is_end

    @property
    def can_be_stopped(self) -> bool:
        """Whether it goes on, and ending it is for a window to do."""
        return self.is_live and not self.is_captured

    @property
    def is_still(self) -> bool:
        """Whether it waits at a call or has ended by itself, so that its objects can be seen."""
        return self.status.state in _STILL

    @property
    def output(self) -> str:
        """The end of what the script printed, at most some 1,000,000 characters."""
        if len(self._output) > 1:
            joined = "".join(self._output)
            self._output.clear()
            self._output.append(joined)
        return self._output[0] if self._output else ""

    def add_output(self, text: str) -> None:
        """Append what the script printed; the oldest is forgotten."""
        self._output.append(text)
        self._n_output += len(text)
        while self._n_output > MAX_OUTPUT_CHARS:
            excess = self._n_output - MAX_OUTPUT_CHARS
            oldest = self._output.popleft()
            if len(oldest) > excess:
                self._output.appendleft(oldest[excess:])
            self._n_output -= min(len(oldest), excess)

    def add(self, record: Record) -> None:
        """Take in one record of the run. Records sent again after an attachment change nothing."""
        if isinstance(record, RunStatus):
            self.status = record
        elif isinstance(record, FunctionSeen):
            self.functions[record.id] = record
        elif isinstance(record, FunctionTotals):
            self.ledger.totals = record
        elif isinstance(record, CompileEvent):
            if not self.compiles or record.id > self.compiles[-1].id:
                self.compiles.append(record)
        elif isinstance(record, Problem):
            self.problems.append(record)
        elif isinstance(record, GradientSeen):
            self.gradients[record.id] = record
        elif isinstance(record, MetricBatch):
            self._add_points(record)
        elif isinstance(record, SystemSample):
            self._add_sample(record)
        else:
            self._add_surroundings(record)

    def _add_surroundings(self, record: Record) -> None:
        if isinstance(record, DYNAMICS):
            self.dynamics.add(record)
        elif isinstance(record, Bars):
            self.bars = record.bars
        elif isinstance(record, RunDescription):
            self.description = record
        elif isinstance(record, Keeping):
            self.keeping = record
        elif isinstance(record, Checkpoints):
            self.checkpoints = record
        elif isinstance(record, (BatchSize, Pace)):
            self.counted.add(record)
        elif isinstance(record, SeedSeen) and record not in self.seeds:
            self.seeds.append(record)

    def _add_sample(self, sample: SystemSample) -> None:
        """Keep `sample`, and of many the newest `NEW_SAMPLES` and every second of those before."""
        samples = self.samples
        if samples and sample.seconds <= samples[-1].seconds:
            return  # sent again
        samples.append(sample)
        if len(samples) > MAX_SAMPLES:
            n_old = len(samples) - NEW_SAMPLES
            samples[:n_old] = samples[:n_old:2]

    def _add_points(self, batch: MetricBatch) -> None:
        for series in batch.new_series:
            self.series.setdefault(series.id, Curve(series, self._reader, self.counted))
        n_known = min(max(self.next_sequence - batch.first_sequence, 0), len(batch.series))
        self.next_sequence = max(self.next_sequence, batch.first_sequence + len(batch.series))
        part = slice(n_known, None)
        ids = batch.series[part]
        points = Points(batch.step[part], batch.seconds[part], batch.value[part])
        order = np.argsort(ids, kind="stable")
        found, starts = np.unique(ids[order], return_index=True)
        for id, start, stop in zip(found, starts, [*starts, len(ids)][1:], strict=True):
            curve = self.series.get(int(id))
            if curve is not None:
                curve.extend(Points._make(column[order[start:stop]] for column in points))
        self._n_unsorted_out += len(ids)
        if self._n_unsorted_out > _SORT_OUT:
            self._spare_memory()

    def _spare_memory(self) -> None:
        self._n_unsorted_out = 0
        self._reader.counted(self._hold_little)

    def _hold_little(self, n_stored: dict[int, int]) -> None:
        """Forget the points that are in the store and not new, and the finest of the old blocks."""
        curves = self.series.values()
        n_points = max(_HELD_POINTS // max(len(curves), 1), _LEAST_HELD)
        n_blocks = min(max(_HELD_BLOCKS // max(len(curves), 1), _LEAST_HELD), _HELD_BLOCKS // 4)
        for curve in curves:
            before = min(n_stored.get(curve.series.id, 0), curve.n - n_points)
            # Little by little would copy what stays again and again.
            if before > curve.n - curve.n_held + n_points // 4:
                curve.forget_points(before)
            curve.forget_blocks(n_blocks)


def _damaged(error: StoreError) -> Problem:
    return Problem(
        "store-damaged",
        Severity.WARNING,
        "A part of the run cannot be read",
        str(error),
        "What could be read is shown. Check the disk; a copy of the run's folder may be whole.",
    )
