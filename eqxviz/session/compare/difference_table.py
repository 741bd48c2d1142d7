"""The rows of a comparison: what differs in each, in which order, and in which words."""

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree, NodeKind, ValueDifferences, ValueState, ValueSummary
from eqxviz.session import formatting
from eqxviz.session.compare.alignment import Alignment, Change
from eqxviz.session.paths import VARIABLES
from eqxviz.session.row_sorting import RowSorting
from eqxviz.session.search import find, parse

PATH, STATUS, BEFORE, AFTER, MAX_ABS, MAX_RELATIVE, COUNT = range(7)
COLUMNS = ("Path", "Difference", "A", "B", "Max |Δ|", "Relative", "Elements")
NUMBERS = (MAX_ABS, MAX_RELATIVE, COUNT)

_WORD = re.compile(r"[\w.\[\]']+")
_NOT_ASKED, _PENDING = 255, 254  # beside the numbers of ValueState


class Status(NamedTuple):
    """One way to differ: how it is marked and said, and the change that it stands for."""

    name: str
    glyph: str
    word: str
    role: str  # of a colour
    change: Change
    explanation: str


# The first that holds of a row names it; the others are told beside it.
STATUSES: tuple[Status, ...] = (
    Status("only_before", "−", "only in A", "problem", Change.ONLY_BEFORE, "B has no such node."),
    Status("only_after", "+", "only in B", "running", Change.ONLY_AFTER, "A has no such node."),
    Status(
        *("kind", "≠", "other kind", "warning", Change.KIND),
        "One is an array, the other is not; or one is a leaf and the other a subtree.",
    ),
    Status("type", "≠", "other type", "warning", Change.TYPE, "The classes have other names."),
    Status("shape", "≠", "shape", "warning", Change.SHAPE, "Arrays of different shape."),
    Status("dtype", "≠", "dtype", "warning", Change.DTYPE, "Arrays of different dtype."),
    Status(
        *("static", "≠", "static value", "static", Change.STATIC),
        "Another static leaf or static field: another value compiles again.",
    ),
    Status("value", "Δ", "values", "differentiated", Change.VALUE, "Some elements differ."),
    Status(
        *("unknown", "?", "not compared", "faint", Change.UNKNOWN),
        "The values could not be read or compared.",
    ),
    Status(
        *("weak", "~", "weak type", "traced", Change.WEAK_TYPE),
        "One is weakly typed: it takes the dtype of what it meets.",
    ),
    Status(
        *("place", "@", "place", "faint", Change.PLACE),
        "On another device, cut up otherwise, or NumPy's in place of JAX's.",
    ),
    Status(
        *("renamed", "→", "renamed", "shared", Change.RENAMED),
        "A subtree of the same structure, under another key.",
    ),
)
EQUAL = Status("equal", "=", "equal", "faint", Change(0), "Nothing differs.")
ALIKE = Status("alike", "≈", "alike", "faint", Change(0), "Nothing differs but perhaps the values.")
PENDING = Status("pending", "…", "values to come", "faint", Change(0), "Not compared yet.")


class DifferenceTable:
    """A row for each leaf of two aligned trees, and for each inner node that differs itself."""

    def __init__(self, alignment: Alignment) -> None:
        self.alignment = alignment
        n = len(alignment)
        self.changes = alignment.changes.copy()
        self.state: NDArray[np.uint8] = np.full(n, _NOT_ASKED, np.uint8)
        self.max_abs: NDArray[np.float64] = np.full(n, np.nan)
        self.max_relative: NDArray[np.float64] = np.full(n, np.nan)
        self.norm: NDArray[np.float64] = np.full(n, np.nan)
        self.n_different: NDArray[np.int64] = np.zeros(n, np.int64)
        self.n_nan_both: NDArray[np.int64] = np.zeros(n, np.int64)
        self.n_nan_one: NDArray[np.int64] = np.zeros(n, np.int64)
        self.matches: NDArray[np.bool_] | None = None  # what a search leaves; None: all rows
        self._reasons: dict[int, str] = {}
        paired = (alignment.before_node >= 0) & (alignment.after_node >= 0)
        leaf = alignment.before.leaf[alignment.before_node] >= 0
        leaf |= alignment.after.leaf[alignment.after_node] >= 0
        self._is_listed = ~paired | leaf | (self.changes != 0)
        fields = alignment.before.kind[alignment.before_node] == NodeKind.STATIC_FIELD
        self.n_leaf_pairs = int(np.count_nonzero(paired & leaf & ~fields))
        self.n_field_pairs = int(np.count_nonzero(paired & leaf & fields))

    def __len__(self) -> int:
        return len(self.changes)

    def to_compare(self) -> NDArray[np.int32]:
        """Return the rows whose values can tell more than the trees do: to be asked for.

        These are arrays of one shape, and static leaves whose text is the same but may be cut off.
        """
        alignment = self.alignment
        before, after = alignment.before, alignment.after
        paired = (alignment.before_node >= 0) & (alignment.after_node >= 0)
        kinds = before.kind[alignment.before_node], after.kind[alignment.after_node]
        arrays = (kinds[0] == NodeKind.ARRAY) & (kinds[1] == NodeKind.ARRAY)
        arrays &= (self.changes & Change.SHAPE) == 0
        static = (kinds[0] == kinds[1]) & np.isin(
            kinds[0], (NodeKind.STATIC_LEAF, NodeKind.STATIC_FIELD)
        )
        static &= (self.changes & Change.STATIC) == 0
        leaf = before.leaf[alignment.before_node]
        static[static] = _is_vague(before, leaf[static])
        rows = np.flatnonzero(paired & (arrays | static)).astype(np.int32)
        self.state[rows] = _PENDING
        return rows

    def add_values(self, rows: NDArray[np.int32], found: ValueDifferences) -> None:
        """Take in what was found of `rows`, in their order."""
        for column in ("state", "max_abs", "max_relative", "norm"):
            getattr(self, column)[rows] = getattr(found, column)
        for column in ("n_different", "n_nan_both", "n_nan_one"):
            getattr(self, column)[rows] = getattr(found, column)
        node = self.alignment.before_node[rows]
        is_array = self.alignment.before.kind[node] == NodeKind.ARRAY
        differs = found.state == ValueState.DIFFERENT
        self.changes[rows[differs & is_array]] |= np.uint16(Change.VALUE)
        self.changes[rows[differs & ~is_array]] |= np.uint16(Change.STATIC)
        unknown = found.state == ValueState.UNKNOWN
        self.changes[rows[unknown]] |= np.uint16(Change.UNKNOWN)
        for row, reason in zip(rows[unknown].tolist(), found.reason[unknown].tolist(), strict=True):
            self._reasons[row] = found.strings[reason]

    def add_summaries(
        self, before: Mapping[int, ValueSummary], after: Mapping[int, ValueSummary]
    ) -> None:
        """Take in the statistics of arrays, by node: where they differ, the values do."""
        alike = (self.changes & (Change.SHAPE | Change.KIND)) == 0
        for row in np.flatnonzero(alike).tolist():
            node, other_node = self.node(row)
            ours, other = before.get(node), after.get(other_node)
            if ours is not None and other is not None and _differ(ours, other):
                self.changes[row] |= np.uint16(Change.VALUE)
                self._reasons[row] = "their statistics differ."

    @property
    def are_values_known(self) -> bool:
        """Whether no array of the same shape on both sides was left uncompared."""
        alignment, left = self.alignment, self.state == _NOT_ASKED
        both = (alignment.before_node >= 0) & (alignment.after_node >= 0)
        arrays = alignment.before.kind[alignment.before_node] == NodeKind.ARRAY
        alike = (self.changes & (Change.SHAPE | Change.KIND)) == 0
        return not bool(np.any(left & both & arrays & alike))

    def forget_pending(self) -> None:
        """Await no more values: what is not compared by now stays so."""
        self.state[self.state == _PENDING] = _NOT_ASKED

    def counts(self) -> dict[str, int]:
        """Return how many rows each status holds of, by name, those of none left out."""
        bits = np.bincount(self.changes, minlength=1)
        values = np.flatnonzero(bits)
        counts = {s.name: int(bits[values[(values & s.change) > 0]].sum()) for s in STATUSES}
        counts["equal"] = int(np.count_nonzero(self._is_listed & (self.changes == 0)))
        return {name: n for name, n in counts.items() if n}

    def found(self, text: str) -> NDArray[np.bool_] | None:
        """Return the rows that a search of either tree finds; None if it asks for nothing.

        Plain words are looked for in the paths, too: here no row stands for what lies below it.
        """
        words = text.split()
        if words and all(map(_WORD.fullmatch, words)):
            text = f"{text} | {' '.join(f'path:{word}' for word in words)}"
        query = parse(text)
        if query.problem or not query.choices:
            return None
        alignment = self.alignment
        masks: list[NDArray[np.bool_]] = []
        for tree, nodes in (
            (alignment.before, alignment.before_node),
            (alignment.after, alignment.after_node),
        ):
            # The last entry, False, is what node -1 reads.
            mask = np.zeros(len(tree) + 1, np.bool_)
            mask[find(tree, query, order=np.arange(len(tree), dtype=np.int32)).nodes] = True
            masks.append(mask[nodes])
        return masks[0] | masks[1]

    def rows(self, status: str = "", sorting: RowSorting | None = None) -> NDArray[np.int32]:
        """Return the rows to show, in order, of those that match.

        Without `status` those that differ in anything but their place; "all", or the name of one,
        "equal" too.
        """
        sorting = sorting or RowSorting()
        if status == "all":
            chosen = self._is_listed
        elif status == "equal":
            chosen = self._is_listed & (self.changes == 0)
        elif status:
            wanted = next(s.change for s in STATUSES if s.name == status)
            chosen = (self.changes & wanted) != 0
        else:
            chosen = (self.changes & ~np.uint16(Change.PLACE)) != 0
        if self.matches is not None:
            chosen = chosen & self.matches
        rows = np.flatnonzero(chosen).astype(np.int32)
        return rows[self._order(rows, sorting)]

    def node(self, row: int) -> tuple[int, int]:
        """Return the nodes of `row` in A and in B; -1 where there is none."""
        alignment = self.alignment
        return int(alignment.before_node[row]), int(alignment.after_node[row])

    def path(self, row: int) -> str:
        """Return where the row is: in A, or in B if it is there only."""
        ours, other = self.node(row)
        tree = self.alignment.before if ours >= 0 else self.alignment.after
        return tree.path(ours if ours >= 0 else other) or VARIABLES

    def mark(self, row: int) -> Status:
        """Return what says most about a row."""
        return next(iter(self._statuses(row)))

    def words(self, row: int) -> str:
        """Return all that differs in a row, in words."""
        return ", ".join(status.word for status in self._statuses(row))

    def cell(self, row: int, column: int) -> str:
        """Return what the cell of `row` in `column` says."""
        if column == PATH:
            return self._inner_path(row)
        if column == STATUS:
            return self.words(row)
        if column in (BEFORE, AFTER):
            alignment = self.alignment
            tree = alignment.before if column == BEFORE else alignment.after
            return _summary(tree, self.node(row)[column == AFTER])
        if self.state[row] > ValueState.DIFFERENT:
            return "…" if self.state[row] == _PENDING else ""
        if column == COUNT:
            return formatting.count(int(self.n_different[row])) if self.n_different[row] else ""
        if self.n_nan_one[row]:
            return "NaN"
        measure = self.max_abs if column == MAX_ABS else self.max_relative
        value = float(measure[row])
        return "" if np.isnan(value) or self.state[row] == ValueState.SAME_BITS else _short(value)

    def tooltip(self, row: int) -> str:
        """Return where the row is and what is known of it, a line each."""
        return "\n".join([self.path(row), *self.explanation(row)])

    def explanation(self, row: int) -> list[str]:
        """Return what is known of a row, a sentence each."""
        change, (ours, other) = int(self.changes[row]), self.node(row)
        said = [s.explanation for s in self._statuses(row) if s.change != Change.VALUE]
        if change & Change.VALUE:
            said += self._measures(row)
        if change & Change.RENAMED:
            said.append(f"In B it is {self.alignment.after.path(other)}.")
        places = [
            _place(tree, node)
            for tree, node in ((self.alignment.before, ours), (self.alignment.after, other))
        ]
        if change & Change.PLACE:
            said.append(f"A: {places[0]}; B: {places[1]}.")
        if row in self._reasons:
            said.append(self._reasons[row][:1].upper() + self._reasons[row][1:])
        if self.n_nan_both[row]:
            said.append(f"NaN in both: {int(self.n_nan_both[row]):,} (they count as equal).")
        if self.n_nan_one[row]:
            said.append(f"NaN in one of the two: {int(self.n_nan_one[row]):,}.")
        if self.state[row] == ValueState.EQUAL:
            said.append("Equal by value, not bit by bit.")
        return said

    def _measures(self, row: int) -> list[str]:
        """Return how much the elements of two arrays differ, where they were compared."""
        if self.state[row] != ValueState.DIFFERENT:
            return []
        tree, node = self.alignment.before, int(self.alignment.before_node[row])
        n = int(self.n_different[row])
        verb = "differs" if n == 1 else "differ"
        said = [f"{n:,} of {int(tree.n_params[node]):,} elements {verb}."]
        if not np.isnan(self.max_abs[row]):
            most, relative = _short(float(self.max_abs[row])), _short(float(self.max_relative[row]))
            said.append(f"At most by {most}, relatively by {relative}.")
            said.append(f"The norm of the difference is {_short(float(self.norm[row]))}.")
        return said

    def _inner_path(self, row: int) -> str:
        """Return the path without the name of the root, which both models have their own of."""
        path, tree = self.path(row), self.alignment.before
        if self.node(row)[0] < 0:
            tree = self.alignment.after
        return path.removeprefix(tree.name).removeprefix(".") or path

    def _statuses(self, row: int) -> list[Status]:
        change = int(self.changes[row])
        found = [status for status in STATUSES if change & status.change]
        if found or self.state[row] == _PENDING:
            return found or [PENDING]
        node = int(self.alignment.before_node[row])
        is_array = self.alignment.before.kind[node] == NodeKind.ARRAY
        return [ALIKE if is_array and self.state[row] == _NOT_ASKED else EQUAL]

    def _order(self, rows: NDArray[np.int32], sorting: RowSorting) -> NDArray[np.intp]:
        """Return `rows` in order: those that have nothing to sort by come last."""
        if sorting.column in (MAX_ABS, MAX_RELATIVE, COUNT):
            columns = {MAX_ABS: self.max_abs, MAX_RELATIVE: self.max_relative}
            key = columns.get(sorting.column, self.n_different)[rows].astype(np.float64)
            key = np.where(np.isnan(key), np.inf, -key if sorting.descending else key)
            return np.argsort(key, kind="stable")
        if sorting.column in (PATH, BEFORE, AFTER):
            if sorting.column == PATH:
                order = np.arange(len(rows))
            else:
                texts = [self.cell(row, sorting.column) for row in rows.tolist()]
                order = np.argsort(np.array(texts, dtype=object), kind="stable")
            return order[::-1] if sorting.descending else order
        most = np.where(np.isnan(self.max_abs[rows]), 0.0, -self.max_abs[rows])
        most = np.where(self.n_nan_one[rows] > 0, -np.inf, most)
        order = np.lexsort((most, self._rank(rows)))
        rises = sorting.column is not None and not sorting.descending
        return order[::-1] if rises else order

    def _rank(self, rows: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the place of each row's first status among `STATUSES`."""
        rank = np.full(len(rows), len(STATUSES), np.int64)
        for place, status in reversed(list(enumerate(STATUSES))):
            rank[(self.changes[rows] & status.change) != 0] = place
        return rank


def _differ(before: ValueSummary, after: ValueSummary) -> bool:
    """Whether two statistics are of different values.

    What is summed up may be rounded otherwise on another device.
    """
    exact = ("size", "n_nan", "n_inf", "n_negative_inf", "n_zero", "exact_minimum", "exact_maximum")
    if any(getattr(before, name) != getattr(after, name) for name in exact):
        return True
    size = max(abs(before.minimum), abs(before.maximum))
    tolerance = 1e-6 * size if math.isfinite(size) else 0.0
    pairs = [
        (getattr(before, name), getattr(after, name))
        for name in ("minimum", "maximum", "mean", "std", "norm")
    ]
    return not all(
        (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-6, abs_tol=tolerance)
        for a, b in pairs
    )


def _is_vague(tree: ModelTree, leaf: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return whether the text of each static leaf may stand for several values."""
    texts = np.unique(tree.leaf_summary[leaf])
    vague = [any(sign in tree.strings[int(t)] for sign in ("…", "...", "<")) for t in texts]
    is_vague = np.zeros(len(tree.strings) + 1, np.bool_)
    is_vague[texts] = vague
    return is_vague[tree.leaf_summary[leaf]]


def _summary(tree: ModelTree, node: int) -> str:
    """Return a node in a few words: its value, or its type."""
    if node < 0:
        return ""
    leaf = int(tree.leaf[node])
    if leaf >= 0:
        text = tree.strings[int(tree.leaf_summary[leaf])]
        # By the name alone: that is where two functions differ, in a narrow column.
        return text[10:-1] if text.startswith("<function ") else text
    kind = int(tree.type[node])
    name = tree.strings[int(tree.type_name[kind])] if kind >= 0 else ""
    n_leaves = int(tree.n_leaves[node])
    return "None" if tree.kind[node] == NodeKind.NONE else f"{name}, {_leaves(n_leaves)}"


def _leaves(n: int) -> str:
    return "1 leaf" if n == 1 else f"{formatting.count(n)} leaves"


def _place(tree: ModelTree, node: int) -> str:
    leaf = int(tree.leaf[node]) if node >= 0 else -1
    return (tree.strings[int(tree.leaf_sharding[leaf])] if leaf >= 0 else "") or "in the host"


def _short(value: float) -> str:
    """Return a measure with three digits: `0.00412`, `1.2e-07`."""
    return f"{value:.3g}"


def summary(table: DifferenceTable) -> str:
    """Return "3 differ in shape, 12 in values, 1 only in B; 40 are equal".

    Those whose values are not known "look alike".
    """
    counts = table.counts()
    is_known = table.are_values_known
    differ = [f"in {_IN[name]}" for name in counts if name in _IN]
    numbers = [f"{counts[name]:,}" for name in counts if name in _IN]
    if differ:
        differ[0] = ("differs " if numbers[0] == "1" else "differ ") + differ[0]
    said = [f"{n} {words}" for n, words in zip(numbers, differ, strict=True)]
    others = ("only_before", "only_after", "renamed", "unknown")
    words = {status.name: status.word for status in STATUSES}
    said += [f"{counts[name]:,} {words[name]}" for name in others if name in counts]
    if not said:
        one, more = ("is equal", "are equal") if is_known else ("looks alike", "look alike")
        n_leaves = table.n_leaf_pairs
        what = [f"{n_leaves:,} {'leaf' if n_leaves == 1 else 'leaves'}"] if n_leaves else []
        n_fields = table.n_field_pairs
        if n_fields:
            what.append(f"{n_fields:,} static {'field' if n_fields == 1 else 'fields'}")
        if not what:
            return "There are no leaves"
        if n_leaves + n_fields == 1:
            return f"The {what[0].removeprefix('1 ')} {one}"
        return f"All {' and '.join(what)} {more}"
    equal = counts.get("equal", 0)
    one, more = ("is equal", "are equal") if is_known else ("looks alike", "look alike")
    tail = f"; {equal:,} {one if equal == 1 else more}" if equal else ""
    return ", ".join(said) + tail


# What two nodes differ in, after the verb.
_IN = {
    "kind": "kind", "type": "type", "shape": "shape", "dtype": "dtype", "static": "static value",
    "value": "values", "weak": "weak type", "place": "place",
}  # fmt: skip
