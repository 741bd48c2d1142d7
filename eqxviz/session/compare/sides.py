"""The models that can be compared: the open one, snapshots of it, and what is opened beside it."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.session.sources import ModelSource

if TYPE_CHECKING:
    from eqxviz.records import ModelTree, OpenedModel, Problem, Record
    from eqxviz.session.answering import Answerer
    from eqxviz.session.growing import TreeStream
    from eqxviz.session.kept import KeptModel
    from eqxviz.session.paused_call import CallPart

# Of the model before a reload nothing but the tree is known; a larger one is not kept for it.
_MOST_NODES_KEPT = 200_000


@dataclass(frozen=True, eq=False)
class Side:
    """A model that can be compared. `holder` has its objects; None: only its tree is known.

    Of a file of records, `kept` has the statistics of the arrays.
    """

    kind: Literal["open", "snapshot", "beside", "before"]
    title: str
    tree: "ModelTree"
    holder: "Answerer | None"
    n_bytes: int = 0  # what a snapshot's arrays take
    kept: "KeptModel | None" = None

    @property
    def name(self) -> str:
        """The model alone, without how it is at hand: "model.py:make"."""
        return self.title.removeprefix("open · ")


class Sides:
    """What can be compared.

    Signals:
        changed: A model came or went, or another one is open.
    """

    changed = Signal()

    def __init__(self, session: "CallPart") -> None:
        self.snapshots: list[Side] = []
        self.others: list[Side] = []  # opened beside the open model, or what it was before
        self._session = session
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
        holder, kept = _held(session.model_holder)
        title = f"open · {self.open_title}"
        return Side("open", title, session.model.tree, holder, kept=kept)

    def all(self) -> list[Side]:
        """Return what can be compared: the open model first."""
        opened = self.open_side
        return [*([opened] if opened is not None else ()), *self.snapshots, *self.others]

    @property
    def open_title(self) -> str:
        """What the open model is called: "model.py:make", "step 120 · all variables"."""
        session = self._session
        model, step = session.model, session.call_step
        target = model.target.name if model is not None else ""
        if step is not None:
            return f"step {step:,} · {target}"
        return f"{os.path.basename(session.path)}:{target}"

    def offers(self) -> list[str]:
        """Return what else of the open model's file can be compared with it: "FILE.py:NAME"."""
        model, source = self._session.model, self._session.source
        if model is None or source is None or source.kind != "file" or source.weights:
            return []
        others = (target.name for target in model.targets if target.name != model.target.name)
        return [replace(source, name=name).target for name in others]

    def take_snapshot(self, *, on_host: bool = False) -> None:
        """Keep a copy of the open model's arrays, on their device or in the host's memory."""
        from eqxviz.records import Problem, SnapshotTaken, TakeSnapshot

        title, step = self.open_title, self._session.call_step
        holder = self._session.model_holder

        def keep(side: Side) -> None:
            self.snapshots.append(side)
            self.changed.emit()

        def answered(answer: "Record") -> None:
            if isinstance(answer, Problem):
                self._session.report(answer)
            elif isinstance(answer, SnapshotTaken) and holder is not None:
                number = 1 + sum(side.title.endswith(title) for side in self.snapshots)
                name = f"snapshot {number} · {title}" if number > 1 or step is None else title
                side = Side("snapshot", name, answer.opened.tree, holder, answer.n_bytes)
                self._complete(side, holder, answer.opened, keep)

        self._session.ask_model(
            lambda model: TakeSnapshot(model.tree.revision, 0, on_host), answered
        )

    def open_beside(
        self,
        source: ModelSource,
        title: str,
        opened: Callable[[Side], None],
        failed: "Callable[[Problem], None]",
    ) -> None:
        """Open a model beside the open one; `opened` gets it, or `failed` why not.

        It goes when another model is opened in place of the open one.
        """
        from eqxviz.records import OpenedModel, Problem

        def keep(side: Side) -> None:
            self.others.append(side)
            self.changed.emit()
            opened(side)

        def answered(holder: "Answerer", answer: "Record") -> None:
            if isinstance(answer, Problem):
                failed(answer)
            elif isinstance(answer, OpenedModel):
                name = title if ":" in title else f"{title}:{answer.target.name}"
                objects, kept = _held(holder)
                side = Side("beside", name, answer.tree, objects, kept=kept)
                self._complete(side, holder, answer, keep)

        self._session.open_beside(source, answered)

    def release(self, side: Side) -> None:
        """Let go of a snapshot, or of a model that was opened beside the open one."""
        from eqxviz.records import ReleaseModels

        for sides in (self.snapshots, self.others):
            if side in sides:
                sides.remove(side)
        if side.holder is not None and side.holder.alive:
            side.holder.ask(ReleaseModels((side.tree.revision,)), lambda answer: None)
        self.changed.emit()

    def _complete(
        self, side: Side, holder: "Answerer", opened: "OpenedModel", done: Callable[[Side], None]
    ) -> None:
        """Call `done` with `side` once all of its tree is here."""
        from eqxviz.session.growing import TreeStream

        if opened.tree.is_complete:
            done(side)
            return

        def grew() -> None:
            if stream.is_over:
                self._streams.remove(stream)
                done(replace(side, tree=stream.model.tree))

        def failed(problem: "Problem") -> None:
            self._streams.remove(stream)
            self._session.report(problem)

        stream = TreeStream(holder, opened, grew, failed)
        self._streams.append(stream)

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
        self.changed.emit()

    def _on_tree_grew(self) -> None:
        model = self._session.model
        if model is not None and model.tree.is_complete:
            self._seen = model, self._session.model_holder
            self.changed.emit()

    def _is_reloaded(self, was: "OpenedModel") -> bool:
        """Whether the open model is `was` from a file that was loaded again, small and complete."""
        model, source = self._session.model, self._session.source
        if model is None or source is None or source.kind != "file":
            return False
        is_small = was.tree.is_complete and len(was.tree) <= _MOST_NODES_KEPT
        return is_small and (was.path, was.target.name) == (model.path, model.target.name)


def _held(holder: "Answerer | None") -> "tuple[Answerer | None, KeptModel | None]":
    """Return what has the objects of a model, and the file that has their statistics instead."""
    from eqxviz.session.kept import KeptModel

    return (None, holder) if isinstance(holder, KeptModel) else (holder, None)
