"""What the results of all transformations have in common."""

import abc
from collections.abc import Callable
from typing import Any

import wadler_lindig as wl

from eqxcore._module import Module, bind_first


class WrappedFunction(Module):
    """A transformed function. It is a PyTree whose child is the function, and binds as a method.

    It is printed as the call that made it.
    """

    fun: Callable[..., Any]

    @property
    def __wrapped__(self) -> Callable[..., Any]:
        return self.fun

    def __hash__(self) -> int:
        # Options are often dictionaries, which would keep `jax.jit` from taking the function.
        return hash((type(self), self.__wrapped__))

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else bind_first(self, instance)

    @abc.abstractmethod
    def _made_by(self) -> tuple[str, dict[str, Any]]:
        """Return the name of the transformation, and those of its options that were given."""

    def __pdoc__(self, **kwargs: Any) -> wl.AbstractDoc:
        name, options = self._made_by()
        return wl.bracketed(
            begin=wl.TextDoc(f"{name}("),
            docs=[wl.pdoc(self.__wrapped__, **kwargs), *wl.named_objs(options.items(), **kwargs)],
            sep=wl.comma,
            end=wl.TextDoc(")"),
            indent=kwargs["indent"],
        )
