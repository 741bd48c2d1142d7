"""What is known of one run: its state, functions, compilations, curves and output."""

from collections import deque
from collections.abc import Sequence

import numpy as np
from psygnal import Signal

from eqxviz.records import (
    Bar,
    Bars,
    BatchSize,
    CompileEvent,
    FunctionSeen,
    FunctionTotals,
    GradientSeen,
    MetricBatch,
    Problem,
    Record,
    RunDescription,
    RunState,
    RunStatus,
    SeedSeen,
    SystemSample,
)
from eqxviz.session.compilations import Ledger
from eqxviz.session.curves import Curve
from eqxviz.store.blocks import Points

MAX_OUTPUT_CHARS = 1_000_000
MAX_SAMPLES = 3600
NEW_SAMPLES = 600  # that are all kept
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
        self.folder = folder
        self.device = device  # as asked for; status.device is what the run uses
        self.is_captured = False  # the process is the user's own: it is never ended from here
        self.status = RunStatus.at_start()
        self.functions: dict[int, FunctionSeen] = {}
        self.compiles: list[CompileEvent] = []
        self.ledger = Ledger(self.functions, self.compiles)
        self.problems: list[Problem] = []  # that it met, also those that were dismissed since
        self.gradients: dict[int, GradientSeen] = {}
        self.series: dict[int, Curve] = {}
        self.batch_sizes: list[BatchSize] = []
        self.seeds: list[SeedSeen] = []
        self.samples: list[SystemSample] = []  # the longer the run, the further apart
        self.bars: tuple[Bar, ...] = ()  # outermost first
        self.description: RunDescription | None = None
        self.next_sequence = 0  # of the first metric point that has not arrived yet
        self._output: deque[str] = deque()
        self._n_output = 0

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
        if isinstance(record, Bars):
            self.bars = record.bars
        elif isinstance(record, RunDescription):
            self.description = record
        elif isinstance(record, BatchSize):
            if not self.batch_sizes or record.step > self.batch_sizes[-1].step:
                self.batch_sizes.append(record)
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
            self.series.setdefault(series.id, Curve(series))
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
