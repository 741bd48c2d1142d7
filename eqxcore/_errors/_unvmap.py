"""Reductions that reduce the batch as well where they are vmapped, so that one value is left."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.extend.core import Primitive
from jax.interpreters import batching, mlir
from jax.sharding import PartitionSpec


def _reduction(name: str, reduce: Callable[[Any], Any], dtype: Any = None) -> Primitive:
    """Return a primitive that applies `reduce` to all of its operand, batches included.

    Args:
        dtype: That of the result, if it is not the operand's.
    """
    primitive = Primitive(name)

    def batch(operands: Any, _: Any) -> Any:
        return primitive.bind(*operands), None  # no batch is left

    def abstract(x: Any) -> Any:
        # Whether it varies between devices stays as it is.
        return x.update(
            shape=(),
            dtype=x.dtype if dtype is None else dtype,
            weak_type=False,
            sharding=x.sharding.update(spec=PartitionSpec()),
        )

    primitive.def_impl(reduce)
    primitive.def_abstract_eval(abstract)
    batching.primitive_batchers[primitive] = batch
    mlir.register_lowering(primitive, mlir.lower_fun(reduce, multiple_results=False))
    return primitive


unvmap_any_p = _reduction("unvmap_any", jnp.any, jnp.dtype(bool))
unvmap_all_p = _reduction("unvmap_all", jnp.all, jnp.dtype(bool))
unvmap_max_p = _reduction("unvmap_max", jnp.max)


def unvmap_any(x: Any) -> jax.Array:
    """Return whether any element of `x` is true, over all of the batch where it is vmapped."""
    return unvmap_any_p.bind(x)


def unvmap_all(x: Any) -> jax.Array:
    """Return whether all elements of `x` are true, over all of the batch where it is vmapped."""
    return unvmap_all_p.bind(x)


def unvmap_max(x: Any) -> jax.Array:
    """Return the largest element of `x`, over all of the batch where it is vmapped."""
    return unvmap_max_p.bind(x)
