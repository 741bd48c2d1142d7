"""Finding the NaN that appears where a function is differentiated."""

import traceback
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from eqxcore._errors import error_if, traced_stack
from eqxcore._filters import combine, is_array, partition
from eqxcore._pretty import tree_pformat
from eqxcore._transforms import filter_custom_vjp


def backward_nan(x: Any, name: Any = None, terminate: bool = True) -> Any:
    """Return `x`, and print it together with its cotangent when that is computed.

    Args:
        x: Any PyTree.
        name: Printed in front.
        terminate: Raise an error if there is a NaN in the cotangent, as `error_if` does, so that
            the environment variable `EQX_ON_ERROR` applies.
    """

    which = "" if name is None else f" of {name!r}"
    here = "".join(traceback.format_list(traced_stack()[-1:])).rstrip()
    msg = f"There is a NaN in the cotangent{which}, as `backward_nan` found that was given\n{here}"
    identity = filter_custom_vjp(lambda x: x)
    identity.def_fwd(lambda perturbed, x: (x, None))

    def backward(residuals: None, cotangent: Any, perturbed: Any, x: Any) -> Any:
        arrays, rest = partition((x, cotangent), is_array)

        def show(arrays: Any) -> None:
            primal, cotangent = combine(arrays, rest)
            heading = "" if name is None else f"{name}:\n"
            print(
                f"{heading}   primals={tree_pformat(primal, short_arrays=False)}\n"
                f"cotangents={tree_pformat(cotangent, short_arrays=False)}",
                flush=True,
            )

        jax.debug.callback(show, arrays, ordered=True)
        given = jtu.tree_leaves(cotangent)
        if terminate and given:
            nan = jnp.stack([jnp.isnan(each).any() for each in given]).any()
            cotangent = error_if(cotangent, nan, msg)
        return cotangent

    identity.def_bwd(backward)
    return identity(x)
