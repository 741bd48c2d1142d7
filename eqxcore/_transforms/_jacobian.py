"""Derivatives of functions of PyTrees in all directions at once: Jacobians and Hessians."""

from typing import Any

import jax

from eqxcore._filters import combine, is_array, is_inexact_array, partition
from eqxcore._module import field, module_update_wrapper
from eqxcore._transforms._grad import value_and_aux
from eqxcore._transforms._naming import function_name
from eqxcore._transforms._wrapped import WrappedFunction
from eqxcore._types import summary


class _JacobianWrapper(WrappedFunction):
    has_aux: bool = field(static=True)
    reverse: bool = field(static=True)

    def __call__(self, x: Any, /, *args: Any, **kwargs: Any) -> Any:
        differentiable, other = partition(x, is_inexact_array)
        if not jax.tree_util.tree_leaves(differentiable):
            raise ValueError(
                "A Jacobian or Hessian is taken in the floating-point and complex arrays of the "
                f"first argument, and it holds none: it is {summary(x)}. Python numbers are not "
                "differentiated; make an array of them with `jnp.asarray`."
            )
        static_aux: Any = None

        def function(differentiable: Any) -> Any:
            nonlocal static_aux
            out = self.fun(combine(differentiable, other), *args, **kwargs)
            if not self.has_aux:
                return out
            value, aux = value_and_aux(self.fun, out)
            aux, static_aux = partition(aux, is_array)
            return value, aux

        transform = jax.jacrev if self.reverse else jax.jacfwd
        try:
            result = transform(function, has_aux=self.has_aux)(differentiable)
        except TypeError as error:
            if "not a valid JAX type" in str(error):
                error.add_note(
                    f"`{function_name(self.fun)}` must return arrays alone to have a Jacobian. "
                    "Return the rest as the second of a pair, and give `has_aux=True`."
                )
            raise
        if self.has_aux:
            jacobian, aux = result
            return jacobian, combine(aux, static_aux)
        return result

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        name = "filter_jacrev" if self.reverse else "filter_jacfwd"
        return name, {"has_aux": True} if self.has_aux else {}


def filter_jacfwd(fun: Any, has_aux: bool = False) -> Any:
    """Return a function that computes the Jacobian of `fun` in its first argument, forwards.

    The derivative is taken in every floating-point or complex array of that argument, a PyTree: the
    result has the structure of what `fun` returns, and in the place of each of its arrays the
    structure of the argument, with `None` for all other leaves. What `fun` returns must be of types
    that JAX knows.

    Args:
        has_aux: `fun` returns a pair, the value to differentiate and anything else; the result is
            then a pair too, `(jacobian, aux)`.

    Raises:
        ValueError: When the result is called: if the argument holds nothing to differentiate in.
    """
    return module_update_wrapper(_JacobianWrapper(fun, has_aux, False))


def filter_jacrev(fun: Any, has_aux: bool = False) -> Any:
    """Return a function that computes the Jacobian of `fun` in its first argument, backwards.

    As `filter_jacfwd`, which is faster where there are fewer inputs than outputs; this one is where
    there are more.
    """
    return module_update_wrapper(_JacobianWrapper(fun, has_aux, True))


def filter_hessian(fun: Any, has_aux: bool = False) -> Any:
    """Return a function that computes the Hessian of `fun` in its first argument.

    It is the Jacobian of the Jacobian; see `filter_jacfwd`, also for `has_aux`.
    """
    return filter_jacfwd(filter_jacrev(fun, has_aux), has_aux)
