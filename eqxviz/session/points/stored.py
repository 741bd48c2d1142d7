"""Points of a run that are read from its store, in the background."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import numpy as np

from eqxviz.records import MetricBatch, Series
from eqxviz.session.points.outlining import Missing
from eqxviz.session.points.pyramid import RAW, Pyramid, size_of
from eqxviz.store import RunStore, StoreError
from eqxviz.store.blocks import BLOCK, Blocks, Points, Summary, starts_of
from eqxviz.store.points import Outline

_T = TypeVar("_T")

# What is read at once, in points: as they are, and as blocks of 64.
MOST_POINTS = 1 << 19
MOST_IN_BLOCKS = 1 << 24
_MOST_PLACES = 64  # that are read apart from each other
_RETRY_SECONDS = 2.0  # after a store could not be read


class InBackground(Protocol):
    """What calls `work` in a thread, then `done` with what it returned on the caller's own."""

    def __call__(self, work: Callable[[], _T], done: Callable[[_T], None], /) -> None: ...


class StoreReader:
    """Reads the points of a run that its curves do not hold. It has none before it has a folder.

    `refined` is called whenever some have come.
    """

    def __init__(self, refined: Callable[[], None]) -> None:
        self.folder = ""
        self.in_background: InBackground | None = None
        self._refined = refined
        self._rest_until = 0.0

    @property
    def can_read(self) -> bool:
        """Whether there is anything to read from, and a thread to do it."""
        return self.in_background is not None and bool(self.folder)

    def read(self, series: int, first: int, stop: int) -> Points:
        """Return points of a curve that are in segments; none where they cannot be read."""
        try:
            with RunStore.open(Path(self.folder)) as store:
                start, points = store.points(series, first, stop)
        except StoreError:
            return Points.none()
        return points if start == first else Points.none()

    def ask(
        self, series: int, missing: list[Missing], n: int, done: Callable[[list[Pyramid]], None]
    ) -> bool:
        """Read what is missing of the first `n` points, then call `done`; False: not now."""
        if self.in_background is None or not self.folder or time.monotonic() < self._rest_until:
            return False
        folder = Path(self.folder)

        def work() -> list[Pyramid]:
            try:
                with RunStore.open(folder) as store:
                    found = [read(store, series, stretch) for stretch in wanted(missing, n)]
            except StoreError:
                return []
            return [pyramid for pyramid in found if not pyramid.is_empty]

        def finish(found: list[Pyramid]) -> None:
            if not found:
                self._rest_until = time.monotonic() + _RETRY_SECONDS
            done(found)
            if found:
                self._refined()

        self.in_background(work, finish)
        return True

    def counted(self, done: Callable[[dict[int, int]], None]) -> None:
        """Call `done` with how many points of each curve can be read."""
        folder = Path(self.folder)

        def work() -> dict[int, int]:
            try:
                with RunStore.open(folder) as store:
                    return store.counts()
            except StoreError:
                return {}

        if self.in_background is not None and self.folder:
            self.in_background(work, done)


class History(NamedTuple):
    """What a store knows of a curve in a few numbers, and its newest points."""

    pyramid: Pyramid
    summary: Summary


def history(store: RunStore, series: int) -> History:
    """Return the pyramid of the part of a curve that is in segments.

    Raises:
        StoreError: If the store cannot be read.
    """
    outlines = list(store.outlines(series))
    pyramid, summary = Pyramid(), Summary()
    if not outlines:
        return History(pyramid, summary)
    n = outlines[-1].first + outlines[-1].n
    whole = (n - 1) // BLOCK  # the newest point is always held
    pyramid.adopt(_joined(outlines).part(0, whole), whole * BLOCK)
    pyramid.extend(store.points(series, whole * BLOCK, n)[1])
    pyramid.catch_up()
    for outline in outlines:
        summary = summary.then(outline.summary)
    return History(pyramid, summary)


class Past(NamedTuple):
    """What a store knows of the points of a run: of long curves the outlines of their blocks."""

    curves: tuple[tuple[Series, History], ...] = ()
    newest: tuple[MetricBatch, ...] = ()  # what no outline has yet
    first_newest: int = 0  # the number of the first of those
    damage: StoreError | None = None  # why some of it is missing


def past_of(store: RunStore, every: Sequence[Series]) -> Past:
    """Return what `store` knows of the points of the curves `every`.

    Of a store that is damaged in places it is the rest.
    """
    curves: list[tuple[Series, History]] = []
    newest: list[MetricBatch] = []
    first, damage = 0, None
    for series in every:
        try:
            curves.append((series, history(store, series.id)))
        except StoreError as error:
            curves.append((series, History(Pyramid(), Summary())))
            damage = damage or error
    try:
        first = store.compacted_up_to()
        newest.extend(store.metrics(first))
    except StoreError as error:
        damage = damage or error
    return Past(tuple(curves), tuple(newest), first, damage)


def read_past(folder: Path) -> Past:
    """Return what the store in `folder` knows of points: nothing, if there is none yet."""
    try:
        with RunStore.open(folder) as store, store.unchanging():
            return past_of(store, store.series())
    except StoreError:
        return Past()


def wanted(missing: list[Missing], n: int) -> list[Missing]:
    """Return what is to be read for what is missing of `n` points: few stretches, with a margin."""
    chosen: list[Missing] = []
    for is_raw, most in ((False, MOST_IN_BLOCKS), (True, MOST_POINTS)):
        parts = sorted((m for m in missing if (m.level == RAW) == is_raw), key=lambda m: m.first)
        if not parts:
            continue
        level, align = (RAW, BLOCK) if is_raw else (0, size_of(2))
        first, stop = parts[0].first, max(m.stop for m in parts)
        if stop - first <= most:
            margin = min(stop - first, most - (stop - first)) // 2
            first, stop = max(first - margin, 0), stop + margin
            chosen.append(Missing(level, first // align * align, stop))
        else:
            widest = sorted(parts, key=lambda m: m.first - m.stop)[:_MOST_PLACES]
            chosen += [
                Missing(level, m.first // align * align, min(m.stop, m.first + most))
                for m in widest
            ]
    return [Missing(m.level, m.first, min(m.stop, n)) for m in chosen if m.first < n]


def read(store: RunStore, series: int, stretch: Missing) -> Pyramid:
    """Return a stretch of a curve, as its points or as blocks of 64.

    Raises:
        StoreError: If the store cannot be read.
    """
    pyramid = Pyramid(stretch.first)
    if stretch.level == RAW:
        first, points = store.points(series, stretch.first, stretch.stop)
        if first == stretch.first:
            pyramid.extend(points)
    else:
        outlines = list(store.outlines(series, stretch.first, stretch.stop))
        if outlines:
            whole = (outlines[-1].first + outlines[-1].n) // BLOCK
            before = stretch.first // BLOCK - outlines[0].first // BLOCK
            stop = min(whole, -(-stretch.stop // BLOCK)) - outlines[0].first // BLOCK
            blocks = _joined(outlines).part(before, max(stop, before))
            pyramid.adopt(Blocks._make(c.copy() for c in blocks), blocks.n * BLOCK)
    pyramid.catch_up()
    return pyramid


def _joined(outlines: list[Outline]) -> Blocks:
    """Return the blocks of neighbouring chunks; where two share a block, it is made one."""
    if len(outlines) == 1:
        return outlines[0].blocks
    numbers = np.concatenate(
        [(o.first + starts_of(o.first, o.n, BLOCK)) // BLOCK for o in outlines]
    )
    columns = zip(*(o.blocks for o in outlines), strict=True)
    blocks = Blocks._make(np.concatenate(parts) for parts in columns)
    starts = np.concatenate([[0], np.flatnonzero(np.diff(numbers)) + 1])
    return blocks if len(starts) == len(numbers) else blocks.merged(starts)
