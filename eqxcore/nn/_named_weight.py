"""A parameter of a layer, picked by its name."""

from typing import Any

from eqxcore._filters import is_array
from eqxcore._tree import tree_at


def named_weight(wrapper: str, layer: Any, name: str) -> Any:
    """Return the array `layer.<name>`.

    Raises:
        AttributeError: If there is no such attribute.
        ValueError: If it is no array.
    """
    try:
        weight = getattr(layer, name)
    except AttributeError as error:
        attributes = getattr(layer, "__dict__", {})
        arrays = [each for each, value in attributes.items() if is_array(value)]
        has = ", ".join(f"`{each}`" for each in arrays) or "none"
        raise AttributeError(
            f"{error}: `{wrapper}(layer, weight_name={name!r})` needs the name of an array of the "
            f"layer. Those of this `{type(layer).__name__}`: {has}."
        ) from None
    if not is_array(weight):
        raise ValueError(
            f"`{wrapper}(layer, weight_name={name!r})` needs the name of an array of the layer: "
            f"`{name}` of this `{type(layer).__name__}` is `{weight!r:.80}`."
        )
    return weight


def with_weight(layer: Any, name: str, weight: Any) -> Any:
    """Return `layer` with `weight` as its attribute `name`."""
    return tree_at(lambda tree: getattr(tree, name), layer, weight)
