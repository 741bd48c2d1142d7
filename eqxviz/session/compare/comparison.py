"""Two models side by side: which ones, how far their comparison is, and what was found."""

import os
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.compare.sides import Side, Sides
from eqxviz.session.sources import LEAVES_FILE, ModelSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eqxviz.records import DifferenceMap, ModelTree, Problem, Record
    from eqxviz.session.answering import Answerer
    from eqxviz.session.compare.difference_table import DifferenceTable
    from eqxviz.session.opening import ViewState
    from eqxviz.session.paused_call import CallPart

_PAIRS_AT_ONCE = 4000


class Comparison:
    """The comparison of models A and B, which are chosen from `sides`.

    Signals:
        changed: Another state, or other models are compared.
        progressed: More values are compared; `table` has them.
        searched: A search is done: other rows match.
        mapped: `difference_map` is another one.
        asked: The user asked for a comparison: it is to be seen.
    """

    changed = Signal()
    progressed = Signal()
    searched = Signal()
    mapped = Signal()
    asked = Signal()

    def __init__(self, session: "CallPart") -> None:
        self._session = session
        self.sides = Sides(session)
        self.before: Side | None = None  # A
        self.after: Side | None = None  # B
        self.state: ViewState = "empty"
        self.activity = ""
        self.problem: Problem | None = None
        self.table: DifferenceTable | None = None
        self.note = ""  # why there is less to see than there might be
        self.n_compared = 0  # leaves whose values are compared, of `n_to_compare`
        self.n_to_compare = 0
        self.difference_map: DifferenceMap | None = None
        self._search_text = ""
        self._turn = 0  # what was asked for an earlier comparison is not taken in
        self._request: tuple[Answerer, int] | None = None
        self._map_request: tuple[Answerer, int] | None = None
        self.sides.changed.connect(self._on_sides_changed)

    @property
    def is_busy(self) -> bool:
        """Whether values are still to come."""
        return self.state == "working" or self.n_compared < self.n_to_compare

    # --- what to compare

    def compare_with_file(self, target: str) -> None:
        """Open a file ("FILE.py:NAME", weights, records) beside the open model; it becomes B."""
        source, opened = ModelSource.of(target), self._session.source
        if source.path.endswith(LEAVES_FILE) and opened is not None:
            source = ModelSource.of(opened.target, target)  # its leaves are read into such a model
        self._compare_with(source, os.path.basename(target))

    def compare_with_reloaded(self) -> None:
        """Load the open model's file again beside it, as it is now: that becomes B."""
        source = self._session.source
        if source is not None:
            self._compare_with(source, f"as it is now · {self.sides.open_title}")

    def compare_with_snapshot(self) -> None:
        """Compare the latest snapshot (A) with the open model (B)."""
        snapshots, opened = self.sides.snapshots, self.sides.open_side
        if snapshots and opened is not None:
            self.compare(snapshots[-1], opened)
            self.asked.emit()

    def compare(self, before: Side, after: Side) -> None:
        """Compare two models: at once by what their trees say, then value by value."""
        self._stop()
        self.before, self.after = before, after
        self.table, self.problem, self.note, self.difference_map = None, None, "", None
        self.n_compared = self.n_to_compare = 0
        self._enter("working", f"Comparing {before.title} with {after.title}")
        turn = self._turn

        def aligned(table: "DifferenceTable") -> None:
            if turn == self._turn:
                self._on_aligned(table, before, after)

        self._session.in_background(lambda: _aligned(before.tree, after.tree), aligned)

    def swap(self) -> None:
        """Let A and B change places."""
        if self.before is not None and self.after is not None:
            self.compare(self.after, self.before)

    def cancel(self) -> None:
        """Compare no more: what is found by now stays."""
        self._stop()
        if self.table is None:
            self.clear()
            return
        self.n_to_compare = self.n_compared
        self.note = "The comparison of values was cancelled."
        self.table.forget_pending()
        self.changed.emit()

    def clear(self) -> None:
        """Compare nothing."""
        self._stop()
        self.before = self.after = self.table = self.difference_map = None
        self.n_compared = self.n_to_compare = 0
        self._enter("empty")

    def search(self, text: str) -> None:
        """Leave only the rows that `text` finds, as in the tree; `searched` tells when."""
        table, self._search_text = self.table, text
        if table is None:
            return

        def done(matches: "NDArray[np.bool_] | None") -> None:
            if table is self.table and text == self._search_text:
                table.matches = matches
                self.searched.emit()

        self._session.in_background(lambda: table.found(text), done)

    def ask_map(self, row: int) -> None:
        """Ask where the two arrays of a row differ; `mapped` tells when that is known."""
        from eqxviz.records import DifferenceMap, ReadDifference, ValueState

        self.difference_map = None
        self._map_request = _cancelled(self._map_request)
        self.mapped.emit()
        before, after, table, turn = self.before, self.after, self.table, self._turn
        if before is None or after is None or table is None or before.holder is None:
            return
        if int(table.state[row]) != ValueState.DIFFERENT or before.holder is not after.holder:
            return
        ours, other = table.node(row)

        def answered(answer: "Record") -> None:
            self._map_request = None
            if turn == self._turn and isinstance(answer, DifferenceMap):
                self.difference_map = answer
                self.mapped.emit()

        request = ReadDifference(before.tree.revision, after.tree.revision, ours, other)
        self._map_request = before.holder, before.holder.ask(request, answered)

    def open_node(self, row: int) -> int:
        """Return the node of `row` in the open model, -1 if it is on neither side, or has none."""
        if self.table is None:
            return -1
        nodes = zip((self.before, self.after), self.table.node(row), strict=True)
        return next((n for side, n in nodes if side is not None and side.kind == "open"), -1)

    def row_of(self, node: int) -> int:
        """Return the row of a node of the open model, -1 if none is compared."""
        table = self.table
        if table is None:
            return -1
        alignment = table.alignment
        for side, nodes in (
            (self.before, alignment.before_node),
            (self.after, alignment.after_node),
        ):
            if side is not None and side.kind == "open":
                places = (nodes == node).nonzero()[0]
                return int(places[0]) if len(places) else -1
        return -1

    # --- how it goes on

    def _compare_with(self, source: ModelSource, title: str) -> None:
        """Open `source` beside the open model, and compare it with that."""
        self._stop()
        self.table = self.problem = None
        self._enter("working", f"Opening {os.path.basename(source.path)}")
        self.asked.emit()
        turn = self._turn

        def opened(side: Side) -> None:
            now = self.sides.open_side
            if turn == self._turn and now is not None:
                self.compare(now, side)

        def failed(problem: "Problem") -> None:
            if turn == self._turn:
                self.problem = problem
                self._enter("failed")

        self.sides.open_beside(source, title, opened, failed)

    def _on_aligned(self, table: "DifferenceTable", before: Side, after: Side) -> None:
        self.table = table
        if self._search_text:
            self.search(self._search_text)
        holder = before.holder
        if before.kept is not None and after.kept is not None:
            table.add_summaries(before.kept.summaries(), after.kept.summaries())
        if holder is None or holder is not after.holder:
            self.note = _why_no_values(before, after)
        elif not holder.alive:
            self.note = "The process that held the values is gone; only the trees are compared."
        else:
            rows = table.to_compare()
            self.n_to_compare = len(rows)
            self._ask_values(holder, rows)
        self._enter("filled")

    def _ask_values(self, holder: "Answerer", rows: "NDArray[np.int32]") -> None:
        """Ask for the values of `rows`, some at a time, until all are here or nobody wants them."""
        from eqxviz.records import CompareValues, Problem, ValueDifferences

        before, after, table, turn = self.before, self.after, self.table, self._turn
        if not len(rows) or before is None or after is None or table is None:
            return
        some = rows[:_PAIRS_AT_ONCE]

        def answered(answer: "Record") -> None:
            if turn != self._turn:
                return
            self._request = None
            if isinstance(answer, ValueDifferences):
                n = len(answer)
                table.add_values(some[:n], answer)
                self.n_compared += n
                self._ask_values(holder, rows[n:])
                self.progressed.emit()
            elif isinstance(answer, Problem):
                self.note = f"The values could not be compared. {answer.title}: {answer.why}"
                self.n_to_compare = self.n_compared
                table.forget_pending()
                self.changed.emit()

        request = CompareValues(
            before.tree.revision,
            after.tree.revision,
            table.alignment.before_node[some],
            table.alignment.after_node[some],
        )
        self._request = holder, holder.ask(request, answered)

    def _stop(self) -> None:
        """Await nothing that was asked for a comparison."""
        self._turn += 1
        self._request = _cancelled(self._request)
        self._map_request = _cancelled(self._map_request)

    def _enter(self, state: "ViewState", activity: str = "") -> None:
        self.state, self.activity = state, activity
        self.changed.emit()

    def _on_sides_changed(self) -> None:
        """Compare again where the open model is another one; end what has lost a side."""
        before, after = (self._as_it_is(side) for side in (self.before, self.after))
        if self.before is None and self.after is None:
            return
        if before is None or after is None:
            self.clear()
        elif before is not self.before or after is not self.after:
            self.compare(before, after)

    def _as_it_is(self, side: Side | None) -> Side | None:
        """Return `side`, the open model in the place of what was open, or None if it is gone."""
        if side is None or side.kind != "open":
            return side if side in (*self.sides.snapshots, *self.sides.others) else None
        now = self.sides.open_side
        if now is not None and now.tree is side.tree and now.holder is side.holder:
            return side
        return now


def _cancelled(request: "tuple[Answerer, int] | None") -> None:
    """Await the answer of `request` no longer."""
    if request is not None:
        holder, number = request
        holder.cancel(number)


def _aligned(before: "ModelTree", after: "ModelTree") -> "DifferenceTable":
    from eqxviz.session.compare.alignment import align
    from eqxviz.session.compare.difference_table import DifferenceTable

    return DifferenceTable(align(before, after))


def _why_no_values(before: Side, after: Side) -> str:
    for side in (before, after):
        if side.holder is None:
            why = "only the tree is known" if side.kept is None else "the file holds no arrays"
            both = before.kept is not None and after.kept is not None
            rest = "; statistics that both files hold are." if both else "."
            return f'Values are not compared: of "{side.name}" {why}{rest}'
    return (
        "Values are not compared: the two models are in different processes. Structure, shapes, "
        "dtypes and static values are."
    )
