"""The models that are open in a worker."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from weakref import ref

from eqxviz import analysis
from eqxviz.records import OpenedModel, Target
from eqxviz.worker import cards, rows


class Names(NamedTuple):
    """What may be named where the arguments of a call are written."""

    variables: Mapping[str, Any] = {}
    given: Mapping[str, str] = {}  # by the name of a parameter: the argument that is proposed


@dataclass(frozen=True)
class Opened:
    """A model that is open: its objects by node, and what there is beside it."""

    revision: int
    index: analysis.NodeIndex
    root: str  # the folder of the user's code
    names: Callable[[], Names] = Names

    def object_at(self, node: int) -> Any:
        """Return the object at `node`. Raises `CardError` if the tree has no such node."""
        try:
            return self.index.object_at(node)
        except IndexError as error:
            raise cards.error(
                "stale", "There is no such node", str(error), "Ask the tree that is shown now."
            ) from error


class Models:
    """The models that are open, by revision: one of each asker, or those that are compared."""

    def __init__(self) -> None:
        self._last_revision = 0
        self._opened: dict[int, Opened] = {}
        self._snapshots: set[int] = set()  # revisions of models that stay when others are closed
        self._lasting: set[int] = set()  # and of others that the script does not change, either
        self._asker: Callable[[], object] = ref(self)  # that of what is asked now
        # By whom each model was opened; None once that one is gone.
        self._askers: dict[int, Callable[[], object]] = {}
        self.unfinished: dict[Any, Any] = {}  # what a question has done so far, by what was asked

    def serve(self, asker: object) -> None:
        """What is asked from now on is asked by `asker`: a window. Others keep what they opened."""
        self._asker = ref(asker)

    def open(
        self,
        value: Any,
        path: str,
        target: Target,
        targets: tuple[Target, ...],
        root: str,
        names: Callable[[], Names] = Names,
        *,
        lasts: bool = False,
    ) -> OpenedModel:
        """Return the PyTree `value` as a record, and answer questions about it from now on.

        Where it `lasts` the script goes on and does not change it.

        The tree of a large one is incomplete: its rest is read by `ReadRows`.

        What a function or a class made is called "model". Arguments of its call may use `names`.

        Raises:
            CardError: If it is no model.
        """
        try:
            why = analysis.why_not_a_model(value)
        except BaseException as error:  # flattening is the user's code, which may raise anything
            title = f"Flattening {target.name} raised {type(error).__name__}"
            raise cards.raised(error, "not-a-model", title, path) from error
        if why:
            raise cards.error(
                "not-a-model", f"{target.name} is no model", why,
                "Open a Module, or a PyTree that holds arrays (a class becomes one as an "
                "eqxcore.Module, or registered with JAX).", path, target.line,
            )  # fmt: skip
        made = target.type in ("function", "class")
        name = "" if isinstance(value, analysis.Variables) else target.name
        index = analysis.nodes_of(value, "model" if made else name)
        self._last_revision += 1
        self._opened[self._last_revision] = Opened(self._last_revision, index, root, names)
        self._askers[self._last_revision] = self._asker
        if lasts:
            self._lasting.add(self._last_revision)
        tree = index.first_part(self._last_revision)
        inputs = rows.proposed_inputs(index) if tree.is_complete else ""
        return OpenedModel(path, target, targets, tree, inputs)

    def keep(self, copy: Any, opened: Opened, node: int) -> OpenedModel:
        """Keep a copy of what is at `node` of an open model, until it is released."""
        index = analysis.nodes_of(copy, opened.index.path(node))
        self._last_revision += 1
        revision = self._last_revision
        self._opened[revision] = Opened(revision, index, opened.root)
        self._snapshots.add(revision)
        target = Target(opened.index.path(node), "snapshot", 0)
        return OpenedModel("", target, (target,), index.first_part(revision), "")

    def release(self, revision: int) -> None:
        """Let go of one model and its arrays, if it is open."""
        self._opened.pop(revision, None)
        self._askers.pop(revision, None)
        self._snapshots.discard(revision)
        self._lasting.discard(revision)
        self.unfinished.clear()

    def close(self, *, of_all: bool = False) -> None:
        """Let go of the models of the asker, and of those who are gone, or `of_all`.

        Snapshots stay.
        """
        asker = self._asker()
        for revision, opener in tuple(self._askers.items()):
            if of_all or opener() is None or opener() is asker:
                del self._opened[revision], self._askers[revision]
                self._lasting.discard(revision)
        self.unfinished.clear()

    def all_last(self, revisions: Collection[int]) -> bool:
        """Whether nothing changes any of these while the script goes on, as with snapshots."""
        return (self._snapshots | self._lasting).issuperset(revisions)

    def opened(self, revision: int) -> Opened:
        """Return the open model of that revision. Raises `CardError` if it is not open any more."""
        opened = self._opened.get(revision)
        if opened is None:
            raise cards.error(
                "stale", "This model is not open any more",
                "Its file was loaded again since, or another one.",
                "Ask the tree that is shown now.",
            )  # fmt: skip
        return opened
