"""Drawing a call: its arguments read or proposed, its function traced, and what can go wrong."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from eqxviz import analysis
from eqxviz.analysis.arguments import WrittenShape
from eqxviz.analysis.derived import Call, NotDrawnError, derived_call, unbound_axis
from eqxviz.analysis.inputs import Proposal, is_required, parameters_of, signature_text
from eqxviz.analysis.problems import message_of
from eqxviz.analysis.remedies import REMEDY
from eqxviz.analysis.short_text import array_text, short_text
from eqxviz.analysis.tracing import argument_names
from eqxviz.records import DrawnAs, Graph, Problem, Record, Severity
from eqxviz.worker import cards
from eqxviz.worker.lowering import made_of

_TITLES = {DrawnAs.VMAP: "vmapped", DrawnAs.GRADIENT: "gradient", DrawnAs.STEP: "training step"}
_HOW = (
    "Separate arguments by spaces: shapes as JAX writes them, f32[8,3] or i32[], a key as "
    "key<fry>[]; Python values, 0.1 or n=3 or mode='sum'; variables of the file; a dict as "
    "{'x':f32[8,3]}."
)
_MOST_SAID, _MOST_SHOWN = 300, 80  # characters: of an error, of a value


class Subject(NamedTuple):
    """What is called, and what the arguments that are written for it may name."""

    fn: Any
    title: str
    root: str  # the folder of the user's code
    given: Mapping[str, str] = {}  # by the name of a parameter: the argument that is proposed
    variables: Mapping[str, Any] = {}
    file: str = ""
    line: int = 0


def draw_written(subject: Subject, inputs: str, drawn_as: DrawnAs, batch: int) -> Record:
    """Return the graph of a call with the arguments that `inputs` writes, "" for proposed ones.

    Raises:
        CardError: If the arguments cannot be read, or do not fit.
    """
    fn, title = subject.fn, subject.title
    _refuse_other_kinds(subject)
    text = inputs or _proposed_text(subject)
    try:
        args, kwargs = analysis.parse_call(text, subject.variables)
    except ValueError as error:
        raise cards.error(
            "bad-inputs", "The inputs cannot be read", str(error), _HOW, subject.file, subject.line
        ) from error
    if why := _why_not_called(fn, args, kwargs):
        fits = _fitting(subject)
        raise cards.error(
            "bad-inputs", f"{title} does not take {text!r}",
            f"{cards.sentence(why)} It takes {signature_text(fn)}.",
            f'Give an argument for each parameter, such as "{fits}".' if fits else
            "Give an argument for each parameter that has no default, separated by spaces.",
            subject.file, subject.line,
        )  # fmt: skip
    call = Call(fn, args, kwargs, argument_names(fn, len(args)))
    answer = draw_call(call, title, subject.root, drawn_as, batch)
    if isinstance(answer, Graph):
        return replace(answer, inputs=text)
    if not isinstance(answer, Problem):
        return answer
    card = _with_what_fits(answer, subject, text, call)
    return card if inputs else replace(card, fix=f"{card.fix} {_HOW}")


def draw_call(call: Call, title: str, root: str, drawn_as: DrawnAs, batch: int = 0) -> Record:
    """Return the graph of `call`, or the card of what its tracing raised."""
    try:
        return _traced(call, title, root, drawn_as, batch)
    except NotDrawnError as error:
        what = f"No {_TITLES.get(drawn_as, 'graph')} of {title} can be drawn"
        return Problem("not-drawn", Severity.ERROR, what, str(error), error.fix)
    except Exception as error:  # noqa: BLE001 - the user's code is traced, and may raise anything
        why = f"{title} raised {type(error).__name__} while it was traced"
        return cards.raised(error, "draw-failed", why, "").card


def _traced(
    call: Call, title: str, root: str, drawn_as: DrawnAs, batch: int, axis_name: str | None = None
) -> Record:
    """Return the graph of `call`, vmapped over an axis of the name that it asks for."""
    name = title.removesuffix(".__call__")
    derived = derived_call(call, name, drawn_as, batch, axis_name)
    drawn = derived.call
    try:
        answer: Any = made_of(
            drawn.fn, drawn.args, drawn.kwargs, title=title, argument_names=drawn.names,
            project_root=root or None, name=name,
        )  # fmt: skip
    except NameError as error:
        unbound = unbound_axis(error)
        if axis_name is not None or not unbound or not batch or drawn_as is DrawnAs.FORWARD:
            raise
        return _traced(call, title, root, drawn_as, batch, unbound)
    said = _how_drawn(drawn_as, derived.objective, batch, axis_name)
    return replace(answer, title=f"{title} · {said}") if said else answer


def _how_drawn(
    drawn_as: DrawnAs, objective: Sequence[str], batch: int, axis_name: str | None
) -> str:
    """Return what of a function is drawn: "gradient of the sum, batch of 8"; "" for its call."""
    if drawn_as is DrawnAs.FORWARD:
        return ""
    said = _TITLES[drawn_as]
    for each in objective:
        said += f" on {each}" if drawn_as is DrawnAs.STEP else f" of {each}"
    if axis_name is not None:
        vmapped = "" if drawn_as is DrawnAs.VMAP else f", {_TITLES[DrawnAs.VMAP]}"
        said += f"{vmapped} over axis {axis_name!r}"
    return f"{said}, batch of {batch}" if batch else said


def not_callable(
    value: Any, title: str, fix: str, file: str = "", line: int = 0
) -> cards.CardError:
    """Return the card of what cannot be drawn, for it is no function."""
    why = f"It is {short_text(value, _MOST_SHOWN)}; a graph is traced from a call."
    return cards.error("not-callable", f"{title} cannot be called", why, fix, file, line)


def _refuse_other_kinds(subject: Subject) -> None:
    """Raise the `CardError` of what is called and yet returns no arrays."""
    kind = _odd_kind(subject.fn)
    if kind:
        raise cards.error(
            "not-drawn", f"{subject.title} is {kind}",
            "JAX traces a function from its call to what it returns; such a call returns at once, "
            "before any of its code has run.",
            "Draw a plain function, such as the one that it calls for each value.",
            subject.file, subject.line,
        )  # fmt: skip


def _odd_kind(fn: Any) -> str:
    """Return what `fn` is that JAX cannot trace: "an async function"; "" for all else."""
    for own in (fn, inspect.unwrap(fn)):
        if inspect.isasyncgenfunction(own):
            return "an async generator"
        if inspect.iscoroutinefunction(own):
            return "an async function"
        if inspect.isgeneratorfunction(own):
            return "a generator"
    return ""


def _why_not_called(fn: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Return what the signature of `fn` has against these arguments; "" for nothing."""
    try:
        inspect.signature(fn).bind(*args, **kwargs)
    except TypeError as error:
        return str(error)
    except ValueError:  # some builtins have no signature
        pass
    return ""


def _proposed_text(subject: Subject) -> str:
    """Return the arguments that are proposed; those that raise what all raise, to tell of that.

    Raises:
        CardError: If none fit.
    """
    proposal = _proposed(subject)
    if proposal.error is None or proposal.is_always:
        return proposal.text
    said = cards.sentence(f"{type(proposal.error).__name__}: {message_of(proposal.error)}")
    example = " ".join(
        subject.given.get(p.name, "f32[8,3]") for p in parameters_of(subject.fn) if is_required(p)
    )
    raise cards.error(
        "inputs-unknown", f"No inputs could be found with which {subject.title} can be called",
        f"It takes {signature_text(subject.fn)}. They are found by annotations of jaxtyping, by "
        "names of the file's variables, and by trying what the sizes of layers suggest. On "
        f"{proposal.text} it raised {said[:_MOST_SAID]}",
        f'Type its arguments, such as "{example}". {_HOW}', subject.file, subject.line,
    )  # fmt: skip


def _proposed(subject: Subject) -> Proposal:
    return analysis.proposed_call(subject.fn, subject.given, subject.variables, subject.root)


def _fitting(subject: Subject) -> str:
    """Return arguments with which the call can be traced; "" if none are known."""
    proposal = _proposed(subject)
    return proposal.text if proposal.error is None else ""


def _with_what_fits(card: Problem, subject: Subject, text: str, call: Call) -> Problem:
    """Return `card` with the arguments that were written, and those that would fit."""
    if card.code != "draw-failed" or not text:
        return card
    line = "Correct the line shown, or draw it" if card.line else "Draw it"
    fix = f"{line} on other arguments." if card.fix == REMEDY else card.fix
    card = replace(card, title=f"{card.title} on {text}", fix=fix)
    fits = _fitting(subject)
    if not fits or fits == text:
        return card
    args, kwargs = analysis.parse_call(fits, subject.variables)
    pairs = [(n, a, b) for n, a, b in zip(call.names, call.args, args, strict=False)]
    pairs += [(n, call.kwargs[n], b) for n, b in kwargs.items() if n in call.kwargs]
    shapes = [pair for pair in pairs if isinstance(pair[1], WrittenShape)]
    odd = [(n, a, b) for n, a, b in shapes if isinstance(b, WrittenShape) and not _is_alike(a, b)]
    named = "; ".join(f"{n} is {_text(a)}, and {_text(b)} fits" for n, a, b in odd)
    fix = f'Type inputs that fit: "{fits}".'
    if odd and all(a.shape[1:] == b.shape for _, a, b in odd):
        fix = f'It takes one example: type "{fits}", and draw it vmapped over a batch.'
    return replace(card, why=f"{named}. {card.why}" if named else card.why, fix=fix)


def _is_alike(a: Any, b: Any) -> bool:
    return (a.shape, a.dtype) == (b.shape, b.dtype)


def _text(shape: WrittenShape) -> str:
    return array_text(shape)
