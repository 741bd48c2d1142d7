"""What the results of all transformations have in common."""

from collections.abc import Callable
from typing import Any

from eqxcore._module import Module, bind_first


class WrappedFunction(Module):
    """A transformed function. It is a PyTree whose child is the function, and binds as a method."""

    fun: Callable[..., Any]

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self.fun

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else bind_first(self, instance)
