"""How many bytes an equation reads and writes, if nothing is fused with it.

An upper estimate: all that is given and made, but for what picks a part of an array or changes one.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

from eqxviz.analysis import compat

_REFERRING = ("get", "swap", "addupdate", "masked_load", "masked_swap")
_PICKING = ("slice", "dynamic_slice", "gather")  # of the first input only what is made is read
# By primitive: which input is written into the first, and how often bytes of its size are moved.
_CHANGING = {
    "dynamic_update_slice": (1, 2),
    "scatter": (2, 2),
    **{f"scatter-{combined}": (2, 3) for combined in ("add", "sub", "mul", "min", "max")},
}


class Lifetimes:
    """Tells which arrays an equation of one jaxpr may overwrite, as XLA does.

    `carried` are the variables that a loop gives anew for each turn. What else comes from outside,
    and what is read later, has to stay as it is.
    """

    def __init__(self, jaxpr: compat.OpenJaxpr, carried: Iterable[Any]) -> None:
        self._jaxpr = jaxpr
        self._carried = frozenset(carried)
        self._last_reader: dict[Any, Any] = {}

    def end_in(self, equation: Any) -> bool:
        """Whether nobody needs the first input of `equation`, which changes a part, afterwards."""
        var = equation.invars[0]
        if compat.is_literal(var):
            return True
        if not self._last_reader:
            self._note_readers()
        return self._last_reader[var] is equation

    def _note_readers(self) -> None:
        jaxpr = self._jaxpr
        readers = [(var, e) for e in jaxpr.eqns for var in e.invars]
        readers.extend((var, None) for var in jaxpr.outvars)
        self._last_reader.update((var, e) for var, e in readers if not compat.is_literal(var))
        for var in (*jaxpr.invars, *jaxpr.constvars):
            if var not in self._carried:
                self._last_reader[var] = None


def bytes_of(
    equation: Any, read: Sequence[float], written: Sequence[float], lifetimes: Lifetimes
) -> float:
    """Return how many bytes `equation` moves, given the sizes of its inputs and outputs.

    Of an array of which a part is picked only that part counts, and the same of the array behind a
    reference. Where a part is changed it is all of the array, read and written anew, unless the
    old one is needed no more. What is no array, as a token, takes no bytes; where the size of an
    array is not known the answer is NaN.
    """
    primitive = equation.primitive.name
    if primitive in _REFERRING:
        return 2 * max([*written, *read[1:]], default=math.nan)
    if primitive in _PICKING:
        return 2 * written[0] + sum(read[1:])
    if primitive in _CHANGING and lifetimes.end_in(equation):
        part, times = _CHANGING[primitive]
        return sum(read[1:]) + (times - 1) * read[part]
    total = sum(read) + sum(written)
    if not math.isnan(total):
        return total
    variables = (*equation.invars, *equation.outvars)
    sizes = zip(variables, (*read, *written), strict=True)
    return math.fsum(size for var, size in sizes if hasattr(var.aval, "shape"))
