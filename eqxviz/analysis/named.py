"""Several PyTrees as one, each under the name of its variable."""

from collections.abc import Iterable, Mapping
from typing import Any

from eqxviz.analysis import compat


class Variables:
    """PyTrees by name. As the root of a tree called "", paths read `model.layers[0].weight`."""

    def __init__(self, names: Iterable[str], values: Iterable[Any]) -> None:
        self.names = tuple(names)
        self.values = tuple(values)

    def __repr__(self) -> str:
        pairs = zip(self.names, self.values, strict=True)
        return "\n".join(f"{name} = {value!r}" for name, value in pairs)


class _Name:
    """The key of a variable: its name as it is, where an attribute would have a dot."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"_Name({self._name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Name) and other._name == self._name

    def __hash__(self) -> int:
        return hash(self._name)


def named_trees(trees: Mapping[str, Any]) -> Variables:
    """Return one PyTree whose children are `trees`, in their order."""
    return Variables(tuple(trees), tuple(trees.values()))


def _flatten(
    variables: Variables,
) -> tuple[tuple[tuple[_Name, Any], ...], tuple[str, ...]]:
    pairs = zip(variables.names, variables.values, strict=True)
    return tuple((_Name(name), value) for name, value in pairs), variables.names


compat.tree_util.register_pytree_with_keys(Variables, _flatten, Variables)
