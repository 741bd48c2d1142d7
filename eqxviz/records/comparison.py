"""Comparing two open models by their values, and keeping one as it is now."""

import enum

import numpy as np
from numpy.typing import NDArray

from eqxviz.records.codec import CodecError, Record, record
from eqxviz.records.columns import Strings, check_ids, check_lengths
from eqxviz.records.messages import OpenedModel


@record
class TakeSnapshot(Record):
    """Copy the arrays below `node` of an open model, and keep the copy open.

    It stays when other models are opened and when a run goes on, until `ReleaseModels` names it.
    With `on_host` the copies lie in the host's memory. Answered by `SnapshotTaken`.
    """

    revision: int
    node: int
    on_host: bool = False


@record
class SnapshotTaken(Record):
    """The copy, open as a model of its own, and what it costs."""

    opened: OpenedModel
    n_bytes: int  # of the copied arrays; an array found at several places counts once


@record
class ReleaseModels(Record):
    """Close these models, snapshots too, and let go of their arrays. Answered by `Done`."""

    revisions: tuple[int, ...]


class ValueState(enum.IntEnum):
    """How the values of two leaves compare."""

    SAME_BITS = 0
    EQUAL = 1  # by value, not bit by bit: 0.0 and -0.0, other NaNs, another dtype
    DIFFERENT = 2
    UNKNOWN = 3  # they could not be compared: see the reason


@record
class CompareValues(Record):
    """Compare leaves of two open models, pair by pair. Answered by `ValueDifferences`."""

    before: int  # revision
    after: int
    before_node: NDArray[np.int32]
    after_node: NDArray[np.int32]

    def check(self) -> None:
        columns = ("before_node", "after_node")
        check_lengths({c: len(getattr(self, c)) for c in columns}, "CompareValues")


@record
class ValueDifferences(Record):
    """How the values of the first pairs of a `CompareValues` differ: a row a pair.

    There are fewer rows than pairs, or none, where the time was up: the rest is to be asked for
    again. The worker goes on where it was within a large pair.

    Of elements a and b that are no NaN: `max_abs` is the largest |a - b|, `max_relative` the
    largest |a - b| / max(|a|, |b|), 0 where both are zero and at most 2; `norm` is the root of the
    sum of |a - b| squared. An infinity equals itself; beside anything else it differs by infinity,
    relatively by 1 (beside the opposite one by 2). Complex numbers are taken by their magnitudes.

    `n_different` counts elements that are not equal; a NaN equals any NaN. Such are counted by
    `n_nan_both`, and those where one of the two is NaN, which differ, by `n_nan_one`. PRNG keys
    and static leaves differ or not: the three measures are NaN, and a static leaf is one element.
    """

    state: NDArray[np.uint8]  # ValueState
    n_different: NDArray[np.int64]
    n_nan_both: NDArray[np.int64]
    n_nan_one: NDArray[np.int64]
    max_abs: NDArray[np.float64]
    max_relative: NDArray[np.float64]
    norm: NDArray[np.float64]
    reason: NDArray[np.int32]  # text id: why the state is UNKNOWN; -1 otherwise
    strings: Strings

    def check(self) -> None:
        counts = ("n_different", "n_nan_both", "n_nan_one")
        measures = ("max_abs", "max_relative", "norm")
        columns = {c: len(getattr(self, c)) for c in ("state", *counts, *measures, "reason")}
        check_lengths(columns, "ValueDifferences")
        if len(self.state) and int(self.state.max()) > max(ValueState):
            raise CodecError(f"ValueDifferences.state holds {int(self.state.max())}")
        check_ids(self.reason, len(self.strings), "ValueDifferences.reason")

    def __len__(self) -> int:
        return len(self.state)


@record
class ReadDifference(Record):
    """Ask where two arrays of one shape differ. Answered by `DifferenceMap`."""

    before: int  # revision
    after: int
    before_node: int
    after_node: int


@record
class DifferenceMap(Record):
    """The largest |a - b| in each cell of two arrays seen as matrices, at most 64 x 64 cells.

    The axes are split into rows and columns where the matrix comes nearest to a square. A cell
    with a NaN on one side only is infinite.
    """

    cells: NDArray[np.float32]
    rows: int  # of the matrix itself
    columns: int
