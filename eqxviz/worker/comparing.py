"""Comparing two open models by value, and keeping one as it is."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from eqxviz import analysis
from eqxviz.analysis.compare import Difference, difference_map, difference_steps
from eqxviz.records import (
    CompareValues,
    DifferenceMap,
    Done,
    Interner,
    ReadDifference,
    Record,
    ReleaseModels,
    SnapshotTaken,
    TakeSnapshot,
    ValueDifferences,
)
from eqxviz.worker import cards
from eqxviz.worker.cancelling import is_cancelled

if TYPE_CHECKING:
    from eqxviz.worker.models import Models

# So long a comparison may keep other questions waiting; the asker goes on with the rest.
_SECONDS = 0.1


def take_snapshot(models: "Models", request: TakeSnapshot) -> Record:
    """Return a copy of an open model, which stays open until it is released."""
    opened = models.opened(request.revision)
    value = opened.object_at(request.node)
    copy, n_bytes = analysis.snapshot_of(value, on_host=request.on_host)
    return SnapshotTaken(models.keep(copy, opened, request.node), n_bytes)


def release_models(models: "Models", request: ReleaseModels) -> Record:
    """Close models, as far as they are open."""
    for revision in request.revisions:
        models.release(revision)
    return Done()


def compare_values(models: "Models", request: CompareValues) -> Record:
    """Return how the first pairs of leaves differ, as many as the time allows.

    What is found of a pair that takes longer is kept for when it is asked again.
    """
    before, after = models.opened(request.before), models.opened(request.after)
    end = time.monotonic() + _SECONDS
    found: list[Difference] = []
    for pair in zip(request.before_node.tolist(), request.after_node.tolist(), strict=True):
        key = request.before, request.after, *pair
        known, steps = models.unfinished.pop("comparison", (None, None))
        if known != key:
            steps = difference_steps(before.object_at(pair[0]), after.object_at(pair[1]))
        for step in steps:
            if step is not None:
                found.append(step)
            elif time.monotonic() > end:
                models.unfinished["comparison"] = key, steps
                break
        if time.monotonic() > end:
            break
    return _as_record(found)


def read_difference(models: "Models", request: ReadDifference) -> Record:
    """Return where two arrays differ."""
    before = models.opened(request.before).object_at(request.before_node)
    after = models.opened(request.after).object_at(request.after_node)
    try:
        return DifferenceMap(*difference_map(before, after, is_cancelled))
    except ValueError as error:
        raise cards.error(
            "not-comparable", "These two cannot be drawn as one difference", str(error),
            "Choose two arrays of one shape.",
        ) from error  # fmt: skip


def revisions_of(request: Record) -> tuple[int, ...]:
    """Return the open models that `request` is about."""
    if isinstance(request, (CompareValues, ReadDifference)):
        return request.before, request.after
    if isinstance(request, ReleaseModels):
        return request.revisions
    revision: int | None = getattr(request, "revision", None)
    return () if revision is None else (revision,)


def _as_record(found: list[Difference]) -> ValueDifferences:
    texts = Interner()
    rows = list(zip(*found, strict=True)) if found else [()] * len(Difference._fields)
    state, different, both, one, highest, relative, norm, reasons = rows
    return ValueDifferences(
        state=np.array(state, np.uint8),
        n_different=np.array(different, np.int64),
        n_nan_both=np.array(both, np.int64),
        n_nan_one=np.array(one, np.int64),
        max_abs=np.array(highest, np.float64),
        max_relative=np.array(relative, np.float64),
        norm=np.array(norm, np.float64),
        reason=np.array([texts(reason) if reason else -1 for reason in reasons], np.int32),
        strings=texts.strings(),
    )


# What can be asked about two models, and what answers it.
QUESTIONS: dict[type[Record], Callable[[Any, Any], Record]] = {
    TakeSnapshot: take_snapshot,
    ReleaseModels: release_models,
    CompareValues: compare_values,
    ReadDifference: read_difference,
}
