"""Callables with some of their arguments given, as PyTrees."""

from collections.abc import Callable
from typing import Any

from eqxcore._module._module import Module

_new = object.__new__
_assign = object.__setattr__


class Partial(Module):
    """`functools.partial` as a PyTree, whose children are the callable and the arguments.

    `jax.tree_util.Partial` makes the callable part of the structure, which is wrong for a callable
    that is a PyTree itself, such as a layer. Here any callable may be given.
    """

    func: Callable[..., Any]
    args: tuple[Any, ...]
    keywords: dict[str, Any]

    def __init__(self, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        self.func = func
        self.args = args
        self.keywords = kwargs

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return `func(*self.args, *args, **kwargs, **self.keywords)`."""
        return self.func(*self.args, *args, **kwargs, **self.keywords)


def bind_first(func: Any, first: Any) -> Partial:
    """Return `Partial(func, first)`, faster. Wrappers bind to instances by this."""
    self = _new(Partial)
    _assign(self, "func", func)
    _assign(self, "args", (first,))
    _assign(self, "keywords", {})
    return self
