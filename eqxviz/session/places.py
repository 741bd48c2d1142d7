"""Everything that one can go to by name."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from eqxviz.session import formatting, fuzzy
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.records import ModelTree

MAX_NODES = 20_000  # more paths than this would make typing slow; the tree's own search takes all
MAX_SHOWN = 60
_MAX_DETAIL = 80  # letters


@dataclass(frozen=True)
class Place:
    """Something with a name: what to show of it, and what to select."""

    title: str
    detail: str
    selection: Selection


def find_places(session: Session, query: str) -> list[Place]:
    """Return the places that `query` means, best first; without a query, the nearest ones."""
    if not query.strip():
        return list(islice(_places(session), MAX_SHOWN))
    scored: list[tuple[float, int, Place]] = []
    for order, place in enumerate(_places(session)):
        found = fuzzy.match(query, place.title)
        if found is not None:
            scored.append((-found.score, order, place))
    scored.sort(key=lambda entry: entry[:2])
    return [place for _, _, place in scored[:MAX_SHOWN]]


def _places(session: Session) -> Iterator[Place]:
    run = session.run
    if run is not None:
        for seen in run.functions.values():
            if seen.is_user:
                selection = Selection(kind="function", function=seen.id)
                yield Place(seen.name, f"{seen.flavour} function", selection)
        for curve in run.series.values():
            selection = Selection(kind="series", series=curve.series.id)
            yield Place(curve.series.name, "curve", selection)
    if session.model is not None:
        yield from _nodes(session.model.tree)
    if session.graphs and (tab := session.graphs[session.current_graph]).graph is not None:
        for part in tab.reading.named:
            kind = "group" if part.equation < 0 else "equation"
            selection = Selection(
                kind=kind, graph=tab.key, group=part.group, equation=part.equation
            )
            yield Place(part.title, part.detail, selection)


def _nodes(tree: "ModelTree") -> Iterator[Place]:
    paths: list[str] = []
    for node in range(min(len(tree), MAX_NODES)):
        parent = int(tree.parent[node])
        path = tree.name if node == 0 else paths[parent] + tree.strings[int(tree.key[node])]
        paths.append(path)
        leaf = int(tree.leaf[node])
        if leaf >= 0:
            text = tree.strings[int(tree.leaf_summary[leaf])]
            detail = formatting.elide_middle(text, _MAX_DETAIL)
        else:
            kind = int(tree.type[node])
            detail = tree.strings[int(tree.type_name[kind])] if kind >= 0 else ""
        yield Place(path, detail, Selection(kind="node", node=node))
