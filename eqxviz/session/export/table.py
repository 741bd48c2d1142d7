"""A tree as CSV: one row a node."""

from collections.abc import Iterator
from itertools import islice

from eqxviz.records import OpenedModel
from eqxviz.session.csv_text import csv_text
from eqxviz.session.export.rows import Row, rows

COLUMNS = (
    *("path", "type", "kind", "shape", "dtype", "parameters", "bytes"),
    *("sharding", "mark", "value", "shared"),
)

_ROWS = 1000  # made at once


def table(model: OpenedModel) -> Iterator[str]:
    """Yield lines, the names of the columns first.

    A shape is written "8x3", "" that of a scalar's and of what is no array; `shared` is the same
    number at all places of one object.
    """
    yield csv_text([COLUMNS])
    found = map(_cells, rows(model.tree))
    while part := list(islice(found, _ROWS)):
        yield csv_text(part)


def _cells(row: Row) -> tuple[object, ...]:
    shape = "x".join(map(str, row.shape or ()))
    shared = row.share if row.share >= 0 else ""
    return (
        *(row.path, row.type, row.kind, shape, row.dtype, row.n_params, row.n_bytes),
        *(row.sharding, row.mark, row.value, shared),
    )
