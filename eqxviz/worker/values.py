"""Answering questions about values: statistics, tiles, and the table of a subtree."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from eqxviz.analysis.leaf_rows import LeafRows
from eqxviz.analysis.tiles import read_tile
from eqxviz.analysis.values import ValueReading
from eqxviz.records import Progress, ReadStatistics, ReadTile, ReadValue, Record
from eqxviz.worker import cards
from eqxviz.worker.cancelling import is_cancelled

if TYPE_CHECKING:
    from eqxviz.worker.models import Models

# Between two questions nothing else is answered: short enough not to be felt.
PART_SECONDS = 0.05


def read_value(models: "Models", request: ReadValue) -> Record:
    """Answer with the statistics of a node, or with how much of it was read so far."""
    obj = models.opened(request.revision).object_at(request.node)
    # One at a time: nobody waits for the value of another node any more.
    node, reading = models.unfinished.pop("value", (None, None))
    if reading is None or node != (request.revision, request.node):
        reading = ValueReading(obj)
    if reading.step(PART_SECONDS, is_cancelled):
        return reading.summary(request.revision, request.node)
    models.unfinished["value"] = (request.revision, request.node), reading
    return Progress(reading.n_done, reading.n_total)


def read_array_tile(models: "Models", request: ReadTile) -> Record:
    """Answer with a window of an array."""
    opened = models.opened(request.revision)
    try:
        return read_tile(opened.object_at(request.node), request, is_cancelled)
    except ValueError as error:
        path = opened.index.path(request.node)
        raise cards.error(
            "no-tile", f"{path} cannot be drawn", str(error), "Choose an array, or other axes."
        ) from error


def read_statistics(models: "Models", request: ReadStatistics) -> Record:
    """Answer with the statistics of the first of the leaves that were asked for."""
    opened = models.opened(request.revision)
    revision, rows = models.unfinished.pop("statistics", (-1, None))
    if rows is None or revision != request.revision:
        rows = LeafRows()
    leaves = ((node, opened.object_at(node)) for node in request.nodes.tolist())
    part = rows.read(leaves, request.revision, PART_SECONDS, is_cancelled)
    if rows.is_amid:
        models.unfinished["statistics"] = request.revision, rows
    return part


QUESTIONS: dict[type[Record], Callable[["Models", Any], Record]] = {
    ReadValue: read_value,
    ReadTile: read_array_tile,
    ReadStatistics: read_statistics,
}
