"""Norms and histograms of many arrays at once, by one compiled program."""

import itertools
import threading
from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from eqxviz.analysis import compat
from eqxviz.analysis.quickly import quick_call
from eqxviz.records.dynamics import LEAST_EXPONENT, N_BINS

# JAX is annotated in part only.
_jax: Any = jax
jnp, lax = _jax.numpy, _jax.lax

# Arrays of one shape that are no larger are put together: fewer operations, quicker to compile and
# to run. Of larger ones no copy is to be made.
_SMALL = 1 << 14
# So many elements of an array are counted at most, at even distances.
_MOST_COUNTED = 1 << 14
_BIAS = 127  # of the exponent of a float32


class Program:
    """A function of flat lists of arrays, compiled for arrays like `examples` in a thread.

    `is_ready` once it can be called; `error` is why it never will be.
    """

    def __init__(self, function: Callable[..., list[Any]], examples: Sequence[Any]) -> None:
        self.error: BaseException | None = None
        self._function = function
        self._examples = [_like(x) for x in examples]
        shardings = [getattr(x, "sharding", None) for x in examples]
        self._is_single = all(s is not None and len(s.device_set) == 1 for s in shardings)
        self._call: Callable[[list[Any]], list[Any]] | None = None

    @property
    def is_ready(self) -> bool:
        """Whether it is compiled."""
        return self._call is not None

    def compile(self) -> None:
        """Compile it; whatever is wrong is its `error`."""
        try:
            with compat.own_settings(x64=True):
                jitted = _jax.jit(self._of_many)
                if self._is_single:
                    self._call = quick_call(jitted.lower(*self._examples).compile())
                    return
        except (TypeError, ValueError, RuntimeError, NotImplementedError) as error:
            self.error = error
            return

        # Where arrays are spread over devices, JAX compiles for how they are.
        def call(arrays: list[Any]) -> list[Any]:
            with compat.own_settings(x64=True):
                return jitted(*arrays)

        self._call = call

    def _of_many(self, *arrays: Any) -> list[Any]:
        return self._function(list(arrays))

    def __call__(self, arrays: list[Any]) -> list[Any]:
        """Return what it makes of `arrays`, without waiting for it."""
        assert self._call is not None
        return self._call(arrays)


class Packing:
    """Puts arrays like `arrays` into a few: small ones of one shape together, large ones as such.

    One program takes all the small ones: whatever is computed of many arrays afterwards compiles
    quickly, and runs so.
    """

    def __init__(self, arrays: Sequence[Any], *, copies: bool) -> None:
        small = [at for at, array in enumerate(arrays) if array.size <= _SMALL]
        self._large = [at for at, array in enumerate(arrays) if array.size > _SMALL]
        found: dict[Any, list[int]] = {}  # of the small ones
        for at, array in enumerate(arrays[each] for each in small):
            found.setdefault((array.shape, array.dtype), []).append(at)
        groups = [[small[at] for at in group] for group in found.values()]
        # Of the rows of what is made.
        self.order = np.array([*itertools.chain(*groups), *self._large], np.int64)
        # None: all of them, which need not be picked out of a long list.
        self._small = small if self._large else None

        def stack(given: list[Any]) -> list[Any]:
            return [jnp.stack([given[at] for at in group]) for group in found.values()]

        def copy(given: list[Any]) -> list[Any]:
            return [jnp.copy(x) for x in given]

        self._stack = Program(stack, [arrays[at] for at in small])
        self._copy = Program(copy, [arrays[at] for at in self._large])
        self.programs = [
            *([self._stack] if small else []),
            *([self._copy] if self._large and copies else []),
        ]
        self.like = [
            *(_stacked_like(arrays, group) for group in groups),
            *(arrays[at] for at in self._large),
        ]
        self.n_rows = [*map(len, groups), *(0 for _ in self._large)]  # 0: an array by itself
        self.n_counted = [
            count
            for group in (*groups, *([at] for at in self._large))
            for count in [_n_counted(arrays[group[0]].size)] * len(group)
        ]

    def pack(self, arrays: list[Any], *, copied: bool = False) -> list[Any]:
        """Return arrays that hold what `arrays` do, unfinished yet; if `copied`, none of them."""
        small = arrays if self._small is None else [arrays[at] for at in self._small]
        packed = self._stack(small) if small else []
        if self._large:
            raw = [arrays[at] for at in self._large]
            packed += self._copy(raw) if copied else raw
        return packed

    def rows(self, packed: list[Any]) -> list[Any]:
        """Return, within a program, each of `packed` with a row for each array."""
        return [x if n else x[None] for x, n in zip(packed, self.n_rows, strict=True)]

    def halves(self, packed: list[Any]) -> tuple[list[Any], list[Any]]:
        """Return `rows` of the first half of the arrays, and of the second, which is like it."""
        rows = self.rows(packed)
        n_stacked = len(rows) - len(self._large)
        stacked, large = rows[:n_stacked], rows[n_stacked:]
        middle = len(large) // 2
        return (
            [*(x[: len(x) // 2] for x in stacked), *large[:middle]],
            [*(x[len(x) // 2 :] for x in stacked), *large[middle:]],
        )


class Norms:
    """Programs that measure arrays like `arrays`, and what a call adds to them.

    Of some of them, those at `with_gradient`, there are `gradients`. With `before_call` what they
    were is copied before the call, which consumes them.
    """

    def __init__(
        self, arrays: Sequence[Any], gradients: Sequence[Any], with_gradient: Sequence[int],
        *, before_call: bool,
    ) -> None:  # fmt: skip
        self._n = len(arrays)
        self._models = models = Packing(arrays, copies=before_call)
        # What is there at once is packed at once: what a call of a program costs is per array,
        # and for itself.
        self._both = both = None if before_call else Packing([*arrays, *arrays], copies=False)
        self._gradients = grads = Packing(gradients, copies=False)
        self._gradient_order = np.array(with_gradient, np.int64)[grads.order]
        like = both.like if both else [*models.like, *models.like]

        def halves(given: list[Any]) -> tuple[list[Any], list[Any]]:
            if both:
                return both.halves(given)
            middle = len(given) // 2
            return models.rows(given[:middle]), models.rows(given[middle:])

        def measure(given: list[Any]) -> list[Any]:
            new, old = halves(given[: len(like)])
            parameters = [_norms(x) for x in new]
            updates = [_norms(_wide(x) - _wide(y)) for x, y in zip(new, old, strict=True)]
            made = [_norms(x) for x in grads.rows(given[len(like) :])]
            return [jnp.concatenate([*parameters, *updates, *made])]

        def codes(given: list[Any]) -> list[Any]:
            return _codes(halves(given)[0])

        def codes_of_gradients(given: list[Any]) -> list[Any]:
            return _codes(grads.rows(given))

        self._measure = Program(measure, [*like, *grads.like])
        self._count = Program(codes, like)
        self._count_gradients = Program(codes_of_gradients, grads.like)
        self.programs = [
            *(both or models).programs,
            *grads.programs,
            self._measure,
            self._count,
            *([self._count_gradients] if grads.like else []),
        ]

    def before(self, arrays: list[Any]) -> list[Any]:
        """Return what `measure` needs of the arrays as they are before the call."""
        return arrays if self._both else self._models.pack(arrays, copied=True)

    def measure(
        self, new: list[Any], old: list[Any], gradients: list[Any], *, counts: bool
    ) -> tuple[Any, Any, Any]:
        """Return arrays for `read`, and with `counts` for `read_counts` and that of gradients.

        They are not waited for. `old` is from `before`.
        """
        both = self._both
        packed = both.pack([*new, *old]) if both else [*self._models.pack(new), *old]
        given = self._gradients.pack(gradients)
        found = self._measure([*packed, *given])[0]
        if not counts:
            return found, None, None
        counted = self._count_gradients(given)[0] if given else None
        return found, self._count(packed)[0], counted

    def read(self, measured: Any) -> tuple[NDArray[np.float32], ...]:
        """Return the norms of all arrays, of their updates, and of their gradients (-1: none)."""
        found = np.asarray(measured)
        n, order = self._n, self._models.order
        parameter, update = np.zeros((2, n), np.float32)
        gradient = np.full(n, -1, np.float32)
        parameter[order], update[order] = found[:n], found[n : 2 * n]
        gradient[self._gradient_order] = found[2 * n :]
        return parameter, update, gradient

    def read_counts(self, counted: Any) -> NDArray[np.uint16]:
        """Return how many elements of each array are in each bin, as `DynamicsHistogram` has it."""
        return self._counts(counted, self._models.order, self._models)

    def read_gradient_counts(self, counted: Any) -> NDArray[np.uint16]:
        """Return the same of the gradients; nothing is counted where there is none."""
        return self._counts(counted, self._gradient_order, self._gradients)

    def _counts(self, counted: Any, at: NDArray[np.int64], packing: Packing) -> NDArray[np.uint16]:
        codes = np.asarray(counted).astype(np.int64)
        codes += np.repeat(at * N_BINS, packing.n_counted)
        return np.bincount(codes, minlength=self._n * N_BINS).reshape(-1, N_BINS).astype(np.uint16)


def compile_all(programs: Sequence[Program], muted: Callable[[], Any]) -> threading.Thread:
    """Compile programs in a thread of their own, which is returned, started."""

    def work() -> None:
        with muted():
            for program in programs:
                program.compile()

    thread = threading.Thread(target=work, name="eqxviz-norms")
    thread.start()
    return thread


def norm_of(array: Any) -> Any:
    """Return, within a program, the norm of one array."""
    return _norms(array[None])[0]


def _like(array: Any) -> Any:
    sharding = getattr(array, "sharding", None)
    return jax.ShapeDtypeStruct(array.shape, array.dtype, sharding=sharding)


def _stacked_like(arrays: Sequence[Any], group: list[int]) -> Any:
    first = arrays[group[0]]
    sharding = getattr(first, "sharding", None)
    shape = (len(group), *first.shape)
    return jax.ShapeDtypeStruct(shape, first.dtype, sharding=sharding)


def _wide(stacked: Any) -> Any:
    """Return `stacked` in numbers of at least 32 bits."""
    return stacked.astype(jnp.promote_types(stacked.dtype, jnp.float32))


def _norms(stacked: Any) -> Any:
    """Return the norm of each row, as float32: scaled, so that no square overflows or vanishes."""
    values = jnp.abs(_wide(stacked)).reshape(stacked.shape[0], -1)
    if not values.shape[1]:
        return jnp.zeros(values.shape[0], jnp.float32)
    most = jnp.max(values, axis=1)
    scale = jnp.where(jnp.isfinite(most) & (most > 0), most, 1)
    squares = jnp.sum(jnp.square(values / scale[:, None]), axis=1)
    return (scale * jnp.sqrt(squares)).astype(jnp.float32)


def _n_counted(size: int) -> int:
    stride = -(-size // _MOST_COUNTED) or 1
    return -(-size // stride)


def _codes(rows: list[Any]) -> list[Any]:
    """Return the bin of each element that is counted, of one array after the other."""
    parts = [jnp.zeros(0, jnp.uint8)]
    for stacked in rows:
        flat = stacked.reshape(stacked.shape[0], -1)
        stride = -(-flat.shape[1] // _MOST_COUNTED) or 1
        parts.append(_bins(flat[:, ::stride]).reshape(-1))
    return [jnp.concatenate(parts)]


def _bins(values: Any) -> Any:
    magnitude = jnp.abs(_wide(values)).astype(jnp.float32)
    exponent = (lax.bitcast_convert_type(magnitude, jnp.uint32) >> np.uint32(23)).astype(jnp.int32)
    bins = jnp.clip(exponent - (_BIAS + LEAST_EXPONENT - 1), 1, N_BINS - 2)
    bins = jnp.where(jnp.isfinite(magnitude), bins, N_BINS - 1)
    return jnp.where(values == 0, 0, bins).astype(jnp.uint8)
