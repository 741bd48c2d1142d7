"""What is looked at once a module has been initialised."""

import inspect
import types
import warnings
from typing import Any

import jax
import jax.tree_util as jtu
import numpy as np

from eqxcore._filters import is_array, is_array_like
from eqxcore._types import summary

# Values of these types hold nothing to warn about; most fields need no second look.
_PLAIN = frozenset({bool, int, float, complex, str, bytes, type(None)})
# Types of arrays, added as they are met: the instance check of `jax.Array` is slow, and naming its
# implementation would take a private module of JAX.
_array_types: set[type] = {np.ndarray}

_STATIC_ARRAY = (
    "A JAX array is being set as static! Field `{cls}.{name}` is static, and `{name}{path}` is "
    "{what}. Static fields are part of the structure of the PyTree: compared with `==`, hashed, "
    "and neither traced nor differentiated. {advice}"
)
_ADVICE = (
    "Drop `static=True`, and use `jax.lax.stop_gradient` or `partition` if the array is not to be "
    "trained."
)
_NUMPY_ADVICE = (
    "If it is a setting, such as a shape, store `tuple(array.tolist())`; if not, drop "
    "`static=True`."
)
_TRANSFORMED = (
    "Possibly assigning a JAX-transformed callable as an attribute on {cls}: field `{name}` holds "
    "{what}. What `jax.jit`, `jax.vmap` and their kin return is no PyTree, so the parameters "
    "inside will not be updated. Store the module and transform it where it is called, or use "
    "`filter_jit`, `filter_vmap` and so on."
)


def missing_fields(cls: type, names: list[str]) -> TypeError:
    """Return the error for fields that nothing has set."""
    quoted = ", ".join(map(repr, names))
    what = f"Field {quoted} was" if len(names) == 1 else f"Fields {quoted} were"
    example = names[0]
    owner = next((base for base in cls.__mro__ if example in inspect.get_annotations(base)), cls)
    if owner is cls:
        advice = f"Assign `self.{example} = ...` in `__init__`, give it a default"
    else:
        advice = (
            f"It is a field of `{owner.__qualname__}`: call `super().__init__(...)`, assign "
            f"`self.{example} = ...`"
        )
    return TypeError(
        f"{what} not initialized: `{cls.__qualname__}.{example}` was not set by `__init__`. "
        f"{advice}, or declare it as `{example}: ClassVar[...]` if it belongs to the class."
    )


def _wrapped_module(leaf: Any, metaclass: type) -> type | None:
    """Return the type of the module at which unwrapping the callable `leaf` ends, if it does."""
    seen = set()
    inner = leaf
    while id(inner) not in seen:
        seen.add(id(inner))
        if isinstance(type(inner), metaclass):
            # A name or the callable itself is nothing to be trained or switched.
            hidden = any(is_array_like(child) for child in jtu.tree_leaves(inner))
            return type(inner) if inner is not leaf and hidden else None
        inner = getattr(inner, "__wrapped__", inner)
    return None


def warn_about(
    cls: type, name: str, value: Any, static: bool, metaclass: type, stacklevel: int
) -> None:
    """Warn if `value` is an array in a static field, or hides a module from JAX.

    Modules are the instances of the classes whose type is `metaclass`.
    """
    kind = type(value)
    if kind in _PLAIN:
        return
    if not static:
        if kind in _array_types:
            return
        if isinstance(value, jax.Array):
            _array_types.add(kind)
            return
        if isinstance(kind, metaclass):
            return  # its own fields were looked at when it was made
        if kind is tuple or kind is list:
            for item in value:
                warn_about(cls, name, item, static, metaclass, stacklevel + 1)
            return
    # For a function, which is a leaf, there is no need to build a tree.
    leaves = [value] if kind is types.FunctionType else jtu.tree_leaves(value)
    class_name = f"{cls.__module__}.{cls.__qualname__}"
    for leaf in leaves:
        if static and is_array(leaf):
            message = _STATIC_ARRAY.format(
                cls=class_name,
                name=name,
                path=next(jtu.keystr(p) for p, x in jtu.tree_leaves_with_path(value) if x is leaf),
                what=summary(leaf),
                advice=_ADVICE if isinstance(leaf, jax.Array) else _NUMPY_ADVICE,
            )
        elif callable(leaf) and (wrapped := _wrapped_module(leaf, metaclass)) is not None:
            # Not its `repr`: it may hold the module that is being made.
            what = f"a `{type(leaf).__name__}` around a `{wrapped.__qualname__}`"
            message = _TRANSFORMED.format(cls=class_name, name=name, what=what)
        else:
            continue
        warnings.warn(message, UserWarning, stacklevel=stacklevel + 1)
        return
