"""Drawing what a file defines, found by its name: functions, models, and what makes them."""

import os
from pathlib import Path
from typing import Any

from eqxviz.analysis.arguments import key_text
from eqxviz.analysis.inputs import is_required, parameters_of, signature_text
from eqxviz.analysis.modules import LIBRARIES, has_call
from eqxviz.records import DrawCall, OfferedCall, OfferedCalls, Record
from eqxviz.worker import cards, making, naming
from eqxviz.worker.drawing import Subject, draw_written, not_callable
from eqxviz.worker.loading import MODEL_NAMES, Candidate, UserFile, is_function
from eqxviz.worker.models import Names

_MOST_NAMED = 20
_STATE_NAMES = ("opt_state", "optimizer_state", "optimiser_state")


def draw_call(file: UserFile, request: DrawCall) -> Record:
    """Return the graph of what `request.name` means in `file`.

    Raises:
        CardError: If it means nothing that can be called, or the arguments do not fit.
    """
    subject = _subject(file, request.name, request.shapes_only)
    return draw_written(subject, request.inputs, request.drawn_as, request.batch)


def offered_calls(file: UserFile) -> OfferedCalls:
    """Return the functions of `file`, and its models that can be called."""
    values = vars(file.module)
    calls = [
        OfferedCall(name, signature_text(values[name]), line)
        for name, line in sorted(file.functions().items(), key=lambda pair: pair[1])
    ]
    models = [c.target for c in file.candidates() if _may_be_called(file, c)]
    return OfferedCalls(file.path, tuple(calls), tuple(models))


def names_of(file: UserFile) -> Names:
    """Return what the arguments of a call in `file` may name.

    Parameters of some names are proposed the variables of that name. Where there is none that is
    called a model, it is the best that the file has, or makes.
    """
    given = {name: name for name in file.variables()}
    models = [c for c in file.candidates() if c.is_of_model]
    if models:
        text = models[0].target.name
        if models[0].is_made:
            needed = [p for p in parameters_of(vars(file.module)[text]) if is_required(p)]
            text = f"{text}({', '.join(f'{p.name}={key_text()}' for p in needed)})"
        given = dict.fromkeys(MODEL_NAMES, text) | given
    return Names(vars(file.module), _first_states(file, given) | given)


def no_code(path: str) -> cards.CardError:
    """Return the card of a file that holds no functions."""
    return cards.error(
        "no-code", f"{Path(path).name} holds no functions",
        "A graph is traced from Python code; arrays alone compute nothing.",
        "Name a Python file: eqxviz graph FILE.py:FUNCTION.", path,
    )  # fmt: skip


def _subject(file: UserFile, name: str, shapes_only: bool) -> Subject:
    """Return what is to be drawn: a function itself, or a model, which its function makes first."""
    candidate = _candidate(file, name)
    value, title = None, name
    if candidate is None:
        value = naming.look_up(file.module, name)
    else:
        title = candidate.target.name
        if candidate.is_made or candidate.target.type == "part":
            make = making.shapes_of if shapes_only else making.shapes_if_possible
            value = making.called(lambda: make(candidate.make), title, file.path)
            made = vars(file.module).get(title)
            if not callable(value) and is_function(made):
                value = made  # what it makes is drawn from nothing, but itself it can be
            else:
                title = "model"
        else:
            value = candidate.make()
    line = file.line_of(name or title)
    if not callable(value):
        fix = f"Name a function or a model of the file. {_offer(file)}"
        raise not_callable(value, title, fix, file.path, line)
    variables, given = names_of(file)
    return Subject(value, title, os.path.dirname(file.path), given, variables, file.path, line)


def _candidate(file: UserFile, name: str) -> Candidate | None:
    """Return what opens as a model by that name, None for a function that makes none.

    Raises:
        CardError: If there is nothing of that name, or nothing at all.
    """
    candidates = file.candidates()
    if not name:
        try:
            return file.find("")
        except cards.CardError as error:
            if not file.functions():
                raise
            raise cards.error(
                "nothing-to-draw", "The file has no model, whose call would be drawn",
                f"A function is drawn when it is named. {_offer(file)}",
                f"Name one: {Path(file.path).name}:{next(iter(file.functions()))}.", file.path,
            ) from error  # fmt: skip
    known = next((c for c in candidates if c.target.name == name and _makes(c)), None)
    if known is not None:
        return known
    try:
        value = naming.look_up(file.module, name)
    except naming.LostNameError as error:
        if naming.made_name(name)[0] in {c.target.name for c in candidates if c.is_made}:
            return file.find(name)
        if error.missing in ("", naming.first_name(name)):
            names = [*file.functions(), *(c.target.name for c in candidates)]
            raise cards.no_such_name(name, list(dict.fromkeys(names)), file.path) from error
        return file.find(name)  # which says what of it is missing
    return file.find(name) if isinstance(value, type) else None


def _first_states(file: UserFile, given: dict[str, str]) -> dict[str, str]:
    """Return the first state of the file's optimiser, as the argument of that name."""
    values = vars(file.module)
    optimiser = next((n for n in file.variables() if _is_optimiser(values[n])), "")
    model = given.get("model") or given.get("params")
    if not optimiser or not model:
        return {}
    names = (n for n, v in values.items() if getattr(v, "__name__", "") in LIBRARIES)
    library = next(names, "")
    trained = f"{library}.filter({model}, {library}.is_inexact_array)" if library else model
    return dict.fromkeys(_STATE_NAMES, f"{optimiser}.init({trained})")


def _is_optimiser(value: Any) -> bool:
    return isinstance(value, tuple) and {"init", "update"} <= set(getattr(value, "_fields", ()))


def _makes(candidate: Candidate) -> bool:
    """Whether it is opened for what it is or makes; other functions are drawn themselves."""
    return not candidate.is_made or candidate.may_be_chosen or candidate.target.type == "class"


def _may_be_called(file: UserFile, candidate: Candidate) -> bool:
    """Whether the call of a candidate can be drawn, as far as is known before it is made."""
    value = vars(file.module).get(candidate.target.name)  # None for several variables at once
    return has_call(value) if isinstance(value, type) else callable(value)


def _offer(file: UserFile) -> str:
    """Return what of the file can be drawn, in a sentence; "" for nothing."""
    calls = offered_calls(file)
    names = list(dict.fromkeys(entry.name for entry in (*calls.calls, *calls.models)))
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return f"It has {', '.join(names[:_MOST_NAMED])}{more}." if names else ""
