"""A call that a process of the user's shows: what is held of it, and how it is drawn.

JAX is imported when a call is there: who shows a tree of NumPy arrays does not wait for it.
"""

import inspect
import sys
from dataclasses import replace
from typing import Any, NamedTuple

from eqxviz.records import DrawShown, Graph, Problem, Record, ShownCall
from eqxviz.worker import cards

_PLAIN = (bool, int, float, complex, str, type(None))


class HeldCall(NamedTuple):
    """A function and its arguments; of arrays only shapes are held, of those of a Module too."""

    fn: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    name: str
    number: int  # how many the same window was told of before

    @property
    def event(self) -> Record:
        """What tells a window of it."""
        return ShownCall(self.name, self.number)


def held_call(fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> HeldCall:
    """Return what is held of `fn(*args, **kwargs)`."""
    from eqxviz.analysis import abstract

    name = getattr(fn, "__name__", "") or getattr(inspect.unwrap(fn), "__name__", "")
    named = name if isinstance(name, str) and name else type(fn).__name__
    held, shapes, named_shapes = abstract((fn, args, kwargs))
    return HeldCall(held, shapes, named_shapes, named, 0)


def draw_shown(request: DrawShown, call: HeldCall | None, root: str) -> Record:
    """Return the graph of `call`, on other arguments if `request` has such.

    Raises:
        CardError: If another function is held by now, or the arguments do not fit.
    """
    from eqxviz.analysis.derived import Call
    from eqxviz.analysis.tracing import argument_names
    from eqxviz.worker.drawing import Subject, draw_call, draw_written

    if call is None or request.number != call.number:
        raise cards.error(
            "function-gone", "The function is not held any more",
            "A process holds the function that it showed last.",
            "Call eqxviz.show_jaxpr() again.",
        )  # fmt: skip
    names = argument_names(call.fn, len(call.args))
    text, variables = _written(call, names)
    if (request.inputs and request.inputs != text) or request.batch:
        subject = Subject(call.fn, call.name, root, variables=variables)
        return draw_written(subject, request.inputs or text, request.drawn_as, request.batch)
    answer = draw_call(Call(*call[:3], names), call.name, root, request.drawn_as)
    return replace(answer, inputs=text) if isinstance(answer, Graph) else answer


def print_jaxpr(call: HeldCall, root: str) -> None:
    """Print the jaxpr of `call` where there is no window for it."""
    from eqxviz.session import listing
    from eqxviz.session.jaxpr_text import JaxprText

    request = DrawShown(0, "")
    graph = cards.answered(request, lambda: draw_shown(request, call, root))
    if isinstance(graph, Graph):
        # In one piece: other threads may print at the same time.
        sys.stdout.write("".join(f"{line}\n" for line in JaxprText(graph).whole()))
        sys.stdout.flush()
    elif isinstance(graph, Problem):
        print(listing.problem_text(graph), file=sys.stderr)


def _written(call: HeldCall, names: list[str]) -> tuple[str, dict[str, Any]]:
    """Return the arguments as text, and the values of those that it names."""
    from eqxviz.analysis.leaves import is_array
    from eqxviz.analysis.short_text import array_text

    variables: dict[str, Any] = {}

    def text_of(name: str, value: Any) -> str:
        if is_array(value):
            return array_text(value)
        if isinstance(value, _PLAIN):
            return repr(value)
        own = name if name.isidentifier() else f"argument_{len(variables)}"
        variables[own] = value
        return own

    parts = [text_of(name, value) for name, value in zip(names, call.args, strict=True)]
    parts += [f"{name}={text_of(name, value)}" for name, value in call.kwargs.items()]
    return " ".join(parts), variables
