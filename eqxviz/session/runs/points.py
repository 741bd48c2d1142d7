"""The points of chosen curves of a run, in the order in which they were made."""

from collections.abc import Callable, Container, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Series
from eqxviz.store import RunStore

Go = Callable[[int], None]  # is told how many points were looked at; raises to end it


class Stretch(NamedTuple):
    """Points of one curve that follow each other."""

    series: Series
    step: NDArray[np.int64]
    seconds: NDArray[np.float64]  # from the start of the run
    value: NDArray[np.float64]


def stretches(store: RunStore, names: Container[str] | None, go: Go) -> Iterator[Stretch]:
    """Yield the points of the curves called `names`; None stands for all that are no state."""
    chosen: dict[int, Series] = {}
    n_seen = 0
    for batch in store.metrics():
        for series in batch.new_series:
            is_chosen = not series.is_state if names is None else series.name in names
            if is_chosen:
                chosen[series.id] = series
        for id in np.unique(batch.series).tolist():
            if id in chosen:
                rows = np.flatnonzero(batch.series == id)
                yield Stretch(chosen[id], batch.step[rows], batch.seconds[rows], batch.value[rows])
        n_seen += len(batch.series)
        go(n_seen)
