"""Functions of PyTrees whose gradient is computed by rules of one's own."""

import functools
import warnings
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from eqxcore._filters import combine, is_array, is_inexact_array, partition
from eqxcore._pretty import tree_pformat
from eqxcore._transforms._result import packed, unpacked
from eqxcore._transforms._rules import as_array, unless_zero
from eqxcore._tree import path_name
from eqxcore._types import summary


class filter_custom_vjp:  # noqa: N801 - the public name
    """A function whose gradient is computed by the rules given to `def_fwd` and `def_bwd`.

    As `jax.custom_vjp`, except that arguments, results and residuals may be any PyTrees, and that
    only the first argument, `vjp_arg`, is differentiated: pack several into a tuple. The rules are
    given all arguments of the call::

        @filter_custom_vjp
        def fn(vjp_arg, *args, **kwargs):
            return out

        @fn.def_fwd
        def fn_fwd(perturbed, vjp_arg, *args, **kwargs):
            return out, residuals

        @fn.def_bwd
        def fn_bwd(residuals, grad_out, perturbed, vjp_arg, *args, **kwargs):
            return grad_vjp_arg

    `perturbed` is like `vjp_arg`, with `True` for each leaf that is being differentiated and
    `False` for all others. `grad_out` is like `out`, with `None` for what has no gradient.
    `grad_vjp_arg` must be like `vjp_arg`, with gradients for its floating-point arrays, or `None`
    for zero, and anything for all other leaves.
    """

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn
        self._fwd: Callable[..., Any] | None = None
        self._bwd: Callable[..., Any] | None = None
        functools.update_wrapper(self, fn, updated=())  # pyright: ignore - any object will do

    def __repr__(self) -> str:
        return f"filter_custom_vjp({tree_pformat(self._fn)})"

    def def_fwd(self, fn_fwd: Callable[..., Any]) -> None:
        """Set the rule of the forward pass, which returns the result and the residuals."""
        self._fwd = fn_fwd

    def def_bwd(self, fn_bwd: Callable[..., Any]) -> None:
        """Set the rule of the backward pass, which returns the gradient of the first argument."""
        self._bwd = fn_bwd

    def defvjp(self, fn_fwd: Callable[..., Any], fn_bwd: Callable[..., Any]) -> None:
        """Set both rules, as ones that are not given `perturbed`, but zeros instead of `None`.

        Deprecated: use `def_fwd` and `def_bwd`, whose rules can save the work.
        """
        warnings.warn(
            "`filter_custom_vjp.defvjp` is deprecated in favour of `.def_fwd` and `.def_bwd`. The "
            "new rules take an argument `perturbed`, which tells what needs a gradient, and `None` "
            "is also passed as the gradient of floating-point arrays that have none; to the old "
            "ones an array of zeros is.",
            UserWarning,
            stacklevel=2,
        )

        def fwd(perturbed: Any, vjp_arg: Any, *args: Any, **kwargs: Any) -> Any:
            out, residuals = fn_fwd(vjp_arg, *args, **kwargs)
            moving, _ = partition(out, is_inexact_array)
            return out, (residuals, jax.eval_shape(lambda: moving))

        def bwd(saved: Any, grad_out: Any, perturbed: Any, *args: Any, **kwargs: Any) -> Any:
            residuals, shapes = saved
            filled = combine(grad_out, jtu.tree_map(jnp.zeros_like, shapes))
            return fn_bwd(residuals, filled, *args, **kwargs)

        self.def_fwd(fwd)
        self.def_bwd(bwd)

    def __call__(self, vjp_arg: Any, /, *args: Any, **kwargs: Any) -> Any:
        name = getattr(self, "__name__", repr(self._fn))
        fwd, bwd = self._fwd, self._bwd
        if fwd is None or bwd is None:
            raise RuntimeError(
                f"`def_fwd` or `def_bwd` not yet called for {name}: it was wrapped by "
                "`filter_custom_vjp`, which needs both rules before it is called. Define them with "
                f"`@{name}.def_fwd` and `@{name}.def_bwd`."
            )
        dynamic, static = partition((vjp_arg, args, kwargs), is_array)
        static_out: Any = None

        def split(out: Any) -> Any:
            nonlocal static_out
            dynamic_out, static_out = partition(out, is_array)
            return dynamic_out

        def function(dynamic: Any) -> Any:
            vjp_arg, args, kwargs = combine(dynamic, static)
            return split(self._fn(vjp_arg, *args, **kwargs))

        def forward(primals: Any) -> Any:
            values = jtu.tree_map(lambda primal: as_array(primal.value), primals)
            moves = jtu.tree_map(lambda primal: primal.perturbed, primals)
            _refuse_perturbed(name, *moves[1:])
            inputs = combine(values, static)
            perturbed = jtu.tree_map(
                lambda leaf, moves: bool(moves and is_inexact_array(leaf)),
                inputs[0],
                combine(moves[0], jtu.tree_map(lambda _: False, static[0])),
            )
            try:
                out = fwd(perturbed, inputs[0], *inputs[1], **inputs[2])
            except TypeError as error:
                _note_call(error, f"forward rule of `{name}` is called as `rule(perturbed, ")
                raise
            if not (isinstance(out, tuple | list) and len(out) == 2):
                raise TypeError(
                    f"The forward rule of `{name}` must return a pair, the result and the "
                    f"residuals; it returned {summary(out)}."
                )
            return split(out[0]), packed((out[1], values, perturbed))

        def backward(saved: Any, cotangents: Any) -> Any:
            residuals, values, perturbed = unpacked(saved)
            vjp_arg, args, kwargs = combine(values, static)
            moving = jtu.tree_map(unless_zero, cotangents)
            try:
                gradient = bwd(residuals, moving, perturbed, vjp_arg, *args, **kwargs)
            except TypeError as error:
                called = f"backward rule of `{name}` is called as `rule(residuals, grad_out, "
                _note_call(error, called + "perturbed, ")
                raise
            gradient = _gradient_of_arrays(name, gradient, vjp_arg)
            return ((gradient, *jtu.tree_map(lambda _: None, dynamic[1:])),)

        # JAX's messages name these.
        function.__name__, forward.__name__ = name, f"forward rule of {name}"
        backward.__name__ = f"backward rule of {name}"
        custom = jax.custom_vjp(function)
        custom.defvjp(forward, backward, symbolic_zeros=True)
        return combine(custom(dynamic), static_out)


def _note_call(error: TypeError, called: str) -> None:
    """Add how a rule is called, if it could not be."""
    entered = error.__traceback__ is None or error.__traceback__.tb_next is not None
    if not entered:
        error.add_note(f"The {called}vjp_arg, *args, **kwargs)`.")


def _is_none(node: Any) -> bool:
    return node is None


def _refuse_perturbed(name: str, args: Any, kwargs: Any) -> None:
    """Raise an error if anything but the first argument is differentiated."""
    moving = [
        f"{group}{path_name(path)}"
        for group, tree in (("args", args), ("kwargs", kwargs))
        for path, moves in jtu.tree_leaves_with_path(tree)
        if moves
    ]
    if moving:
        raise RuntimeError(
            "Unexpected tangent. `*args` and `**kwargs` to `filter_custom_vjp` cannot be "
            f"autodifferentiated, but `{name}` was differentiated in {', '.join(moving)} (counted "
            "after the first argument). Pack what is differentiated into the first argument, or "
            "use `jax.lax.stop_gradient`."
        )


def _gradient_of_arrays(name: str, gradient: Any, vjp_arg: Any) -> Any:
    """Return the gradient a rule returned, without what is there for other leaves than arrays.

    Raises:
        RuntimeError: If it is not like the argument.
        ValueError: If a gradient has another shape than its array.
    """
    paths, structure = jtu.tree_flatten_with_path(vjp_arg, is_leaf=_is_none)
    try:
        given = structure.flatten_up_to(gradient)
    except ValueError:
        raise _unlike(name, gradient, vjp_arg) from None
    kept = []
    for (path, leaf), each in zip(paths, given, strict=True):
        if each is None or not is_inexact_array(leaf):
            kept.append(None)
        elif not jtu.all_leaves([each]):
            raise _unlike(name, gradient, vjp_arg)
        elif jnp.shape(each) != leaf.shape:
            raise ValueError(
                f"The backward rule of `{name}` returned a gradient of shape {jnp.shape(each)} for "
                f"`vjp_arg{jtu.keystr(path)}`, whose shape is {leaf.shape}. They must be the same."
            )
        else:
            kept.append(each)
    return structure.unflatten(kept)


def _unlike(name: str, gradient: Any, vjp_arg: Any) -> RuntimeError:
    return RuntimeError(
        f"The backward rule of `{name}` must return a gradient with the structure of its first "
        "argument, with `None` for zero and for what has no gradient, but the argument is\n"
        f"{tree_pformat(vjp_arg)}\nand the gradient\n{tree_pformat(gradient)}"
    )
