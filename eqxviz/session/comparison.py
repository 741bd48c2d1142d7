"""Two models side by side: which ones, how far their comparison is, and what was found."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.session.sources import LEAVES_FILE, ModelSource

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eqxviz.records import DifferenceMap, ModelTree, OpenedModel, Problem, Record
    from eqxviz.session.answering import Answerer
    from eqxviz.session.difference_table import DifferenceTable
    from eqxviz.session.growing import TreeStream
    from eqxviz.session.opening import ViewState
    from eqxviz.session.running import RunPart

_PAIRS_AT_ONCE = 4000
# Of the model before a reload nothing but the tree is known; a larger one is not kept for it.
_MOST_NODES_KEPT = 200_000


@dataclass(frozen=True, eq=False)
class Side:
    """A model that can be compared. `holder` has its objects; None: only its tree is known."""

    kind: Literal["open", "snapshot", "beside", "before"]
    title: str
    tree: "ModelTree"
    holder: "Answerer | None"
    n_bytes: int = 0  # what a snapshot's arrays take


class Comparison:
    """The comparison of models A and B, and the models that can be chosen for it.

    Signals:
        sides_changed: Snapshots and other models to choose from came or went.
        changed: Another state, or other models are compared.
        progressed: More values are compared; `table` has them.
        searched: A search is done: other rows match.
        mapped: `difference_map` is another one.
        asked: The user asked for a comparison: it is to be seen.
    """

    sides_changed = Signal()
    changed = Signal()
    progressed = Signal()
    searched = Signal()
    mapped = Signal()
    asked = Signal()

    def __init__(self, session: "RunPart") -> None:
        self._session = session
        self.snapshots: list[Side] = []
        self.others: list[Side] = []  # opened beside the open model, or what it was before
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
        self._streams: list[TreeStream] = []
        self._seen: tuple[OpenedModel | None, Answerer | None] = (None, None)
        session.model_changed.connect(self._on_model_changed)
        session.tree_grew.connect(self._on_tree_grew)
        self._on_model_changed()

    @property
    def open_side(self) -> Side | None:
        """The model that is open, None while there is none or its tree is not complete."""
        session = self._session
        if session.model is None or not session.model.tree.is_complete:
            return None
        return Side("open", f"open · {self._title()}", session.model.tree, session.model_holder)

    def sides(self) -> list[Side]:
        """Return what can be compared: the open model first."""
        opened = self.open_side
        return [*([opened] if opened is not None else ()), *self.snapshots, *self.others]

    def offers(self) -> list[str]:
        """Return what else of the open model's file can be compared with it: "FILE.py:NAME"."""
        model, source = self._session.model, self._session.source
        if model is None or source is None or source.kind != "file" or source.weights:
            return []
        others = (target.name for target in model.targets if target.name != model.target.name)
        return [replace(source, name=name).target for name in others]

    @property
    def is_busy(self) -> bool:
        """Whether values are still to come."""
        return self.state == "working" or self.n_compared < self.n_to_compare

    # --- what to compare

    def take_snapshot(self, *, on_host: bool = False) -> None:
        """Keep a copy of the open model's arrays, on their device or in the host's memory."""
        from eqxviz.records import Problem, SnapshotTaken, TakeSnapshot

        title, step = self._title(), self._session.call_step
        holder = self._session.model_holder

        def answered(answer: "Record") -> None:
            if isinstance(answer, Problem):
                self._session.report(answer)
            elif isinstance(answer, SnapshotTaken) and holder is not None:
                number = 1 + sum(side.title.endswith(title) for side in self.snapshots)
                name = f"snapshot {number} · {title}" if number > 1 or step is None else title
                side = Side("snapshot", name, answer.opened.tree, holder, answer.n_bytes)
                self._complete(side, answer.opened, self._keep_snapshot)

        self._session.ask_model(
            lambda model: TakeSnapshot(model.tree.revision, 0, on_host), answered
        )

    def release(self, side: Side) -> None:
        """Let go of a snapshot, or of a model that was opened beside the open one."""
        from eqxviz.records import ReleaseModels

        for sides in (self.snapshots, self.others):
            if side in sides:
                sides.remove(side)
        if side.holder is not None and side.holder.alive:
            side.holder.ask(ReleaseModels((side.tree.revision,)), lambda answer: None)
        if side in (self.before, self.after):
            self.clear()
        self.sides_changed.emit()

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
            self._compare_with(source, f"as it is now · {self._title()}")

    def compare_with_snapshot(self) -> None:
        """Compare the latest snapshot (A) with the open model (B)."""
        opened = self.open_side
        if self.snapshots and opened is not None:
            self.compare(self.snapshots[-1], opened)
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
        self.mapped.emit()
        before, after, table, turn = self.before, self.after, self.table, self._turn
        if before is None or after is None or table is None or before.holder is None:
            return
        if int(table.state[row]) != ValueState.DIFFERENT or before.holder is not after.holder:
            return
        ours, other = table.node(row)

        def answered(answer: "Record") -> None:
            if turn == self._turn and isinstance(answer, DifferenceMap):
                self.difference_map = answer
                self.mapped.emit()

        request = ReadDifference(before.tree.revision, after.tree.revision, ours, other)
        before.holder.ask(request, answered)

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
        from eqxviz.records import OpenedModel, Problem

        self._stop()
        self.table = self.problem = None
        self._enter("working", f"Opening {os.path.basename(source.path)}")
        self.asked.emit()
        turn = self._turn

        def answered(holder: "Answerer", answer: "Record") -> None:
            if turn != self._turn:
                return
            if isinstance(answer, Problem):
                self.problem = answer
                self._enter("failed")
            elif isinstance(answer, OpenedModel):
                name = title if ":" in title else f"{title}:{answer.target.name}"
                keeps = holder if source.kind != "records" else None
                side = Side("beside", name, answer.tree, keeps)
                self._complete(side, answer, self._keep_other, holder)

        self._session.open_beside(source, answered)

    def _keep_snapshot(self, side: Side) -> None:
        self.snapshots.append(side)
        self.sides_changed.emit()

    def _keep_other(self, side: Side) -> None:
        self.others.append(side)
        self.sides_changed.emit()
        opened = self.open_side
        if opened is not None:
            self.compare(opened, side)
        else:
            self._enter("empty")

    def _complete(
        self,
        side: Side,
        opened: "OpenedModel",
        done: Callable[[Side], None],
        holder: "Answerer | None" = None,
    ) -> None:
        """Call `done` with `side` once all of its tree is here."""
        from eqxviz.session.growing import TreeStream

        asked = holder or side.holder
        if opened.tree.is_complete or asked is None:
            done(side)
            return

        def grew() -> None:
            if stream.is_over:
                self._streams.remove(stream)
                done(replace(side, tree=stream.model.tree))

        def failed(problem: "Problem") -> None:
            self._streams.remove(stream)
            self._session.report(problem)

        stream = TreeStream(asked, opened, grew, failed)
        self._streams.append(stream)

    def _on_aligned(self, table: "DifferenceTable", before: Side, after: Side) -> None:
        self.table = table
        if self._search_text:
            self.search(self._search_text)
        holder = before.holder
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
        if self._request is not None:
            holder, request = self._request
            holder.cancel(request)
            self._request = None

    def _enter(self, state: "ViewState", activity: str = "") -> None:
        self.state, self.activity = state, activity
        self.changed.emit()

    def _title(self) -> str:
        """Return what the open model is called: "model.py:make", "step 120 · all variables"."""
        session = self._session
        model, step = session.model, session.call_step
        target = model.target.name if model is not None else ""
        if step is not None:
            return f"step {step:,} · {target}"
        return f"{os.path.basename(session.path)}:{target}"

    def _on_model_changed(self) -> None:
        """Where another model is open, forget what was opened beside the one before."""
        model, holder = self._session.model, self._session.model_holder
        was, was_holder = self._seen
        self._seen = model, holder
        revisions = [m.tree.revision if m is not None else None for m in (was, model)]
        if revisions[0] == revisions[1] and was_holder is holder:
            return
        self.others = [o for o in self.others if o.kind == "beside" and o.holder is None]
        if was is not None and self._is_reloaded(was):
            name = f"before the reload · {os.path.basename(was.path)}:{was.target.name}"
            self.others.append(Side("before", name, was.tree, None))
        self._follow()
        self.sides_changed.emit()

    def _is_reloaded(self, was: "OpenedModel") -> bool:
        """Whether the open model is `was` from a file that was loaded again, small and complete."""
        model, source = self._session.model, self._session.source
        if model is None or source is None or source.kind != "file":
            return False
        is_small = was.tree.is_complete and len(was.tree) <= _MOST_NODES_KEPT
        return is_small and (was.path, was.target.name) == (model.path, model.target.name)

    def _follow(self) -> None:
        """Compare again where one side was the model that was open; end what has lost a side."""
        sides = (self.before, self.after)
        if all(side is None for side in sides):
            return
        opened = self.open_side
        still: list[Side | None] = []
        for side in sides:
            if side is not None and side.kind == "open":
                still.append(opened)
            else:
                known = side in self.snapshots or side in self.others
                still.append(side if known else None)
        before, after = still
        if before is None or after is None:
            self.clear()
        elif before is not sides[0] or after is not sides[1]:
            self.compare(before, after)

    def _on_tree_grew(self) -> None:
        model = self._session.model
        if model is not None and model.tree.is_complete:
            self._seen = model, self._session.model_holder
            self._follow()
            self.sides_changed.emit()


def _aligned(before: "ModelTree", after: "ModelTree") -> "DifferenceTable":
    from eqxviz.session.alignment import align
    from eqxviz.session.difference_table import DifferenceTable

    return DifferenceTable(align(before, after))


def _why_no_values(before: Side, after: Side) -> str:
    for side in (before, after):
        if side.holder is None:
            return f'Values are not compared: of "{side.title}" only the tree is known.'
    return (
        "Values are not compared: the two models are in different processes. Structure, shapes, "
        "dtypes and static values are."
    )
