"""Points with their pyramid: blocks of 64, blocks of four of these, and so on."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.points.columns import Columns
from eqxviz.store.blocks import BLOCK, Blocks, Points, starts_of

FACTOR = 4  # blocks in a block of the next level
RAW = -1  # the level of the points themselves
_POINT_TYPES = (np.int64, np.float64, np.float64)
_BLOCK_TYPES = (np.int64, np.int64, np.float64, np.float64, np.float64, np.float64, np.bool_)
_N_LEVELS = 24


def size_of(level: int) -> int:
    """Return how many points a block of `level` holds."""
    return 1 if level == RAW else BLOCK * FACTOR**level


def fan_of(level: int) -> int:
    """Return how many rows of the level below a block of `level` is made of."""
    return BLOCK if level == 0 else FACTOR


class Rows(NamedTuple):
    """Neighbouring rows of one level as far as an outline over one axis needs them."""

    x_min: NDArray[np.float64] | NDArray[np.int64]
    x_max: NDArray[np.float64] | NDArray[np.int64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    has_nan: NDArray[np.bool_] | None  # None: not known before it is looked for

    def taken(self, rows: NDArray[Any] | slice) -> "Rows":
        """Return the rows that `rows` picks: a mask, an index or a slice."""
        has_nan = self.has_nan[rows] if self.has_nan is not None else None
        return Rows(self.x_min[rows], self.x_max[rows], self.low[rows], self.high[rows], has_nan)


class Pyramid:
    """A stretch of a curve, from its point number `start` on: a multiple of `BLOCK`.

    Every level holds whole blocks only. What was dropped from a level is known in the next one.
    """

    def __init__(self, start: int = 0) -> None:
        self.points = Columns(_POINT_TYPES, start)
        self.levels: list[Columns] = []
        self._start = start

    @property
    def is_empty(self) -> bool:
        """Whether nothing is held."""
        return not len(self.points) and not any(map(len, self.levels))

    def extend(self, points: Points) -> None:
        """Append points; `catch_up` makes their blocks."""
        self.points.extend(points)

    def adopt(self, blocks: Blocks, n_points: int) -> None:
        """Begin with whole `blocks` of the lowest level, in the place of `n_points` points."""
        level = Columns(_BLOCK_TYPES, self._start // BLOCK)
        level.extend(blocks)
        self.levels = [level]
        self.points = Columns(_POINT_TYPES, self._start + n_points)

    def catch_up(self) -> None:
        """Make the blocks that the points now fill."""
        for number in range(_N_LEVELS):
            fan = fan_of(number)
            below = self.level(number - 1)
            if number == len(self.levels):
                self.levels.append(Columns(_BLOCK_TYPES, -(-below.start // fan)))
            level = self.levels[number]
            first, stop = level.stop * fan, below.stop // fan * fan
            if first < stop:
                rows = below.rows(first, stop)
                blocks = Blocks.single(Points(*rows)) if number == 0 else Blocks(*rows)
                level.extend(blocks.merged(starts_of(0, stop - first, fan)))
            elif not len(level):
                return

    def level(self, number: int) -> Columns:
        """Return the rows of a level."""
        return self.points if number == RAW else self.levels[number]

    def has(self, level: int, first: int, stop: int) -> bool:
        """Return whether the rows `first:stop` of a level are held."""
        if level >= len(self.levels):
            return first >= stop
        held = self.level(level)
        return first >= stop or (held.start <= first and stop <= held.stop)

    def inside(self, level: int, numbers: NDArray[np.int64]) -> slice:
        """Return which of the rows `numbers`, which rise, are held."""
        if level >= len(self.levels):
            return slice(0)
        held = self.level(level)
        return slice(*np.searchsorted(numbers, (held.start, held.stop)).tolist())

    def rows(self, level: int, numbers: NDArray[np.int64], axis: str) -> Rows:
        """Return rows of a level, all of which are held; `numbers` rise."""
        if not len(numbers):
            first = stop = self.level(level).start
        else:
            first, stop = int(numbers[0]), int(numbers[-1]) + 1
        columns = self.level(level).rows(first, stop)
        if stop - first > len(numbers):
            at = numbers - first
            columns = tuple(column[at] for column in columns)
        if level == RAW:
            steps, seconds, values = columns
            x = steps if axis == "step" else seconds
            return Rows(x, x, values, values, None)
        blocks = Blocks(*columns)
        if axis == "step":
            ends = blocks.step_min, blocks.step_max
        else:
            ends = blocks.seconds_min, blocks.seconds_max
        return Rows(*ends, blocks.low, blocks.high, blocks.has_nan)

    def ends(self, level: int, first: int, stop: int, axis: str) -> NDArray[Any]:
        """Return the greatest x of each of the rows `first:stop` of a level, which are held."""
        column = (0 if axis == "step" else 1) if level == RAW else (1 if axis == "step" else 3)
        return self.level(level).rows(first, stop)[column]

    def drop_points(self, before: int) -> None:
        """Forget the points before number `before`, but for those that fill no block yet."""
        if self.levels:
            self.points.drop_before(min(before, self.levels[0].stop * BLOCK) // BLOCK * BLOCK)

    def drop_blocks(self, most: int) -> None:
        """Keep at most `most` blocks of each level: the oldest of one go if the next has them."""
        for level, above in zip(self.levels, self.levels[1:], strict=False):
            if len(level) > most:
                wanted = level.stop - most // 2
                level.drop_before(min(wanted, above.stop * FACTOR) // FACTOR * FACTOR)
