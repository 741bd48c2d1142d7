"""Small compiled programs, one for all equations that do the same with arrays of the same types.

They are compiled by threads of their own and kept for the life of the process, so that what was
replayed once is fast ever after.
"""

import contextlib
import functools
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterable, Sequence, Set
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import jax

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import nested_jaxprs
from eqxviz.analysis.quickly import compiled_quickly

# A function and what it is compiled for; made by the thread that compiles it.
Build = Callable[[], tuple[Callable[..., Any], Sequence[Any]]]
# A key, how its program is built, and what is held as long as the program is.
Wanted = tuple[Hashable, Build, Any]
_Coming = Future[Callable[..., Any]]

_MOST_PROGRAMS = 8192
# What takes no more elements runs for so short a time that compiling it is what is waited for.
_FEW_ELEMENTS = 1 << 18
_LONG = frozenset({"while", "scan"})
# What is computed of these differs by some of the last bits: enough to be seen where one is taken
# from a value near to it, as in the derivative of tanh.
# fmt: off
_INEXACT = frozenset({
    "acosh", "asinh", "atan", "atanh", "bessel_i0e", "bessel_i1e", "cbrt", "conv_general_dilated",
    "cosh", "digamma", "dot_general", "erf_inv", "erfc", "igamma", "igamma_grad_a", "igammac",
    "lgamma", "log1p", "polygamma", "ragged_dot_general", "random_gamma_grad",
    "regularized_incomplete_beta", "rsqrt", "sinh", "tan", "tanh", "zeta",
})
# fmt: on
_LOOK_SECONDS = 0.01
_jax: Any = jax


class OverError(Exception):
    """Raised where nothing can be compiled any more, since Python ends."""


class Programs:
    """Compiled programs by key; what is asked for again is there, or on its way, already."""

    def __init__(self, n_threads: int) -> None:
        self.n_threads = n_threads
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(n_threads, thread_name_prefix="eqxviz-replay")
        self._behind = ThreadPoolExecutor(1, "eqxviz-ahead", initializer=_step_back)
        self._programs: OrderedDict[Hashable, tuple[_Coming, Any]] = OrderedDict()

    def start(
        self, key: Hashable, build: Build, of: Any = None, *, is_urgent: bool = True
    ) -> _Coming:
        """Begin to compile what `build` returns, and its shapes, unless `key` was met before.

        `of` is held as long as the program: what the key names by its id. What is urgent is there
        sooner, and may run slower for it; what is not is compiled by one thread that leaves the
        processor to others.
        """
        with self._lock:
            found = self._programs.get(key)
            if found is None:
                x64 = bool(_jax.config.jax_enable_x64)
                threads = self._threads if is_urgent else self._behind
                try:
                    found = threads.submit(_compiled, build, x64, is_urgent), of
                except RuntimeError as error:
                    raise OverError from error
                self._programs[key] = found
                while len(self._programs) > _MOST_PROGRAMS:
                    self._programs.popitem(last=False)
            self._programs.move_to_end(key)
            return found[0]

    def compiled(self, wanted: Iterable[Wanted], *, is_urgent: bool = True) -> Generator[int]:
        """Compile all that is wanted, some at a time; yield how many more are there."""
        n_at_once = self.n_threads if is_urgent else 1
        waiting = set[_Coming]()
        for key, build, of in wanted:
            one = self.start(key, build, of, is_urgent=is_urgent)
            if one.done():
                yield 1
                continue
            waiting.add(one)
            # No more than can be begun at once: what waits in a queue would hold up the exit.
            while len(waiting) > n_at_once:
                yield from _waited_for(waiting)
        while waiting:
            yield from _waited_for(waiting)

    def get(
        self, key: Hashable, build: Build, of: Any = None
    ) -> Generator[None, None, Callable[..., Any]]:
        """Return a program; yield while it is compiled."""
        one = self.start(key, build, of)
        while not one.done():
            yield
            wait([one], _LOOK_SECONDS)
        return one.result()


def _waited_for(waiting: set[_Coming]) -> Generator[int]:
    """Wait a little; take those that are there out of `waiting`, and yield how many."""
    done = wait(waiting, _LOOK_SECONDS, return_when="FIRST_COMPLETED").done
    waiting -= done
    yield len(done)


def _step_back() -> None:
    """Let this thread have a tenth of what others have, where all want to run."""
    if sys.platform == "linux":  # elsewhere priorities are those of processes
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


def _compiled(build: Build, x64: bool, is_urgent: bool) -> Callable[..., Any]:
    with replaying(x64=x64):
        function, shapes = build()
        traced = _jax.jit(function).trace(*shapes)
        if is_urgent and _is_quick(shapes, compat.open_jaxpr(traced.jaxpr)):
            return compiled_quickly(traced.lower())
        return traced.lower().compile()


def _is_quick(shapes: Sequence[Any], jaxpr: compat.OpenJaxpr | None) -> bool:
    """Whether a program is for a CPU, and as good there however it is compiled."""
    default = _default_devices(_jax.config.jax_default_device)
    arrays = _jax.tree.leaves(shapes)
    devices = [x.sharding.device_set if x.sharding else default for x in arrays]
    if any(device.platform != "cpu" for device in default.union(*devices)):
        return False
    is_small = sum(x.size for x in arrays) <= _FEW_ELEMENTS
    return is_small and jaxpr is not None and not _has_any(jaxpr, _LONG | _INEXACT)


def _has_any(jaxpr: compat.OpenJaxpr, primitives: Set[str]) -> bool:
    return any(
        each.primitive.name in primitives
        or any(_has_any(nested.jaxpr, primitives) for nested in nested_jaxprs(each))
        for each in jaxpr.eqns
    )


@contextlib.contextmanager
def replaying(*, x64: bool) -> Generator[None]:
    """Compute as a replay does: whatever is not finite raises nothing."""
    with compat.own_settings(x64=x64), _jax.enable_x64(x64):
        yield


class Typed:
    """Stands for an array of a type that is on the default device."""

    def __init__(self, shape: Any, dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype


def placed(value: Any) -> Hashable:
    """Return what a program has to know of an argument: its type, and where it is."""
    return value.shape, value.dtype, sharding_of(value)


def shape_of(value: Any) -> jax.ShapeDtypeStruct:
    """Return `placed` as what a program is compiled for."""
    return jax.ShapeDtypeStruct(value.shape, value.dtype, sharding=sharding_of(value))


def is_on_default_device(value: Any) -> bool:
    """Whether an array is where JAX makes new ones."""
    return sharding_of(value) is None


def sharding_of(value: Any) -> Any:
    """Return how an array is placed; None for one on the default device."""
    sharding = getattr(value, "sharding", None)
    if sharding is None or sharding.device_set == _default_devices(_jax.config.jax_default_device):
        return None
    return sharding


@functools.cache
def _default_devices(chosen: Any) -> set[Any]:
    if chosen is None or isinstance(chosen, str):
        return {_jax.local_devices(backend=chosen)[0]}
    return {chosen}


programs = Programs(min(8, os.cpu_count() or 1))
