"""Running functions on several devices, each on its slice of the arguments."""

import functools
from typing import Any, Literal, get_args

import jax
import jax.numpy as jnp

from eqxcore._module import module_update_wrapper
from eqxcore._transforms._axes import FIRST
from eqxcore._transforms._jit import filter_jit
from eqxcore._transforms._stages import Lowered
from eqxcore._transforms._vmap import MappedFunction
from eqxcore._transforms._wrapped import WrappedFunction
from eqxcore._types import sentinel

_Donate = Literal["all", "warn", "none"]
_RESERVED = ("static_broadcasted_argnums", "donate_argnums")


class _Parallel(MappedFunction):
    """A function mapped over devices. It is compiled anew for each call, unless within `jit`."""

    def _map(self, function: Any, in_axes: Any, size: int) -> Any:
        devices = self.options.get("devices") or jax.local_devices(
            backend=self.options.get("backend")
        )
        if size > len(devices):
            raise ValueError(
                f"`filter_pmap` was to map an axis of size {size}, with each slice on a device of "
                f"its own, but there are only {len(devices)}: {devices}. Split the axis, or "
                "use `filter_vmap` for one of its parts."
            )

        def indexed(index: Any, mapped: list[Any], shared: list[Any]) -> Any:
            return function(mapped, shared)

        # `jax.pmap` needs something to map, even where the size of the axis is all that is given.
        return functools.partial(
            jax.pmap(
                indexed,
                in_axes=(0, *in_axes),
                out_axes=(0, None),
                axis_name=self.axis_name,
                axis_size=size,
                **self.options,
            ),
            jnp.arange(size),
        )

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        return "filter_pmap", super()._made_by()[1]


class _PmapWrapper(WrappedFunction):
    """A function that runs on several devices: compiled, and mapped inside that."""

    @property
    def _compiled(self) -> Any:
        """The `JitWrapper` of the `_Parallel`, which is the child."""
        return self.fun

    @property
    def __wrapped__(self) -> Any:
        return self._compiled.fun.__wrapped__

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        self._compiled.fun.refuse_names(kwargs)
        return self._compiled(*args)

    def lower(self, /, *args: Any, **kwargs: Any) -> Lowered:
        """Return the function lowered for such arguments; `.compile()` gives what can be called."""
        self._compiled.fun.refuse_names(kwargs)
        return self._compiled.lower(*args)

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        name, options = self._compiled.fun._made_by()
        return name, options | self._compiled._made_by()[1]


def filter_pmap(
    fun: Any = sentinel,
    *,
    in_axes: Any = FIRST,
    out_axes: Any = FIRST,
    axis_name: Any = None,
    axis_size: int | None = None,
    donate: _Donate = "none",
    **pmapkwargs: Any,
) -> Any:
    """Return `fun` compiled for several devices, of which each computes one slice.

    As `filter_vmap`, of which this has the arguments and their meaning, but the calls that are made
    at once run on a device each: no more than there are. The function is compiled as by
    `filter_jit`: arrays are traced, everything else is static. `filter_jit` of a function of arrays
    that are spread over the devices (see `filter_shard`) does more, and is to be preferred.

    Args:
        donate: Which arrays' buffers the result may reuse: `"all"`, the same with JAX's warnings
            about buffers it found no use for, `"warn"`, or `"none"`.
        pmapkwargs: Further arguments of `jax.pmap`.

    Raises:
        ValueError: If `donate` is none of these, or `pmapkwargs` holds an argument that would say
            what is static or donated. When the result is called: if axes and arguments do not fit
            each other, or there are fewer devices than slices.
        RuntimeError: When the result is called: if an argument is given by name.
    """
    if fun is sentinel:
        return functools.partial(
            filter_pmap,
            in_axes=in_axes,
            out_axes=out_axes,
            axis_name=axis_name,
            axis_size=axis_size,
            donate=donate,
            **pmapkwargs,
        )
    if donate not in get_args(_Donate):
        raise ValueError(
            f"`filter_pmap(..., donate={donate!r})`: `donate` must be one of "
            f"{', '.join(map(repr, get_args(_Donate)))}."
        )
    for name in _RESERVED:
        if name in pmapkwargs:
            raise ValueError(
                f"`pmapkwargs` cannot contain {name!r} (it was {pmapkwargs[name]!r}). "
                "`filter_pmap` traces arrays and treats everything else as static; use `donate=` "
                "for donation."
            )
    jax.pmap(lambda: None, **pmapkwargs)  # complains now about arguments it does not know
    parallel = _Parallel(fun, in_axes, out_axes, axis_name, axis_size, pmapkwargs)
    return module_update_wrapper(
        _PmapWrapper(filter_jit(module_update_wrapper(parallel), donate=donate))
    )
