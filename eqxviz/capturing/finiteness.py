"""Whether everything that a call returned is finite."""

import functools
import operator
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.replay import INF, NAN
from eqxviz.capturing.results import accessor, carried_parts, tree_shape
from eqxviz.capturing.sites import Path

_MOST_NAMED = 3


class Finiteness:
    """Looks for NaN and Inf in results, and tells of them where they come up: not again after it.

    An Inf that is in the first result of a function is taken as meant, such as the -inf of a mask
    and the best loss so far, and what was so in the argument that comes back does not come up.
    """

    def __init__(self) -> None:
        # By function: what was not finite in its last result, by path.
        self._last: dict[int, dict[Path, int]] = {}

    def news(self, function: int, look: "Look", arguments: tuple[Any, ...]) -> str:
        """Return what is not finite in a result and was before: "" for nothing.

        It waits for the result. `arguments` are those that the call was given.
        """
        codes, result = look.codes(), look.result
        last = self._last.get(function)
        self._last[function] = {}
        if not codes:
            return ""
        paths = [tuple(map(accessor, keys)) for keys, _ in jtu.tree_flatten_with_path(result)[0]]
        self._last[function] = {paths[i]: code for i, code in codes.items()}
        if last is not None:
            codes = {i: code & ~last.get(paths[i], 0) for i, code in codes.items()}
        meant = INF if last is None else 0
        wanted = {i for i, code in codes.items() if code}
        before = _codes_before(result, arguments, paths, wanted, meant)
        new = [i for i, code in codes.items() if code & ~before.get(i, meant)]
        return _told(result, new) if new else ""


class Look:
    """A look at each array of a result, which is computed while others wait for the result."""

    def __init__(self, result: Any) -> None:
        self.result = result
        leaves = jtu.tree_leaves(result)
        self._leaves = [(i, leaf) for i, leaf in enumerate(leaves) if _can_be_checked(leaf)]
        self._are_finite = _begun_on_each(_all_finite, [leaf for _, leaf in self._leaves])

    def codes(self) -> dict[int, int]:
        """Return NAN, INF or both for each of the leaves that is not finite. It waits for them."""
        are_finite = _values(self._are_finite)
        if all(are_finite):
            return {}
        bad = [at for at, ok in zip(self._leaves, are_finite, strict=True) if not ok]
        codes = _values(_begun_on_each(_all_codes, [leaf for _, leaf in bad]))
        return {i: code for (i, _), code in zip(bad, codes, strict=True)}


def _can_be_checked(leaf: Any) -> bool:
    if not isinstance(leaf, jax.Array) or compat.is_tracer(leaf):
        return False
    return (
        compat.is_inexact_dtype(leaf.dtype) and not leaf.is_deleted() and leaf.is_fully_addressable
    )


def _begun_on_each(program: Callable[..., Any], arrays: Sequence[Any]) -> list[Any]:
    """Begin a program that takes several arrays and says something of each; return its results."""
    if not arrays:
        return []
    try:
        return [program(arrays)]
    except ValueError:  # they are on several devices
        return [program([array]) for array in arrays]


def _values(results: Sequence[Any]) -> list[Any]:
    """Return the elements of each of `results`, which are waited for."""
    return [value for result in results for value in np.asarray(result).tolist()]


@jax.jit
def _all_finite(arrays: list[jax.Array]) -> jax.Array:
    return jnp.stack([jnp.isfinite(array).all() for array in arrays])


@jax.jit
def _all_codes(arrays: list[jax.Array]) -> jax.Array:
    return jnp.stack(
        [jnp.isnan(array).any() * NAN + jnp.isinf(array).any() * INF for array in arrays]
    )


def _codes_before(
    result: Any,
    arguments: tuple[Any, ...],
    paths: Sequence[Path],
    wanted: set[int],
    meant: int,
) -> dict[int, int]:
    """Return for the leaves `wanted` what was not finite in the argument that they renew.

    Where several arguments may be that, such as a gradient beside its weight, in each of them; what
    may be `meant`, in any. Leaves that renew none are left out.
    """
    before: dict[int, int] = {}
    if not wanted:
        return before
    for prefix, argument in carried_parts(result, arguments).items():
        within = [i for i, path in enumerate(paths) if path[: len(prefix)] == prefix]
        alike = [a for a in arguments if tree_shape(a) == tree_shape(argument)]
        for i, *leaves in zip(within, *map(jtu.tree_leaves, alike), strict=True):
            if i in wanted:
                codes = [Look(leaf).codes().get(0, 0) for leaf in leaves]
                in_any = functools.reduce(operator.or_, codes)
                before[i] = functools.reduce(operator.and_, codes) | in_any & meant
    return before


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
