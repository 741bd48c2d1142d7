"""Whether everything that a call returned is finite."""

from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.capturing.results import accessor, carried_parts, tree_shape

_MOST_NAMED = 3


class Finiteness:
    """Looks for NaN and Inf in results, and tells of them where they come up: not again after it.

    What was so in the argument that comes back, such as the -inf of a mask, does not come up.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, Any], set[int]] = {}  # leaves, of function and structure

    def news(self, function: int, result: Any, arguments: tuple[Any, ...]) -> str:
        """Return what is not finite in `result` and was before: "" for nothing.

        It waits for the result. `arguments` are those that the call was given.
        """
        leaves, structure = jtu.tree_flatten(result)
        places = [i for i, leaf in enumerate(leaves) if _can_be_checked(leaf)]
        bad = {
            i
            for i, ok in zip(places, _are_finite([leaves[i] for i in places]), strict=True)
            if not ok
        }
        key = function, structure
        if not bad:
            self._known.pop(key, None)
            return ""
        new = bad - self._known.get(key, set())
        self._known[key] = bad
        new -= _bad_before(result, arguments, new)
        return _told(result, sorted(new)) if new else ""


def _can_be_checked(leaf: Any) -> bool:
    if not isinstance(leaf, jax.Array) or compat.is_tracer(leaf):
        return False
    return (
        compat.is_inexact_dtype(leaf.dtype) and not leaf.is_deleted() and leaf.is_fully_addressable
    )


def _are_finite(arrays: list[jax.Array]) -> list[bool]:
    if not arrays:
        return []
    try:
        return np.asarray(_all_finite(arrays)).tolist()
    except ValueError:  # they are on several devices
        return [bool(_all_finite([array])[0]) for array in arrays]


@jax.jit
def _all_finite(arrays: list[jax.Array]) -> jax.Array:
    return jnp.stack([jnp.isfinite(array).all() for array in arrays])


def _bad_before(result: Any, arguments: tuple[Any, ...], new: set[int]) -> set[int]:
    """Return those of the leaves `new` that were not finite in the argument that they renew.

    Where several arguments may be that, such as a gradient beside its weight, in each of them.
    """
    before: set[int] = set()
    paths = [tuple(map(accessor, keys)) for keys, _ in jtu.tree_flatten_with_path(result)[0]]
    for prefix, argument in carried_parts(result, arguments).items():
        within = [i for i, path in enumerate(paths) if path[: len(prefix)] == prefix]
        alike = [a for a in arguments if tree_shape(a) == tree_shape(argument)]
        for i, *leaves in zip(within, *map(jtu.tree_leaves, alike), strict=True):
            if i in new and all(map(_was_bad, leaves)):
                before.add(i)
    return before


def _was_bad(leaf: Any) -> bool:
    return _can_be_checked(leaf) and not _are_finite([leaf])[0]


def _told(result: Any, places: list[int]) -> str:
    found = jtu.tree_flatten_with_path(result)[0]
    texts: list[str] = []
    for keys, leaf in (found[i] for i in places[:_MOST_NAMED]):
        values = np.asarray(leaf.astype(jnp.float32) if leaf.dtype.kind == "V" else leaf)
        n_nan, n_inf = int(np.isnan(values).sum()), int(np.isinf(values).sum())
        counts = [f"{n:,} {what}" for n, what in ((n_nan, "NaN"), (n_inf, "Inf")) if n]
        of = f" of {values.size:,}" if values.size > 1 else ""
        texts.append(f"result{jtu.keystr(keys)} has {' and '.join(counts)}{of}")
    more = len(places) - _MOST_NAMED
    return "; ".join(texts) + (f"; and {more} more arrays" if more > 0 else "")
