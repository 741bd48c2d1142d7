"""Answering requests about the objects of a running script, between two of its calls."""

import inspect
import sys
from typing import Any

from eqxviz.analysis import named_trees
from eqxviz.analysis.derived import Call
from eqxviz.analysis.likeness import has_arrays, n_nodes
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.tracing import argument_names
from eqxviz.capturing import Held
from eqxviz.capturing.abstract_calls import AbstractCall
from eqxviz.capturing.executables import GoneError
from eqxviz.capturing.jit import unobserved
from eqxviz.capturing.observer import Observer
from eqxviz.records import (
    ALL_VARIABLES,
    AskExecutable,
    DrawFunction,
    Lower,
    OpenModel,
    Record,
    Target,
)
from eqxviz.worker import cards
from eqxviz.worker.comparing import revisions_of
from eqxviz.worker.drawing import draw_call
from eqxviz.worker.lowering import answer_lowered
from eqxviz.worker.models import Models
from eqxviz.worker.questions import answer, answered

# The largest of a call's arguments is opened; of those that are larger than this, the first.
_MOST_NODES = 50_000


class Answers:
    """Looks into the call that waits, or into the script's module after its end."""

    def __init__(self, observer: Observer, root: str) -> None:
        self._observer = observer
        self._root = root
        self._models = Models()

    def let_go(self) -> None:
        """Hold no object of the script any longer; snapshots are copies."""
        self._models.close(of_all=True)

    def is_about_snapshots(self, request: Record) -> bool:
        """Whether `request` is about snapshots only, which the script does not change."""
        revisions = revisions_of(request)
        return bool(revisions) and self._models.are_snapshots(revisions)

    def answer(self, request: Record, call: Held | None, asker: object) -> Record:
        """Return the answer to `request` of `asker`: what it asks for, or a `Problem`."""
        self._models.serve(asker)
        return answered(request, lambda: self._work(request, call))

    def _work(self, request: Record, call: Held | None) -> Record:
        if isinstance(request, Lower):
            return answer_lowered(request, lambda drawing: self._work(drawing, call))
        if isinstance(request, DrawFunction):
            return self._draw(request, call)
        if isinstance(request, AskExecutable):
            return self._executable(request.event)
        if isinstance(request, OpenModel):
            if not request.beside:
                self._models.close()
            return self._open(request.name, call)
        return answer(self._models, request)

    def _draw(self, request: DrawFunction, call: Held | None) -> Record:
        id = request.function
        function = self._observer.functions.get(id)
        waits = call if call is not None and call.function == id else None
        # The call that waits is the one to see: it may be the first, or have other shapes.
        arguments = AbstractCall(waits.args, waits.kwargs).arguments() if waits else None
        if arguments is None and function is not None:
            arguments = function.abstract_call
        if function is None or arguments is None:
            raise cards.error(
                "no-such-function", f"No call of function {id} was seen",
                "A function is drawn at the shapes of the call that waits, or was compiled last.",
                "Choose a function that the run has called.",
            )  # fmt: skip
        target = waits.target if waits else function.target()
        if target is None:
            raise cards.error(
                "function-gone", f"{function.seen.name} does not exist any more",
                "The script has let go of it; only its totals are kept.",
                "Keep a reference to the jitted function in the script.",
                function.seen.file, function.seen.line,
            )  # fmt: skip
        args, kwargs = arguments
        drawn = Call(unobserved(target), args, kwargs, argument_names(target, len(args)))
        return draw_call(drawn, function.seen.name, self._root, request.drawn_as)

    def _executable(self, event: int) -> Record:
        try:
            return self._observer.compilations.executable(event)
        except GoneError as error:
            title = "What XLA made of this compilation cannot be looked into"
            raise cards.error("executable-gone", title, error.why, error.fix) from error

    def _open(self, name: str, call: Held | None) -> Record:
        every, file, line = _arguments(call) if call is not None else _globals()
        values = _with_arrays(every)
        if not values:
            raise cards.error(
                "nothing-to-open", "There is no PyTree with arrays here",
                "At a paused call its arguments can be opened, after the end the script's globals.",
                "Pause before a call that takes a model.", file, line,
            )  # fmt: skip
        if name and name not in (*values, ALL_VARIABLES):
            raise cards.no_such_name(name, list(values), file)
        chosen = name or max(values, key=lambda n: _weight(values[n]))
        targets = {n: Target(n, type(v).__name__, line) for n, v in values.items()}
        kind = "call" if call is not None else "script"
        targets[ALL_VARIABLES] = Target(ALL_VARIABLES, kind, line)
        value = named_trees(every) if chosen == ALL_VARIABLES else values[chosen]
        offered = tuple(targets.values())
        return self._models.open(value, file, targets[chosen], offered, self._root)


def _arguments(call: Held) -> tuple[dict[str, Any], str, int]:
    """Return the arguments by the names of their parameters."""
    if call.target is None:
        return {}, call.file, call.line
    try:
        bound = inspect.signature(call.target).bind(*call.args, **call.kwargs).arguments
    except (TypeError, ValueError):
        bound = {f"argument_{i}": arg for i, arg in enumerate(call.args)} | call.kwargs
    return bound, call.file, call.line


def _globals() -> tuple[dict[str, Any], str, int]:
    """Return the script's own names for what holds arrays."""
    main = sys.modules["__main__"]
    own = {name: value for name, value in vars(main).items() if not name.startswith("_")}
    return _with_arrays(own), getattr(main, "__file__", ""), 0


def _with_arrays(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if has_arrays(value)}


def _weight(value: Any) -> tuple[bool, int]:
    return is_module(value), n_nodes(value, _MOST_NODES)
