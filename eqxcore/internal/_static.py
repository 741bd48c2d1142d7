"""Values as part of a PyTree's structure."""

from typing import Any

import jax.tree_util as jtu

from eqxcore._module import Module, field


class Static(Module):
    """Holds any value as part of the structure of a PyTree, so that no transformation sees it."""

    # The value is kept in parts: two are equal if their leaves and their structures are.
    _leaves: list[Any] = field(static=True)
    _treedef: Any = field(static=True)

    def __init__(self, value: Any) -> None:
        self._leaves, self._treedef = jtu.tree_flatten(value)

    @property
    def value(self) -> Any:
        """The value."""
        return self._treedef.unflatten(self._leaves)
