"""A tree as CSV: one row a node."""

import csv
import io
from collections.abc import Iterator

from eqxviz.records import OpenedModel
from eqxviz.session.export.rows import Row, rows

COLUMNS = (
    *("path", "type", "kind", "shape", "dtype", "parameters", "bytes"),
    *("sharding", "mark", "value", "shared"),
)


def table(model: OpenedModel) -> Iterator[str]:
    """Yield the lines, the names of the columns first.

    A shape is written "8x3", "" that of a scalar's and of what is no array; `shared` is the same
    number at all places of one object.
    """
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows(model.tree):
        yield line.getvalue()
        line.seek(0)
        line.truncate()
        writer.writerow(_cells(row))
    yield line.getvalue()


def _cells(row: Row) -> tuple[object, ...]:
    shape = "x".join(map(str, row.shape or ()))
    shared = row.share if row.share >= 0 else ""
    return (
        *(row.path, row.type, row.kind, shape, row.dtype, row.n_params, row.n_bytes),
        *(row.sharding, row.mark, row.value, shared),
    )
