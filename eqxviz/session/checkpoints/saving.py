"""Saving a part of the open model, opening weights in its place, and checkpoints of a run."""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.sources import LEAVES_FILE, whole_path

if TYPE_CHECKING:
    from eqxviz.records import Checkpoints, ModelTree, Record, Saved, SavePlan
    from eqxviz.session.selecting import SelectionPart


@dataclass(frozen=True)
class Wish:
    """A part of the open model that is to be saved, and where."""

    node: int
    path: str


class Saving:
    """What is saved, by hand and by the run itself.

    Signals:
        asked: A node, which the user wants to save; it is not known where.
        exists: A `Wish`: there is such a file already, and it was left alone.
        saved: A `Saved`.
    """

    asked = Signal(int)
    exists = Signal(object)
    saved = Signal(object)

    def __init__(self, session: "SelectionPart") -> None:
        self._session = session

    @property
    def can_save(self) -> bool:
        """Whether a process holds the open model's values."""
        session = self._session
        source = session.source
        has_values = source is not None and source.kind != "records" and not source.shapes_only
        return has_values and session.model is not None

    @property
    def node(self) -> int:
        """What is selected in the tree, the whole model without that."""
        selection = self._session.selection
        return selection.node if selection.kind == "node" else 0

    def proposed_name(self, node: int) -> str:
        """Return what a file of `node` may be called: "model.layers_0.eqx"."""
        from eqxviz.records.naming import name_of_path

        model, step = self._session.model, self._session.call_step
        if model is None:
            return f"model{LEAVES_FILE}"
        path = model.tree.path(node) or "arguments"
        return f"{name_of_path(path)}{f'_{step:06}' if step is not None else ''}{LEAVES_FILE}"

    def ask(self, node: int) -> None:
        """Have the user asked where `node` is to be saved."""
        self.asked.emit(node)

    def save(self, wish: Wish, *, replaces: bool = False) -> None:
        """Save a part of the open model. A file that is there is asked about."""
        from eqxviz.records import FILE_EXISTS, Problem, Saved, SaveLeaves

        path = whole_path(wish.path)

        def answered(answer: "Record") -> None:
            if isinstance(answer, Saved):
                self.saved.emit(answer)
            elif isinstance(answer, Problem) and answer.code == FILE_EXISTS:
                self.exists.emit(Wish(wish.node, answer.file))
            elif isinstance(answer, Problem):
                self._session.report(answer)

        self._session.ask_model(
            lambda model: SaveLeaves(model.tree.revision, wish.node, path, replaces),
            answered,
            is_kept=False,
        )

    @property
    def can_open_weights(self) -> bool:
        """Whether something makes the open model, so that its arrays can come from a file."""
        source = self._session.source
        if source is None or self._session.model is None:
            return False
        if source.kind == "run":
            return self._session.can_read_call
        return source.kind == "file" and bool(source.script)

    def open_weights(self, path: str) -> None:
        """Open the model that is open with its arrays from a file; where that fails, it stays.

        Of all arguments of a call, it is the one that the selection is in.
        """
        from eqxviz.records import ALL_VARIABLES

        source, model = self._session.source, self._session.model
        if source is None or model is None or not self.can_open_weights:
            return
        name = source.name
        if name == ALL_VARIABLES:
            name = _argument_of(model.tree, self.node)
        weights = replace(source, name=name, weights=whole_path(path), shapes_only=False)
        self._session.open_instead(weights)

    @property
    def state(self) -> "Checkpoints | None":
        """What the run saves by itself, and has saved; None if nothing was said of that."""
        run = self._session.run
        return run.checkpoints if run is not None else None

    def follow(self, plan: "SavePlan") -> None:
        """Have the run save by `plan` from its next step on."""
        from eqxviz.records import Problem

        def answered(answer: "Record") -> None:
            if isinstance(answer, Problem):
                self._session.report(answer)

        self._session.ask_run(plan, answered)


def saved_text(saved: "Saved") -> str:
    """Return what was saved in a line."""
    from eqxviz.session import formatting

    keys = f", {saved.n_keys} PRNG keys as their data" if saved.n_keys > 1 else ""
    keys = ", a PRNG key as its data" if saved.n_keys == 1 else keys
    return f"Saved {os.path.basename(saved.path)} ({formatting.n_bytes(saved.n_bytes)}{keys})"


def state_text(state: "Checkpoints | None") -> str:
    """Return in a line or two what a run saves by itself: the last step, its file, failures."""
    from eqxviz.session import formatting

    if state is None or not (state.plan.is_on or state.n_saved):
        return "The run saves nothing by itself."
    parts: list[str] = []
    if state.saved:
        last = state.saved[-1]
        took = formatting.seconds(last.write_seconds)
        waited = formatting.seconds(last.stall_seconds)
        parts.append(
            f"Saved step {last.step:,}: {last.path} ({formatting.n_bytes(last.n_bytes)}, written "
            f"in {took}; the run waited {waited})"
        )
    else:
        parts.append(f"Nothing was saved yet; it goes to {state.plan.folder}")
    if state.n_saved > 1:
        parts.append(f"{state.n_saved:,} in all, {len(state.saved):,} still there")
    if state.is_writing:
        parts.append("writing the next one")
    if state.n_failed:
        parts.append(f"{state.n_failed:,} failed: {state.failure}".rstrip(": "))
    return ". ".join(parts) + "."


def news_text(before: "Checkpoints | None", now: "Checkpoints") -> str:
    """Return what is new in a line: that a checkpoint was saved; "" if nothing is."""
    n_before = before.n_saved if before is not None else 0
    if now.n_saved == n_before or not now.saved:
        return ""
    from eqxviz.session import formatting

    last = now.saved[-1]
    took = formatting.seconds(last.write_seconds)
    return f"Saved step {last.step:,} to {Path(last.path).name} in {took}"


def _argument_of(tree: "ModelTree", node: int) -> str:
    """Return the argument of a call that a node is in; "" for the node of all of them."""
    while node > 0 and int(tree.parent[node]) > 0:
        node = int(tree.parent[node])
    return tree.path(node) if node > 0 else ""
