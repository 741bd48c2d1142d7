"""Placing PyTrees on devices."""

from typing import Any

import jax
import jax.tree_util as jtu
from jax.sharding import SingleDeviceSharding

from eqxcore._filters import combine, is_array, partition, prefix_error
from eqxcore._types import summary


def filter_shard(x: Any, device_or_shardings: Any) -> Any:
    """Return `x` with its arrays placed on a device, or spread over several.

    In a compiled function this constrains where they are computed; elsewhere they are moved.
    Everything but arrays is left as it is.

    Args:
        device_or_shardings: A device, or a `jax.sharding.Sharding`, or a PyTree of those that is a
            prefix of `x`.

    Raises:
        ValueError: If it is no prefix, or does not fit the shape of an array.
    """

    def as_sharding(each: Any) -> Any:
        return SingleDeviceSharding(each) if isinstance(each, jax.Device) else each

    arrays, rest = partition(x, is_array)
    shardings = jtu.tree_map(as_sharding, device_or_shardings)
    try:
        jtu.tree_structure(shardings).flatten_up_to(arrays)
    except ValueError:
        raise prefix_error("device_or_shardings", shardings, arrays) from None
    try:
        return combine(jax.lax.with_sharding_constraint(arrays, shardings), rest)
    except TypeError as error:
        error.add_note(
            f"`device_or_shardings` is {summary(device_or_shardings)}. Give a device, such as "
            "`jax.devices()[0]`, a `jax.sharding.Sharding`, or a PyTree of these."
        )
        raise
