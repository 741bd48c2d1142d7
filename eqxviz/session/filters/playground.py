"""The filter playground: a filter spec over the open model, and what it makes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psygnal import Signal

from eqxviz.session.filters.filter_spec import EXCLUDE, INCLUDE, USUAL, FilterSpec, can_be_trained
from eqxviz.session.filters.predicates import Predicate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eqxviz.records import ModelTree, OpenedModel, Problem
    from eqxviz.session.filters.code_masks import CodeMasks
    from eqxviz.session.filters.halves import Halves
    from eqxviz.session.filters.spec_warnings import SpecWarning
    from eqxviz.session.opening import ModelPart
    from eqxviz.session.outline.tree_order import TreeOrder

CodeName = Literal["spec", "partition", "stop_gradient"]
_LONGEST_PAST = 500
_LARGE = 50_000  # nodes: the order of more is worked out in a thread
_MOST_SIBLINGS = 100_000  # among which a child that moved is looked for


@dataclass(frozen=True)
class Preset:
    """A filter that is often wanted; with `of_selection`, that decides at the selected node."""

    title: str
    base: Predicate
    of_selection: Predicate | None = None


PRESETS = (
    Preset("Train every floating-point array", USUAL),
    Preset("What filter_jit traces: all arrays", Predicate("is_array")),
    Preset("Matrices only, as for weight decay: rank 2 or more", Predicate("rank", "2")),
    Preset("Biases only", Predicate("path", ".bias")),
    Preset("Freeze the selected node only", USUAL, EXCLUDE),
    Preset("Train the selected node only", Predicate("nothing"), USUAL),
    Preset("Nothing, to begin with", Predicate("nothing")),
)


class SpecHistory:
    """The specs before the present one, and those that were undone."""

    def __init__(self) -> None:
        self.past: list[FilterSpec] = []
        self.future: list[FilterSpec] = []

    def leave(self, spec: FilterSpec) -> None:
        """Remember `spec`, which another one replaces."""
        self.past.append(spec)
        del self.past[:-_LONGEST_PAST]
        self.future.clear()

    def moved(self, at: Callable[[int], int]) -> "SpecHistory":
        """Return the history for a tree in which node `n` is node `at(n)`."""
        history = SpecHistory()
        history.past = [spec.moved(at) for spec in self.past]
        history.future = [spec.moved(at) for spec in self.future]
        return history


@dataclass(frozen=True, eq=False)
class Split:
    """What a spec makes of a tree."""

    spec: FilterSpec
    mask: "NDArray[np.bool_]"  # by node; only leaves are selected
    halves: "Halves"
    warnings: "tuple[SpecWarning, ...]"
    notes: "tuple[Problem, ...]"  # what was said of the code in it

    @property
    def frozen_mask(self) -> "NDArray[np.bool_] | None":
        """Which nodes are held back though they could be trained; None: nothing was chosen yet."""
        if self.spec == FilterSpec():
            return None
        return USUAL.mask(self.halves.order) & ~self.mask


class Playground:
    """A filter spec that is being built, with undo; it follows the model that is open.

    Nothing is worked out of a model before `follow` is called, unless there is a filter to keep.

    While code runs beside the model, or after it failed, `split` is that of the last spec that
    worked.

    Signals:
        changed: Anything of it.
        asked: The user asked for a training step from elsewhere: it is to be seen.
    """

    changed = Signal()
    asked = Signal()

    def __init__(self, session: "ModelPart") -> None:
        self._session = session
        self._model: OpenedModel | None = None  # the one that is followed
        self._settled: OpenedModel | None = None  # the one that `spec` is of
        self._when_settled: Callable[[], None] | None = None
        self._history = SpecHistory()
        self.spec = FilterSpec()
        self.split: Split | None = None
        self.problem: Problem | None = None  # why `spec` is not shown
        self.order: TreeOrder | None = None
        self.codes: CodeMasks | None = None
        self.code_name: CodeName = "spec"  # the code that is asked for
        session.model_changed.connect(self._on_model_changed)
        session.tree_grew.connect(self._on_model_changed)

    @property
    def is_working(self) -> bool:
        """Whether code is running beside the model."""
        return self.codes is not None and self.codes.is_working

    @property
    def frozen_mask(self) -> "NDArray[np.bool_] | None":
        """Which nodes the filter holds back though they could be trained; None: none was made."""
        return self.split.frozen_mask if self.split is not None else None

    @property
    def is_settling(self) -> bool:
        """Whether the model that is followed is being looked through: nothing can be edited."""
        return self._settled is not self._model

    @property
    def can_undo(self) -> bool:
        """Whether there is a spec to go back to."""
        return bool(self._history.past)

    @property
    def can_redo(self) -> bool:
        """Whether a spec was undone."""
        return bool(self._history.future)

    def undo(self) -> None:
        """Go back to the spec before."""
        if self.can_undo and not self.is_settling:
            self._history.future.append(self.spec)
            self._show(self._history.past.pop())

    def redo(self) -> None:
        """Take back what `undo` did."""
        if self.can_redo and not self.is_settling:
            self._history.past.append(self.spec)
            self._show(self._history.future.pop())

    def set_spec(self, spec: FilterSpec) -> None:
        """Show `spec`, which can be undone."""
        if spec != self.spec and not self.is_settling:
            self._history.leave(self.spec)
            self._show(spec)

    def run_again(self) -> None:
        """Run the code that failed once more."""
        self._show(self.spec)

    def cancel(self) -> None:
        """Give up the code that is running, and go back to the filter that is shown.

        The process that it runs in is ended, for the code may never come to an end.
        """
        if self.codes is None or not self.is_working:
            return
        self.codes.cancel()
        holder, source = self._session.model_holder, self._session.source
        if holder is not None and source is not None and source.is_replaceable:
            holder.kill()
        self._show(self.split.spec if self.split is not None else FilterSpec())

    def apply(self, preset: Preset, node: int) -> None:
        """Show a preset; `node` is the selected one."""
        spec = FilterSpec(preset.base)
        if preset.of_selection is not None and self.order is not None:
            spec = spec.edited(self.order, node, preset.of_selection)
        self.set_spec(spec)

    def edit(self, node: int, predicate: Predicate) -> None:
        """Let `predicate` decide at `node` and below."""
        codes = self.codes
        if self.order is None or codes is None or not self.can_select(node):
            return
        edited = self.spec.edited(self.order, node, predicate)
        plain = FilterSpec(edited.base, edited.edits[:-1])
        # An edit that says what holds without it is none.
        is_known = not codes.unknown(plain) and not codes.unknown(edited)
        if node > 0 and is_known and bool((codes.mask(plain) == codes.mask(edited)).all()):
            edited = plain
        self.set_spec(edited)

    def toggle(self, node: int) -> None:
        """Move `node` to the other half: out if any of it is selected, else in.

        Of what comes in only that which can be trained is selected, if there is any.
        """
        if self.split is None or not self.can_select(node):
            return
        if self.split.halves.n_selected(node):
            self.edit(node, EXCLUDE)
        else:
            self.edit(node, USUAL if self.can_freeze(node) else INCLUDE)

    def freeze(self, node: int) -> None:
        """Hold back `node`, and ask for the training step that does so."""
        self.follow()
        if self.is_settling:
            self._when_settled = lambda: self.freeze(node)
        if self.order is None or self.split is None or not self.can_freeze(node):
            return
        trains_more = bool((self.split.mask & ~USUAL.mask(self.order)).any())
        spec = FilterSpec() if trains_more else self.spec
        self.code_name = "partition"
        self.set_spec(spec.edited(self.order, node, EXCLUDE))
        self.changed.emit()
        self.asked.emit()

    def can_select(self, node: int) -> bool:
        """Whether there are leaves at or below `node`."""
        return self.order is not None and int(self.order.tree.n_leaves[node]) > 0

    def can_freeze(self, node: int) -> bool:
        """Whether there is something at or below `node` that could be trained."""
        return self.order is not None and can_be_trained(self.order.tree, node)

    def show_code(self, name: CodeName) -> None:
        """Ask for another code."""
        self.code_name = name
        self.changed.emit()

    def code(self) -> str:
        """Return the Python that is asked for, of the spec that is shown."""
        from eqxviz.session.filters import freezing, spec_code

        if self.order is None or self.split is None:
            return ""
        write = {
            "spec": spec_code.partition_code,
            "partition": freezing.partition_step,
            "stop_gradient": freezing.stop_gradient_step,
        }[self.code_name]
        library = self.codes.library if self.codes is not None else "equinox"
        return write(self.split.spec, self.order, library)

    def _show(self, spec: FilterSpec) -> None:
        self.spec, self.problem = spec, None
        if self.codes is not None:
            unknown = self.codes.unknown(spec)
            if not unknown:
                self._fill()
            for code in unknown:
                self.codes.ask(code)
        self.changed.emit()

    def _fill(self) -> None:
        """Work out what follows from the spec."""
        from eqxviz.session.filters.halves import Halves
        from eqxviz.session.filters.spec_warnings import warnings_of

        if self.order is None or self.codes is None:
            return
        mask = self.codes.mask(self.spec)
        notes = self.codes.notes_of(self.spec)
        warnings = tuple(warnings_of(self.order, mask))
        self.split = Split(self.spec, mask, Halves(self.order, mask), warnings, notes)
        self.codes.forget_all_but(self.spec)

    def _on_answer(self, codes: "CodeMasks", code: str) -> None:
        if codes is not self.codes:
            return
        if code in codes.of(self.spec):
            self.problem = codes.problems.get(code, self.problem)
            if not codes.unknown(self.spec):
                self._fill()
        self.changed.emit()

    def follow(self) -> None:
        """Take the model that is open, if it is another one and all of it has come.

        Of the same target in the same file the filter is kept, by path.
        """
        session = self._session
        model = session.model
        if session.model_state == "working" or model is self._model:
            return
        if model is not None and not model.tree.is_complete:
            return
        before, self._model = self._settled, model
        shown = self.split.spec if self.problem is not None and self.split else self.spec
        self.split = self.order = self.codes = self._when_settled = None
        if model is None:
            self._settle(None, None, SpecHistory(), FilterSpec())
            return
        is_same = before is not None and _is_same(model, before)
        kept = (self._history, shown) if is_same else (SpecHistory(), FilterSpec())

        def work() -> "tuple[TreeOrder, SpecHistory, FilterSpec]":
            return _moved(before, model.tree, *kept)

        def done(found: "tuple[TreeOrder, SpecHistory, FilterSpec]") -> None:
            if self._model is model:
                self._settle(model, *found)

        if len(model.tree) < _LARGE:
            done(work())
        else:
            session.in_background(work, done)
            self.changed.emit()

    def _on_model_changed(self) -> None:
        if self.spec != FilterSpec() or self.can_undo or self.can_redo:
            self.follow()
        elif self._session.model is not self._model:
            self._model = self._settled = self._when_settled = None
            self.split = self.order = self.codes = None

    def _settle(
        self,
        model: "OpenedModel | None",
        order: "TreeOrder | None",
        history: SpecHistory,
        spec: FilterSpec,
    ) -> None:
        """Take `model`, of which `spec` is, and show what that makes of it."""
        from eqxviz.session.filters.code_masks import CodeMasks

        before = self._settled
        if model is None or before is None or not _is_same(model, before):
            self.code_name = "spec"
        self._settled, self.order, self._history = model, order, history
        if order is not None:
            codes = CodeMasks(self._session, order, lambda code: self._on_answer(codes, code))
            self.codes = codes
            codes.ask_library()
        then, self._when_settled = self._when_settled, None
        self._show(spec)
        if then is not None:
            then()


def _moved(
    before: "OpenedModel | None", tree: "ModelTree", history: SpecHistory, spec: FilterSpec
) -> "tuple[TreeOrder, SpecHistory, FilterSpec]":
    """Return the order of `tree`, and what was of the model `before` for the nodes of `tree`."""
    from eqxviz.session.outline.tree_order import TreeOrder

    moved: dict[int, int] = {}

    def at(node: int) -> int:
        if node not in moved:
            moved[node] = same_place(before.tree, node, tree) if before is not None else -1
        return moved[node]

    order = TreeOrder(tree)
    order.prepare()
    return order, history.moved(at), spec.moved(at)


def same_place(before: "ModelTree", node: int, after: "ModelTree") -> int:
    """Return the node of `after` at the path that `node` of `before` has, -1 if there is none."""
    way: list[int] = []
    while node > 0:
        way.append(node)
        node = int(before.parent[node])
    found = 0
    for step in reversed(way):
        key = before.strings[int(before.key[step])]
        children = after.children(found)
        likely = step - int(before.first_child[int(before.parent[step])])
        near = [children[likely]] if likely < len(children) else []
        candidates = (*near, *children[:_MOST_SIBLINGS])
        found = next((c for c in candidates if after.strings[int(after.key[c])] == key), -1)
        if found < 0:
            return -1
    return found


def _is_same(model: "OpenedModel", before: "OpenedModel") -> bool:
    """Whether both are the same target of the same file."""
    return (model.path, model.target.name) == (before.path, before.target.name)
