"""What code selects of the open model: asked of the worker once, and kept."""

from collections.abc import Callable
from itertools import islice
from typing import TYPE_CHECKING

from eqxviz.session.filters.filter_spec import FilterSpec
from eqxviz.session.filters.spec_code import model_name

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eqxviz.records import Problem, Record
    from eqxviz.session.opening import ModelPart
    from eqxviz.session.outline.tree_order import TreeOrder

_MOST_KEPT = 24


class CodeMasks:
    """The masks over the nodes of one tree, by code.

    `heard` is called with the code once an answer is there: a mask, or an entry in `problems`.
    """

    def __init__(
        self, session: "ModelPart", order: "TreeOrder", heard: Callable[[str], None]
    ) -> None:
        self._session = session
        self._order = order
        self._heard = heard
        self._asked: dict[str, Callable[[], None]] = {}  # what cancels it
        self.masks: dict[str, NDArray[np.bool_]] = {}
        self.notes: dict[str, tuple[Problem, ...]] = {}
        self.problems: dict[str, Problem] = {}
        self._library = _library_of(order)

    @property
    def is_working(self) -> bool:
        """Whether an answer is due."""
        return bool(self._asked)

    @property
    def library(self) -> str:
        """The library that the model is made of, by its classes or by an answer."""
        return self._library or "equinox"

    def ask_library(self) -> None:
        """Ask for the library of a model whose classes do not tell."""
        if not self._library:
            self.ask("False")

    def of(self, spec: FilterSpec) -> list[str]:
        """Return the code that `spec` needs."""
        return spec.codes(model_name(self._order))

    def unknown(self, spec: FilterSpec) -> list[str]:
        """Return the code of `spec` that has no mask yet."""
        return [code for code in self.of(spec) if code not in self.masks]

    def mask(self, spec: FilterSpec) -> "NDArray[np.bool_]":
        """Return which nodes `spec` selects; none of its code may be unknown."""
        return spec.mask(self._order, model_name(self._order), self.masks)

    def notes_of(self, spec: FilterSpec) -> "tuple[Problem, ...]":
        """Return what was said of the code of `spec`."""
        return tuple(note for code in self.of(spec) for note in self.notes[code])

    def ask(self, code: str) -> None:
        """Let `code` run beside the model."""
        from eqxviz.records import EvaluateSpec

        if code not in self._asked:
            self.problems.pop(code, None)
            self._asked[code] = _nothing
            cancel = self._session.ask_model(
                lambda _model: EvaluateSpec(self._order.tree.revision, code),
                lambda answer: self._on_answer(code, answer),
            )
            if code in self._asked:
                self._asked[code] = cancel

    def cancel(self) -> None:
        """Wait for no answer any more."""
        for cancel in self._asked.values():
            cancel()
        self._asked.clear()

    def forget_all_but(self, spec: FilterSpec) -> None:
        """Keep the masks of `spec`, and the latest of the others."""
        wanted = {*self.of(spec)}
        others = [known for known in self.masks if known not in wanted]
        for known in islice(others, max(0, len(others) - _MOST_KEPT)):
            del self.masks[known], self.notes[known]

    def _on_answer(self, code: str, answer: "Record") -> None:
        import numpy as np

        from eqxviz.records import Problem, Severity, SpecMask

        self._asked.pop(code, None)
        leaves = self._order.leaves
        if isinstance(answer, SpecMask) and len(answer.selected) == len(leaves):
            mask = np.zeros(len(self._order.tree), np.bool_)
            mask[leaves] = answer.selected
            self.masks[code], self.notes[code] = mask, answer.notes
            self._library = self._library or answer.library
        elif isinstance(answer, SpecMask):
            self.problems[code] = Problem(
                "spec-other-leaves", Severity.ERROR, "The spec is of other leaves",
                f"JAX finds {len(answer.selected):,} leaves, the tree shows {len(leaves):,}: the "
                "model was changed since, or it is cut off.", "Open the model again.",
            )  # fmt: skip
        elif isinstance(answer, Problem):
            self.problems[code] = answer
        self._heard(code)


def _library_of(order: "TreeOrder") -> str:
    """Return the library that the classes of the tree come from, "" if they do not tell."""
    tree = order.tree
    modules = {tree.strings[int(m)].partition(".")[0] for m in tree.type_module}
    return next((library for library in ("equinox", "eqxcore") if library in modules), "")


def _nothing() -> None:
    """Cancel a question that is just being asked."""
