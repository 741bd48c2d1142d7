"""Gradients with respect to PyTrees that hold more than arrays."""

import functools
from typing import Any

import jax

from eqxcore._filters import combine, is_array, is_inexact_array, partition
from eqxcore._module import field, module_update_wrapper
from eqxcore._transforms._advice import note_loss
from eqxcore._transforms._naming import function_name
from eqxcore._transforms._wrapped import WrappedFunction
from eqxcore._types import sentinel, summary


class _ValueAndGradWrapper(WrappedFunction):
    has_aux: bool = field(static=True)
    gradkwargs: dict[str, Any] = field(static=True)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        if not args:
            raise TypeError(
                f"`{function_name(self.fun)}`, wrapped by `filter_grad` or "
                "`filter_value_and_grad`, is differentiated in its first positional argument, and "
                f"was called with none. Pass it by position; given by name were {sorted(kwargs)}."
            )
        first, *rest = args
        differentiable, other = partition(first, is_inexact_array)
        static_aux: Any = None

        def function(differentiable: Any) -> Any:
            nonlocal static_aux
            out = self.fun(combine(differentiable, other), *rest, **kwargs)
            if not self.has_aux:
                return out
            value, aux = value_and_aux(self.fun, out)
            # JAX would make arrays of numbers, and may refuse the rest.
            aux, static_aux = partition(aux, is_array)
            return value, aux

        transformed = jax.value_and_grad(function, has_aux=self.has_aux, **self.gradkwargs)
        try:
            result, gradient = transformed(differentiable)
        except TypeError as error:
            note_loss(error, self.fun)
            raise
        if self.has_aux:
            value, aux = result
            result = value, combine(aux, static_aux)
        return result, gradient

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        options = {"has_aux": True} if self.has_aux else {}
        return "filter_value_and_grad", options | self.gradkwargs


def value_and_aux(fun: Any, out: Any) -> tuple[Any, Any]:
    """Return what `fun` returned with `has_aux`, after a look at it."""
    if not (isinstance(out, (tuple, list)) and len(out) == 2):
        raise TypeError(
            f"With `has_aux=True` the function `{function_name(fun)}` must return a pair, a tuple "
            f"of two: the value to differentiate, and anything else; it returned {summary(out)}. "
            "Return `value, aux`, or drop `has_aux`."
        )
    return out[0], out[1]


class _GradWrapper(_ValueAndGradWrapper):
    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        value, gradient = super().__call__(*args, **kwargs)
        return (gradient, value[1]) if self.has_aux else gradient

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        return "filter_grad", super()._made_by()[1]


def filter_value_and_grad(fun: Any = sentinel, *, has_aux: bool = False, **gradkwargs: Any) -> Any:
    """Return a function that computes `fun` and its gradient in the first argument.

    The gradient is taken in every floating-point or complex array of that argument, a PyTree, and
    has its structure, with `None` for all other leaves. Without `fun`, a decorator is returned.

    Args:
        has_aux: `fun` returns a pair, the value to differentiate and anything else; the result is
            then `((value, aux), gradient)` instead of `(value, gradient)`.
        gradkwargs: Further arguments of `jax.value_and_grad`.

    Raises:
        ValueError: If `gradkwargs` holds `argnums`.
    """
    if fun is sentinel:
        return functools.partial(filter_value_and_grad, has_aux=has_aux, **gradkwargs)
    _refuse_argnums(gradkwargs)
    return module_update_wrapper(_ValueAndGradWrapper(fun, has_aux, gradkwargs))


def filter_grad(fun: Any = sentinel, *, has_aux: bool = False, **gradkwargs: Any) -> Any:
    """Return a function that computes the gradient of `fun` in its first argument.

    As `filter_value_and_grad`, without the value: the result is the gradient, or, with `has_aux`,
    the pair `(gradient, aux)`.
    """
    if fun is sentinel:
        return functools.partial(filter_grad, has_aux=has_aux, **gradkwargs)
    _refuse_argnums(gradkwargs)
    return module_update_wrapper(_GradWrapper(fun, has_aux, gradkwargs))


def _refuse_argnums(gradkwargs: dict[str, Any]) -> None:
    if "argnums" in gradkwargs:
        raise ValueError(
            f"`argnums={gradkwargs['argnums']!r}` is not supported by `filter_grad`: the gradient "
            "is taken in the first argument. To differentiate in several, make them one: write "
            "`lambda x_and_y: fun(*x_and_y)` and pass a tuple."
        )
