"""Declaring fields: which are static, and which convert what they are given."""

import dataclasses
import inspect
import warnings
from collections.abc import Callable
from typing import Any


def field(
    *, converter: Callable[[Any], Any] | None = None, static: bool = False, **kwargs: Any
) -> Any:
    """Return a dataclass field that knows whether it is static and how to convert its value.

    Args:
        converter: Called on the value once the module has been initialised, whichever way that
            was: after a custom `__init__`, or after `__post_init__`. The argument of `__init__`
            of the same name is annotated as its first argument.
        static: Make the value part of the structure of the PyTree, not a leaf or a subtree. No
            transformation sees it; two modules have the same structure only if their static
            fields are equal. It must not hold arrays.
        kwargs: As for `dataclasses.field`.

    Raises:
        TypeError: If `converter` cannot be called.
        ValueError: If `metadata` uses the names `static` or `converter` as well.
    """
    if converter is not None and not callable(converter):
        raise TypeError(
            f"{converter!r} is not a callable object, so that `field(converter=...)` cannot "
            "convert by it. Give a function of the value, such as `jnp.asarray`."
        )
    metadata = dict(kwargs.pop("metadata", None) or {})
    own: dict[str, Any] = {"static": True} if static else {}
    if converter is not None:
        own["converter"] = converter
    for name in own:
        if name in metadata:
            raise ValueError(
                f"Cannot use metadata with `{name}` already set: `field({name}=...)` stores its "
                f"argument there, and the metadata given holds {metadata[name]!r}. Give one of the "
                f"two: `field({name}={own[name]!r})`, or another name in the metadata."
            )
    return dataclasses.field(metadata=metadata | own, **kwargs)


def static_field(**kwargs: Any) -> Any:
    """Return `field(static=True, ...)`. Deprecated."""
    warnings.warn(
        "`static_field` is deprecated in favour of `field(static=True)`.",
        UserWarning,  # as Equinox; a `DeprecationWarning` is hidden from most who should see it
        stacklevel=2,
    )
    return field(static=True, **kwargs)


def is_static(declared: "dataclasses.Field[Any]") -> bool:
    """Return `True` if the field is part of the structure of the PyTree."""
    return bool(declared.metadata.get("static", False))


def annotate_converted(cls: type, converters: dict[str, Callable[[Any], Any] | None]) -> None:
    """Annotate the arguments of `__init__` that are converted as what their converters take.

    Whoever checks types at run time checks them before they are converted.
    """
    init = vars(cls).get("__init__")
    annotations = getattr(init, "__annotations__", {})
    for name, converter in converters.items():
        if converter is not None and name in annotations:
            annotations[name] = _taken_by(converter)


def _taken_by(converter: Callable[[Any], Any]) -> Any:
    try:
        parameters = inspect.signature(converter).parameters.values()
    except (TypeError, ValueError):  # some that are written in C have none
        return Any
    annotation = next((each.annotation for each in parameters), Any)
    return Any if annotation is inspect.Parameter.empty else annotation
