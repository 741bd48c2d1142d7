"""Saving memory in reverse-mode differentiation by computing again."""

import functools
from collections.abc import Callable
from typing import Any

import jax

from eqxcore._filters import combine, is_array, partition
from eqxcore._module import field, module_update_wrapper
from eqxcore._transforms._result import packed, unpacked
from eqxcore._transforms._wrapped import WrappedFunction
from eqxcore._types import sentinel


class _CheckpointWrapper(WrappedFunction):
    prevent_cse: bool = field(static=True)
    policy: Callable[..., bool] | None = field(static=True)

    def __call__(self, /, *args: Any, **kwargs: Any) -> Any:
        dynamic, static = partition((self.fun, args, kwargs), is_array)

        def function(dynamic: Any) -> Any:
            fun, args, kwargs = combine(dynamic, static)
            return packed(fun(*args, **kwargs))

        checkpointed = jax.checkpoint(function, prevent_cse=self.prevent_cse, policy=self.policy)
        return unpacked(checkpointed(dynamic))

    def _made_by(self) -> tuple[str, dict[str, Any]]:
        options = {} if self.prevent_cse else {"prevent_cse": False}
        return "filter_checkpoint", options | ({"policy": self.policy} if self.policy else {})


def filter_checkpoint(
    fun: Any = sentinel,
    *,
    prevent_cse: bool = True,
    policy: Callable[..., bool] | None = None,
) -> Any:
    """Return `fun`, with its intermediate values computed again when it is differentiated.

    As `jax.checkpoint`, for any PyTrees. Without `fun`, a decorator is returned.

    Args:
        prevent_cse: Keep XLA from undoing this by merging the two computations.
        policy: Says which intermediate values may be kept; one of `jax.checkpoint_policies`.
    """
    if fun is sentinel:
        return functools.partial(filter_checkpoint, prevent_cse=prevent_cse, policy=policy)
    if policy is not None and not callable(policy):
        raise TypeError(
            f"`filter_checkpoint(..., policy={policy!r})`: `policy` must be a function, such as "
            "`jax.checkpoint_policies.dots_saveable`."
        )
    return module_update_wrapper(_CheckpointWrapper(fun, prevent_cse, policy))
