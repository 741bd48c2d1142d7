"""What a call means to a trace: its structure, the types of its arrays, and all other values."""

from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.compat import tree_util
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.tracing import shape_of

_PLAIN = (bool, int, float, complex, str, bytes)


class CallMeaning:
    """Tells whether calls have the same trace; of a call's arrays, it holds the types alone."""

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        names: Sequence[str],
        name: str,
    ) -> None:
        leaves, self._structure = tree_util.tree_flatten([fn, *args, *kwargs.values()])
        self._leaves = [shape_of(leaf) if is_array(leaf) else leaf for leaf in leaves]
        self._rest = (*names, *kwargs, name), len(args), _settings()

    def is_of(self, other: "CallMeaning") -> bool:
        """Whether both have the same trace. Where that is not certain, they have not."""
        if self._rest != other._rest or len(self._leaves) != len(other._leaves):
            return False
        try:
            if self._structure != other._structure:
                return False
        except ValueError:  # as two arrays are compared that the structure holds
            return False
        return all(map(_is_same, self._leaves, other._leaves))


def _settings() -> dict[str, Any]:
    """Return the settings of JAX that a trace depends on."""
    try:
        return dict(compat.settings())
    except compat.UnsupportedJaxError:
        return {"unknown": object()}


def _is_same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) in _PLAIN:
        return repr(one) == repr(other)  # 0.0 is not -0.0, and NaN is NaN
    if isinstance(one, MethodType):
        return one.__self__ is other.__self__ and one.__func__ is other.__func__
    return isinstance(one, jax.ShapeDtypeStruct) and one == other
