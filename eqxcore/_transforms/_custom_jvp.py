"""Functions of PyTrees whose derivative is computed by a rule of one's own."""

import functools
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
from jax.custom_derivatives import zero_from_primal

from eqxcore._filters import (
    combine,
    is_array,
    is_array_like,
    is_inexact_array,
    partition,
    prefix_error,
)
from eqxcore._pretty import tree_pformat
from eqxcore._transforms._rules import as_array, unless_zero
from eqxcore._types import summary


class filter_custom_jvp:  # noqa: N801 - the public name
    """A function whose forward derivative is computed by the rule given to `def_jvp`.

    As `jax.custom_jvp`, except that nothing needs to be said of what is not differentiated: the
    tangent of everything but floating-point arrays, and of those that happen not to be
    differentiated, is `None`. Arguments given by name are never differentiated. What the function
    returns must be of types that JAX knows; whatever else it returns has no tangent::

        @filter_custom_jvp
        def call(x, y, *, fn):
            return fn(x, y)

        @call.def_jvp
        def call_jvp(primals, tangents, *, fn):
            x, y = primals
            tx, ty = tangents  # each `None` if it is not differentiated
            return call(x, y, fn=fn), 2 * tx
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn
        self._rule: Callable[..., Any] | None = None
        functools.update_wrapper(self, fn, updated=())  # pyright: ignore - any object will do

    def __repr__(self) -> str:
        return f"filter_custom_jvp({tree_pformat(self._fn)})"

    def def_jvp(self, fn_jvp: Callable[..., Any]) -> None:
        """Set the rule: `fn_jvp(primals, tangents, **kwargs)` returns the result and its tangent.

        `primals` and `tangents` are tuples, of the arguments and of PyTrees like them. `None` in
        the tangent of the result stands for zero.
        """
        self._rule = fn_jvp

    def defjvp(self, fn_jvp: Callable[..., Any]) -> None:
        """Set the rule, as one that is given zeros for arrays that are not differentiated.

        Deprecated: use `def_jvp`, whose rule is given `None` for these, and can save the work.
        """
        warnings.warn(
            "`filter_custom_jvp.defjvp` is deprecated in favour of `.def_jvp`. To the new rule "
            "`None` is also passed as the tangent of floating-point arrays that are not "
            "differentiated; to this one an array of zeros is.",
            UserWarning,
            stacklevel=2,
        )

        def rule(primals: Any, tangents: Any, **kwargs: Any) -> Any:
            def materialise(primal: Any, tangent: Any) -> Any:
                missing = tangent is None and is_inexact_array(primal)
                return jnp.zeros_like(primal) if missing else tangent

            leaves, structure = jtu.tree_flatten(primals)
            given = structure.flatten_up_to(tangents)
            filled = [materialise(*pair) for pair in zip(leaves, given, strict=True)]
            return fn_jvp(primals, structure.unflatten(filled), **kwargs)

        self.def_jvp(rule)

    def defjvps(self, *a: Any, **kw: Any) -> None:
        """Raise an error: a rule for each argument alone is not supported."""
        raise NotImplementedError(
            "`filter_custom_jvp.defjvps` is not implemented: PyTrees have no rule for each "
            "argument alone. Give one rule for all of them to `def_jvp`."
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        name = getattr(self, "__name__", repr(self._fn))
        rule = self._rule
        if rule is None:
            raise AttributeError(
                f"No rule is defined for `{name}`: it was wrapped by `filter_custom_jvp`, and "
                f"called before a rule was given. Define one with `@{name}.def_jvp`."
            )
        dynamic, static = partition((args, kwargs), is_array)
        static_out: Any = None

        def function(dynamic: Any) -> Any:
            nonlocal static_out
            args, kwargs = combine(dynamic, static)
            # Numbers too: JAX knows them, and those that are differentiated must not be static.
            out, static_out = partition(self._fn(*args, **kwargs), is_array_like)
            return out

        def derivative(primals: Any, tangents: Any) -> Any:
            nonlocal static_out
            args, kwargs = combine(jtu.tree_map(as_array, primals[0]), static)
            arg_tangents, kwarg_tangents = jtu.tree_map(unless_zero, tangents[0])
            moving = [key for key in kwarg_tangents if jtu.tree_leaves(kwarg_tangents[key])]
            if moving:
                raise ValueError(
                    f"Received keyword tangent: `{name}` was differentiated in {moving}, given by "
                    "name. Arguments given by name to a `filter_custom_jvp` are not "
                    "differentiated: give them by position, or use `jax.lax.stop_gradient`."
                )
            out, tangents_out = _checked(name, rule(args, arg_tangents, **kwargs))
            dynamic_out, static_out = partition(out, is_array_like)
            return dynamic_out, jtu.tree_map(_materialised, out, tangents_out)

        # JAX's messages name these.
        function.__name__, derivative.__name__ = name, f"rule of {name}"
        custom = jax.custom_jvp(function)
        custom.defjvp(derivative, symbolic_zeros=True)
        return combine(custom(dynamic), static_out)


def _is_none(node: Any) -> bool:
    return node is None


class _Zero:
    """Stands for the tangent of a leaf that was given none. It is a leaf, which `None` is not."""


_zero = _Zero()


def _materialised(primal: Any, tangent: Any) -> Any:
    """Return the tangent of a leaf for JAX, which is not told of leaves it does not know."""
    if not is_array_like(primal):
        return None
    return zero_from_primal(primal, symbolic_zeros=True) if tangent is _zero else tangent


def _checked(name: str, result: Any) -> tuple[Any, Any]:
    """Return what a rule returned, with `_zero` as tangent of each leaf that was given none."""
    if not (isinstance(result, tuple | list) and len(result) == 2):
        raise TypeError(
            f"The rule of `{name}` must return a pair, the result and its tangent; it returned "
            f"{summary(result)}."
        )
    out, tangents = result

    def spread(tangent: Any, part: Any) -> Any:
        if tangent is None:
            return jtu.tree_map(lambda _: _zero, part)
        return tangent

    try:
        return out, jtu.tree_map(spread, tangents, out, is_leaf=_is_none)
    except ValueError:
        raise prefix_error("tangents_out", tangents, out, _is_none) from None
