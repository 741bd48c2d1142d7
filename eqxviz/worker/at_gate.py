"""Answering requests about the objects of a running script, between two of its calls."""

import sys
from dataclasses import replace
from typing import Any

from eqxviz.analysis import compat, named_trees
from eqxviz.analysis.derived import Call
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
    Evaluate,
    HaltKind,
    Lower,
    OpenModel,
    ReadStack,
    ReadVariables,
    Record,
    ReplayGradients,
    Target,
)
from eqxviz.worker import cards, naming
from eqxviz.worker.arguments import arguments, best_of, with_arrays
from eqxviz.worker.comparing import revisions_of
from eqxviz.worker.drawing import draw_call
from eqxviz.worker.files import checked_file
from eqxviz.worker.frames import FrameAnswers
from eqxviz.worker.gradients import gradients_of_kept
from eqxviz.worker.lowering import answer_lowered
from eqxviz.worker.making import made
from eqxviz.worker.models import Models
from eqxviz.worker.passing import Passing
from eqxviz.worker.questions import answer
from eqxviz.worker.replaying import Question, Replaying

_RESULT = "result"  # as what a call is offered that has returned


class Answers:
    """Looks into the call that waits, or into the script's module after its end."""

    def __init__(self, observer: Observer, root: str, frames: FrameAnswers) -> None:
        self._observer = observer
        self._root = root
        self._models = Models()
        self._passing = Passing()
        self._frames = frames
        self._replaying = Replaying(observer, self._models, root)

    def let_go(self) -> None:
        """Hold no object of the script any longer; snapshots are copies."""
        self._frames.let_go()
        self._replaying.let_go()
        self._models.close(of_all=True)

    def is_about_what_lasts(self, request: Record) -> bool:
        """Whether `request` is about models only that the script does not change: snapshots."""
        revisions = revisions_of(request)
        return bool(revisions) and self._models.all_last(revisions)

    def answer(self, request: Record, call: Held | None, asker: object) -> Record:
        """Return the answer to `request` of `asker`: what it asks for, or a `Problem`."""
        self._models.serve(asker)
        if isinstance(request, Evaluate):  # in the midst of what is traced, if anything is
            return cards.answered(request, lambda: self._frames.answer(request, call))
        with compat.outside_traces():
            if isinstance(request, Question):
                return cards.answered(request, lambda: self._replaying.answer(request, call, asker))
            return cards.answered(request, lambda: self._work(request, call))

    def _work(self, request: Record, call: Held | None) -> Record:
        if isinstance(request, Lower):
            return answer_lowered(request, lambda drawing: self._work(drawing, call))
        if isinstance(request, DrawFunction):
            return self._draw(request, call)
        if isinstance(request, AskExecutable):
            return self._executable(request.event)
        if isinstance(request, ReplayGradients):
            return gradients_of_kept(self._observer)
        if isinstance(request, OpenModel):
            if not request.beside:
                self._models.close()
            return self._open(request, call)
        if isinstance(request, (ReadStack, ReadVariables)):
            return self._frames.answer(request, call)
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

    def _open(self, request: OpenModel, call: Held | None) -> Record:
        name = request.name
        if call is None and request.frame < 0 and "," in name:
            return self._open_together(name)
        if request.frame >= 0:
            every, file, line = self._frames.trees(request.frame, name, call)
        elif call is None:
            every, file, line = _globals()
        elif call.target is None:
            every, file, line = self._frames.trees_of_user(call)
        else:
            every, file, line = arguments(call), call.file, call.line
            if call.kind is HaltKind.RETURN:
                every = {**every, _RESULT: call.result}
        values = with_arrays(every)
        if not values:
            raise cards.error(
                "nothing-to-open", "There is no PyTree with arrays here",
                "At a paused call its arguments can be opened, elsewhere the variables of a frame, "
                "after the end the script's globals.",
                "Pause before a call that takes a model.", file, line,
            )  # fmt: skip
        if name and name not in (*values, ALL_VARIABLES):
            raise cards.no_such_name(name, list(values), file)
        given = {n: v for n, v in values.items() if n != _RESULT}
        chosen = name or best_of(given or values)
        targets = {n: Target(n, type(v).__name__, line) for n, v in values.items()}
        kind = "script" if call is None else "call" if call.target is not None else "frame"
        targets[ALL_VARIABLES] = Target(ALL_VARIABLES, kind, line)
        is_passing = call is not None and call is not self._observer.gate.held
        if call is not None and is_passing:
            wanted = [chosen] if chosen != ALL_VARIABLES else list(values)
            every |= {n: self._passing.kept(call.function, n, values[n]) for n in wanted}
        value = named_trees(every) if chosen == ALL_VARIABLES else every[chosen]
        offered, notes = tuple(targets.values()), ()
        if request.weights:
            weights = checked_file(request.weights)
            value, notes = made(lambda value=value: value, chosen, file, weights, shapes_only=False)
        opened = self._models.open(
            value, file, targets[chosen], offered, self._root, lasts=is_passing
        )
        return replace(opened, notes=notes, step=self._observer.step if is_passing else -1)

    def _open_together(self, name: str) -> Record:
        """Open several globals of the ended script as one tree; they may be without arrays."""
        own, file = _own_names()
        names = naming.split_names(name)
        missing = [each for each in names if each not in own]
        if missing:
            raise cards.no_such_name(missing[0], list(with_arrays(own)), file)
        targets = {n: Target(n, type(v).__name__, 0) for n, v in with_arrays(own).items()}
        targets[ALL_VARIABLES] = Target(ALL_VARIABLES, "script", 0)
        joint = Target(name, "variables", 0)
        value = named_trees({each: own[each] for each in names})
        return self._models.open(value, file, joint, (joint, *targets.values()), self._root)


def _globals() -> tuple[dict[str, Any], str, int]:
    """Return the script's own names for what holds arrays."""
    own, file = _own_names()
    return with_arrays(own), file, 0


def _own_names() -> tuple[dict[str, Any], str]:
    """Return the script's own names with their values, and its file."""
    main = sys.modules["__main__"]
    own = {name: value for name, value in vars(main).items() if not name.startswith("_")}
    return own, getattr(main, "__file__", "")
