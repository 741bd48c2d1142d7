"""Seeing what the compiler leaves out."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu

from eqxcore._filters import combine, is_array, partition
from eqxcore._pretty import tree_pformat
from eqxcore._transforms import under_jit


class _LeftOut:
    def __repr__(self) -> str:
        return "<DCE'd>"


_LEFT_OUT = _LeftOut()


@dataclass(eq=False)
class _Entry:
    """One trace of a call of `store_dce`."""

    structure: Any
    #: For each array its shape, from the time when it was first computed.
    arrays: list[Any]
    rest: Any


_entries: dict[Hashable, list[_Entry]] = {}


def store_dce(x: Any, name: Hashable = None) -> Any:
    """Return `x`, and have `inspect_dce` tell which of its arrays were computed.

    The compiler leaves out what has no influence on the result ("dead code elimination"). Use this
    inside of a compiled function::

        @jax.jit
        def f(x):
            a, _ = store_dce((x**2, x + 1))
            return a

        f(1)
        inspect_dce()  # (i32[], <DCE'd>)

    Args:
        name: Of this place, for `inspect_dce` to ask for. Anything that is hashable.

    Raises:
        RuntimeError: If it is not called while a function is traced.
    """
    if not under_jit():
        raise RuntimeError(
            "`eqxcore.debug.store_dce` should be used inside of JIT: outside of compiled functions "
            "nothing is left out. Call it in the function given to `jax.jit` or `filter_jit`."
        )
    arrays, rest = partition(x, is_array)
    leaves, structure = jtu.tree_flatten(arrays)
    entry = _Entry(structure, [_LEFT_OUT] * len(leaves), rest)
    _entries.setdefault(name, []).append(entry)
    kept = [_recorded(jnp.asarray(leaf), entry, i) for i, leaf in enumerate(leaves)]
    return combine(structure.unflatten(kept), rest)


def inspect_dce(name: Hashable = None) -> None:
    """Print what became of the arrays given to `store_dce`, once for each time it was traced.

    Args:
        name: That given to `store_dce`.

    Raises:
        RuntimeError: If it is called while a function is traced.
    """
    if under_jit():
        raise RuntimeError(
            "`eqxcore.debug.inspect_dce` should be used outside of JIT: inside, nothing has been "
            "computed yet. Call it once the compiled function has returned."
        )
    jax.effects_barrier()
    entries = _entries.get(name, [])
    calls = "call" if len(entries) == 1 else "calls"
    print(f"Found {len(entries)} {calls} to `eqxcore.debug.store_dce`.")
    for i, entry in enumerate(entries):
        shapes = combine(entry.structure.unflatten(entry.arrays), entry.rest)
        print(f"Entry {i}:\n{tree_pformat(shapes, struct_as_array=True)}")


def _recorded(array: Any, entry: _Entry, i: int) -> Any:
    """Return `array`, noting its shape in `entry` when it is computed."""
    if jnp.issubdtype(array.dtype, jax.dtypes.prng_key):
        data = _recorded(jax.random.key_data(array), entry, i)
        return jax.random.wrap_key_data(data, impl=jax.random.key_impl(array))

    def record(array: Any) -> Any:
        entry.arrays[i] = jax.ShapeDtypeStruct(array.shape, array.dtype)
        return array

    @jax.custom_jvp
    def identity(array: Any) -> Any:
        shape = jax.ShapeDtypeStruct(array.shape, array.dtype)
        return jax.pure_callback(record, shape, array, vmap_method="expand_dims")

    identity.defjvps(lambda tangent, out, primal: tangent)
    return identity(array)
