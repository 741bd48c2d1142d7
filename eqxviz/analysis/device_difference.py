"""How two large arrays on an accelerator differ, found there: nothing but numbers is copied."""

import functools
from typing import Any

import jax
import jax.numpy

_jax: Any = jax
_jnp: Any = jax.numpy


@functools.partial(_jax.jit, static_argnames="length")
def device_piece(a: Any, b: Any, first: Any, n_left_out: Any, *, length: int) -> tuple[Any, ...]:
    """Return a `_Piece` of `length` elements from `first` on, but for the first `n_left_out`."""
    a, b = (_jax.lax.dynamic_slice(x.reshape(-1), (first,), (length,)) for x in (a, b))
    is_in = _jnp.arange(length) >= n_left_out
    same = _jnp.all(_same_bits(a, b) | ~is_in)
    if a.dtype == _jnp.bool_ or _jnp.issubdtype(a.dtype, _jnp.integer):
        wide = a.astype(_jnp.uint8) if a.dtype == _jnp.bool_ else a
        other = b.astype(wide.dtype)
        unsigned = _jnp.dtype(f"uint{8 * wide.dtype.itemsize}")
        high, low = _jnp.maximum(wide, other), _jnp.minimum(wide, other)
        gap = (high.astype(unsigned) - low.astype(unsigned)).astype(_jnp.float32)
        x, y = wide.astype(_jnp.float32), other.astype(_jnp.float32)
        is_different = (wide != other) & is_in
        both = one = _jnp.zeros(length, _jnp.bool_)
        sizes = _jnp.maximum(_jnp.abs(x), _jnp.abs(y))
        relative = gap / sizes
    else:
        x, y = (v if v.dtype.itemsize >= 4 else v.astype(_jnp.float32) for v in (a, b))
        nan_x, nan_y = _jnp.isnan(x), _jnp.isnan(y)
        both, one = nan_x & nan_y & is_in, (nan_x ^ nan_y) & is_in
        is_different = (x != y) & ~nan_x & ~nan_y & is_in
        sizes = _jnp.maximum(_jnp.abs(x), _jnp.abs(y))
        gap = _jnp.abs(x - y)
        infinite = _jnp.isinf(_jnp.abs(x)) & _jnp.isinf(_jnp.abs(y))
        scaled = _jnp.where(_jnp.isinf(gap), _jnp.abs(x / sizes - y / sizes), gap / sizes)
        relative = _jnp.minimum(scaled, 2.0)
        relative = _jnp.where(_jnp.isinf(sizes), _jnp.where(infinite, 2.0, 1.0), relative)
    gap = _jnp.where(is_different, gap, 0)
    highest = _jnp.max(gap, initial=0)
    scale = _jnp.where((highest > 0) & _jnp.isfinite(highest), highest, 1)
    norm = scale * _jnp.sqrt(_jnp.sum(_jnp.square(gap / scale)))
    relative = _jnp.max(_jnp.where(is_different, relative, 0), initial=0)
    n_one = _jnp.sum(one)
    return same, _jnp.sum(is_different) + n_one, _jnp.sum(both), n_one, highest, relative, norm


def _same_bits(a: Any, b: Any) -> Any:
    if a.dtype == _jnp.bool_:
        return a == b
    if _jnp.issubdtype(a.dtype, _jnp.complexfloating):
        return _same_bits(a.real, b.real) & _same_bits(a.imag, b.imag)
    unsigned = _jnp.dtype(f"uint{8 * a.dtype.itemsize}")
    bits = [_jax.lax.bitcast_convert_type(x, unsigned) for x in (a, b)]
    return bits[0] == bits[1]
