"""What the user's jitted functions compute: their jaxprs, traced again for what they were given."""

import time
from dataclasses import dataclass
from typing import Any

from eqxviz.analysis import compat
from eqxviz.analysis.tracing import argument_names, trace
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Call, Function, Line
from eqxviz.doctor.watching.differentiating import Differentiation, differentiations_noted


@dataclass(frozen=True, eq=False)
class SeenTrace:
    """A traced call.

    Its jaxpr has one input for each array of the arguments, and mostly a single equation: the call
    of what is jitted.
    """

    call: Call
    jaxpr: compat.OpenJaxpr
    input_names: list[str]  # of each input: "model.layers[0].weight"
    output_names: list[str]  # of each output, its path in the result: "[0].weight"
    seconds: float  # that it took to trace it
    differentiations: list[Differentiation]  # that are made within it


class Traces:
    """The jaxprs of functions, each traced once, when it is first asked for."""

    def __init__(self, user_code: UserCode) -> None:
        self._user_code = user_code
        self._known: dict[int, SeenTrace | None] = {}

    def of(self, function: Function) -> SeenTrace | None:
        """Return the first call of `function`, traced; None where there is none, or it raises."""
        number = function.seen.id
        if number not in self._known:
            self._known[number] = self._traced(function.calls[0]) if function.calls else None
        return self._known[number]

    def line_of(self, equation: Any) -> Line | None:
        """Return the innermost line of the user's that made an equation, None for none."""
        for code, offset in compat.frames_of(equation):
            if self._user_code.is_user(code.co_filename):
                return Line(code.co_filename, compat.line_of(code, offset))
        return None

    def _traced(self, call: Call) -> SeenTrace | None:
        names = argument_names(call.target, len(call.args))
        began = time.perf_counter()
        try:
            with differentiations_noted(self._user_code, call.at) as differentiations:
                given = call.target, call.args, dict(call.kwargs)
                traced = trace(*given, names, "", names_modules=False)
        except Exception:  # noqa: BLE001 - the user's code; it was traced once, and has told of it
            return None
        apart = sum(each.seconds for each in differentiations)
        return SeenTrace(call, *traced, time.perf_counter() - began - apart, differentiations)
