"""A tree as a listing: a head, then one line a node, indented by depth."""

from collections.abc import Iterator
from itertools import chain, islice

from eqxviz.records import ModelTree, OpenedModel
from eqxviz.session import formatting
from eqxviz.session.export.rows import Row, rows
from eqxviz.session.listing import tree_headline
from eqxviz.session.marks import MARKS

_MAX_VALUE = 60
_MAX_NAME = 60  # a longer name is whole, and pushes the rest of its line to the right
_N_MEASURED = 5000  # rows that the columns' widths are taken from
_N_PLACES = 3  # of the same object that are named


def text(model: OpenedModel) -> Iterator[str]:
    """Yield the lines of the listing, with their ends."""
    tree = model.tree
    yield f"{tree_headline(model)}\n\n"
    cells = (_cells(tree, row) for row in rows(tree))
    first = list(islice(cells, _N_MEASURED))
    limits = (_MAX_NAME, _MAX_VALUE, 12, 12)
    widths = [min(max(len(c[i]) for c in first), limits[i]) for i in range(4)]
    for c in chain(first, cells):
        line = (
            f"{c[0]:<{widths[0]}}  {c[1]:<{widths[1]}}  {c[2]:>{widths[2]}}  "
            f"{c[3]:>{widths[3]}}  {c[4]}"
        )
        yield f"{line.rstrip()}\n"
    others = [target.name for target in model.targets if target.name != model.target.name]
    tail = [f"a call takes: {model.inputs}\n"] if model.inputs else []
    if others:
        tail.append(f"also in this file: {', '.join(others)}\n")
    yield from ["\n", *tail] if tail else []


def _cells(tree: ModelTree, row: Row) -> tuple[str, str, str, str, str]:
    words = [MARKS[row.mark].word] if row.mark and row.mark != "none" else []
    words += row.flags
    if row.share >= 0:
        words.append("same object as " + _places(tree, row.node))
    if row.problem:
        words.append(row.problem)
    what = " ".join((row.value or row.type).split())
    return (
        "  " * row.depth + plain(row.key),
        plain(formatting.elide_middle(what, _MAX_VALUE)),
        formatting.count(row.n_params) if row.n_params else "",
        formatting.n_bytes(row.n_bytes) if row.n_bytes else "",
        plain(", ".join(words)),
    )


def _places(tree: ModelTree, node: int) -> str:
    """Return the other places of the object at `node`: the first ones, and how many more."""
    places = tree.places(int(tree.share[node]))
    others = [int(m) for m in places[: _N_PLACES + 1] if m != node][:_N_PLACES]
    named = ", ".join(tree.path(other) for other in others)
    more = len(places) - 1 - len(others)
    return f"{named} and {more:,} more" if more > 0 else named


def plain(words: str) -> str:
    """Return `words` without what a terminal would take for orders: escapes, ends of lines."""
    if words.isprintable():
        return words
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in words)
