"""A tree as one HTML page that needs nothing else: no network, no other file, no Python."""

import html
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from eqxviz.records import ModelTree, OpenedModel
from eqxviz.session import formatting
from eqxviz.session.export.rows import rows
from eqxviz.session.listing import tree_headline
from eqxviz.session.marks import MARKS

MAX_NODES = 1_200_000  # a browser takes some 50 MB of rows; more would not open
_MAX_TEXT = 300
_TEMPLATE = Path(__file__).with_name("page.html")
_ICONS = {"differentiated": "●", "traced": "◐", "static": "■", "static_field": "▢", "none": "–"}


def page(model: OpenedModel, max_nodes: int = MAX_NODES) -> Iterator[str]:
    """Yield the page in parts.

    The rows are data, and only those on screen are elements: a million of them scroll. Of a tree
    with more than `max_nodes` the levels that fit are shown, and the page says so.
    """
    tree = model.tree
    max_depth, note = _limits(tree, max_nodes)
    before, data, after = _TEMPLATE.read_text("utf-8").partition("/*DATA*/")
    title = f"{model.target.name} – {Path(model.path).name or 'eqxviz'}"
    facts = {"TITLE": title, "HEADLINE": tree_headline(model), "NOTE": note, "PATH": model.path}
    for name, words in facts.items():
        before = before.replace(f"<!--{name}-->", html.escape(words))
    yield before
    yield from _data(tree, max_depth)
    yield after
    assert data  # the template has a place for them


def _limits(tree: ModelTree, max_nodes: int) -> tuple[int, str]:
    """Return the depth down to which rows are shown, and what is said of the rest."""
    if len(tree) <= max_nodes:
        return len(tree), ""
    depth = np.zeros(len(tree), np.int32)
    for node in range(1, len(tree)):
        depth[node] = depth[tree.parent[node]] + 1
    up_to = np.cumsum(np.bincount(depth))
    most = max(int(np.searchsorted(up_to, max_nodes, side="right")) - 1, 0)
    hidden = len(tree) - int(up_to[most])
    return most, (
        f"The tree has {len(tree):,} nodes; this page shows those down to level {most}, and leaves "
        f"out {formatting.count(hidden)} below. Totals are of the whole tree."
    )


def _data(tree: ModelTree, max_depth: int) -> Iterator[str]:
    """Yield the rows as a JSON object of columns. No text in it can end the script it stands in."""
    texts: dict[str, int] = {}
    columns: dict[str, list[int]] = {
        name: [] for name in ("depth", "key", "what", "mark", "params", "bytes", "share", "words")
    }
    marks = list(MARKS)
    for row in rows(tree):
        if row.depth > max_depth:
            continue
        what = row.value or row.type
        words = ", ".join((*row.flags, row.problem) if row.problem else row.flags)
        values = (
            row.depth,
            texts.setdefault(_short(row.key), len(texts)),
            texts.setdefault(_short(" ".join(what.split())), len(texts)),
            marks.index(row.mark) if row.mark else -1,
            row.n_params,
            row.n_bytes,
            row.share,
            texts.setdefault(_short(words), len(texts)),
        )
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)
    said = [{"word": MARKS[m].word, "icon": _ICONS.get(m, ""), "name": m} for m in marks]
    said = [{**each, "why": MARKS[each["name"]].explanation} for each in said]
    yield '{"marks": ' + _json(said) + ',\n"texts": ' + _json(list(texts))
    for name, column in columns.items():
        yield f',\n"{name}": {_json(column)}'
    yield "}"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def _short(words: str) -> str:
    return formatting.elide_middle(words, _MAX_TEXT)
