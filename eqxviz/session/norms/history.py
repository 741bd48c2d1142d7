"""The norms of all leaves of one model over a run, in little memory however long it is."""

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import (
    DynamicsBatch,
    DynamicsHistogram,
    DynamicsLeaves,
    Quantity,
    ReplayedGradients,
)

Norms = NDArray[np.float32]
Leaves = NDArray[np.int64]  # places of leaves
Shown = Literal["ratio", "update", "gradient", "parameter"]
SHOWN: tuple[Shown, ...] = ("ratio", "update", "gradient", "parameter")

_MOST_COLUMNS = 2048
_LEAST_COLUMNS = 256
_MOST_CELLS = 1 << 22  # of each quantity
_MOST_HISTOGRAM_BYTES = 1 << 24  # of each quantity
_MOST_HISTOGRAMS = 256
_QUANTITIES = (Quantity.PARAMETER, Quantity.GRADIENT, Quantity.UPDATE)


class Histograms(NamedTuple):
    """How magnitudes were spread: a row a step, a column a bin, in shares of what was counted."""

    steps: NDArray[np.int64]
    shares: NDArray[np.float64]


class History:
    """Columns are samples. When there are too many, each two neighbours become one.

    Such a column stands for the greater norm of the two, and for NaN where one was NaN: what stood
    out does so still. The newest columns are always single samples.
    """

    def __init__(self, leaves: DynamicsLeaves) -> None:
        self.leaves = leaves
        self.n_leaves = n = len(leaves.nodes)
        self.has_gradient = leaves.has_gradient.copy()
        self._most = min(_MOST_COLUMNS, max(_LEAST_COLUMNS, _MOST_CELLS // max(n, 1))) & ~1
        self._n = 0
        self.version = 0  # another one whenever norms were taken in
        self._steps = np.zeros(self._most, np.int64)
        self._norms = {q: np.full((self._most, n), -1, np.float32) for q in _QUANTITIES}
        self._was_zero = {q: np.ones(n, np.bool_) for q in _QUANTITIES}
        self._histograms: dict[Quantity, list[DynamicsHistogram]] = {q: [] for q in _QUANTITIES}

    @property
    def steps(self) -> NDArray[np.int64]:
        """The step of each column; of one that stands for several, the last."""
        return self._steps[: self._n]

    def add(self, batch: DynamicsBatch) -> None:
        """Take in samples. Those that came before change nothing."""
        columns = {
            Quantity.PARAMETER: batch.parameter,
            Quantity.UPDATE: batch.update,
            Quantity.GRADIENT: batch.gradient,
        }
        for row, step in enumerate(batch.step.tolist()):
            at = self._column(step)
            # Of a step whose gradients alone were replayed, the rest is still welcome.
            if at < 0 or not (self._norms[Quantity.PARAMETER][at] < 0).all():
                continue
            for quantity, norms in columns.items():
                if norms.shape[1]:
                    self._put(quantity, at, norms[row])

    def add_replayed(self, replayed: ReplayedGradients) -> None:
        """Take in gradients that were computed later, at the column of their step.

        A step that was not measured gets a column of its own, in which nothing else is known.
        """
        self.has_gradient |= replayed.gradient >= 0
        at = self._column(replayed.step)
        if at < 0:  # it is among those that one column stands for
            at = int(np.searchsorted(self.steps, replayed.step))
        known = self._norms[Quantity.GRADIENT][at]
        self._put(Quantity.GRADIENT, at, np.where(known < 0, replayed.gradient, known))

    def add_histogram(self, histogram: DynamicsHistogram) -> None:
        """Take in how the elements of each leaf were spread."""
        kept = self._histograms[histogram.quantity]
        if kept and histogram.step <= kept[-1].step:
            return
        kept.append(histogram)
        most = _MOST_HISTOGRAM_BYTES // max(histogram.counts.nbytes, 1)
        if len(kept) > min(max(most, 8), _MOST_HISTOGRAMS):
            del kept[1::2]

    def norms(self, shown: Shown, leaves: Leaves) -> Norms:
        """Return the norm of `leaves` taken together, by column: -1 where it is not known.

        A ratio is that of the update to the parameters: infinite where those are 0.
        """
        if shown != "ratio":
            return self._together(Quantity(shown), leaves)
        update, parameter = (
            self._together(q, leaves) for q in (Quantity.UPDATE, Quantity.PARAMETER)
        )
        return _ratio(update, parameter)

    def every_norm(self, shown: Shown) -> Norms:
        """Return the norms of all leaves, a row a column of the history."""
        if shown != "ratio":
            return self._norms[Quantity(shown)][: self._n]
        update, parameter = (
            self._norms[q][: self._n] for q in (Quantity.UPDATE, Quantity.PARAMETER)
        )
        return _ratio(update, parameter)

    def histograms(self, quantity: Quantity, leaves: Leaves) -> Histograms:
        """Return how the elements of `leaves` were spread, as far as they were counted."""
        kept = self._histograms[quantity]
        counts = np.array([h.counts[leaves].sum(axis=0, dtype=np.int64) for h in kept], np.float64)
        totals = counts.sum(axis=1, keepdims=True) if len(kept) else counts
        steps = np.array([h.step for h in kept], np.int64)
        return Histograms(steps, np.divide(counts, totals, where=totals > 0, out=counts))

    def mark(self, leaves: Leaves) -> str:
        """Return in a word what is wrong with `leaves` taken together, "" for nothing."""
        if not self._n or not len(leaves):
            return ""
        seen = [self._norms[q][: self._n, leaves] for q in _QUANTITIES]
        if any(np.isnan(norms).any() for norms in seen):
            return "NaN"
        if any(np.isinf(norms).any() for norms in seen):
            return "Inf"
        ratio = self.norms("ratio", leaves)
        if (ratio[~(ratio < 0)][-1:] > 1).any():
            return "update > weight"
        if self._was_zero[Quantity.UPDATE][leaves].all():
            return "never updated"
        known = leaves[self.has_gradient[leaves]]
        if len(known) and self._was_zero[Quantity.GRADIENT][known].all():
            return "gradient is 0"
        return ""

    def _column(self, step: int) -> int:
        """Return the column of a step, a new one if it is the newest; -1: it has none."""
        known = self.steps
        at = int(np.searchsorted(known, step))
        if at < self._n:
            return at if known[at] == step else -1
        if self._n == self._most:
            self._thin()
        self._steps[self._n] = step
        for norms in self._norms.values():
            norms[self._n] = -1
        self._n += 1
        return self._n - 1

    def _put(self, quantity: Quantity, at: int, norms: Norms) -> None:
        known = self._norms[quantity][at]
        known[:] = np.where(norms < 0, known, norms)
        self._was_zero[quantity] &= norms <= 0
        self.version += 1

    def _thin(self) -> None:
        half = self._most // 2
        self._steps[:half] = self._steps[1::2]
        for norms in self._norms.values():
            norms[:half] = np.maximum(norms[::2], norms[1::2])
        self._n = half

    def _together(self, quantity: Quantity, leaves: Leaves) -> Norms:
        norms = self._norms[quantity][: self._n, leaves].astype(np.float64)
        is_known = ~(norms < 0)  # also where it is NaN
        squares = np.where(is_known, norms, 0) ** 2
        with np.errstate(over="ignore"):
            together = np.sqrt(squares.sum(axis=1))
        return np.where(is_known.any(axis=1), together, -1).astype(np.float32)


def _ratio(update: Norms, parameter: Norms) -> Norms:
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = update / parameter
    ratio = np.where(update == 0, 0, np.where(update < 0, -1, ratio))
    return ratio.astype(np.float32)
