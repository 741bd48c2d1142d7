"""What JAX's monitoring says while a call is being made: trace, lower, compile and load times."""

import threading
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.monitoring

from eqxviz.records import CacheUse

_config: Any = jax.config  # whose settings a type checker does not know
_TRACE = "/jax/core/compile/jaxpr_trace_duration"
_LOWER = "/jax/core/compile/jaxpr_to_mlir_module_duration"
_COMPILE = "/jax/core/compile/backend_compile_duration"
_LOAD = "/jax/compilation_cache/cache_retrieval_time_sec"
_HIT = "/jax/compilation_cache/cache_hits"
_MISS = "/jax/compilation_cache/cache_misses"
_DURATIONS = (_TRACE, _LOWER, _COMPILE, _LOAD)
_CACHE_USES = {_HIT: CacheUse.HIT, _MISS: CacheUse.MISS}


class Stage(NamedTuple):
    """One thing that JAX did, as told by the thread that did it."""

    kind: str
    function: str  # the name of the function, "" where JAX does not say
    seconds: float


class CompileTimes(NamedTuple):
    """The seconds of one call's compilation, and what the persistent cache had for it."""

    trace: float
    lower: float
    compile: float
    load: float
    cache: CacheUse


class CompileListener:
    """Hands every stage to `take`, in the thread that went through it."""

    def __init__(self, take: Callable[[Stage], None]) -> None:
        self._take = take

    def start(self) -> None:
        """Listen from now on."""
        jax.monitoring.register_event_duration_secs_listener(self._listen)
        jax.monitoring.register_event_listener(self._hear)

    def stop(self) -> None:
        """Stop listening, and leave the listeners of others alone."""
        jax.monitoring.unregister_event_duration_listener(self._listen)
        jax.monitoring.unregister_event_listener(self._hear)

    def _listen(self, event: str, duration_secs: float, **details: str | int) -> None:
        if event in _DURATIONS:
            name = str(details.get("fun_name", ""))
            if name.startswith("jit(") and name.endswith(")"):
                name = name[4:-1]
            self._take(Stage(event, name, duration_secs))

    def _hear(self, event: str, **details: str | int) -> None:
        if event in _CACHE_USES:
            self._take(Stage(event, "", 0.0))


class OutsideCalls:
    """Adds up what is compiled outside of the calls that are seen. Stages come from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.compiles = 0
        self.seconds = 0.0

    def add(self, stage: Stage) -> None:
        """Count a stage; reading the persistent cache lies within a compilation."""
        if stage.kind not in (_TRACE, _LOWER, _COMPILE):
            return
        with self._lock:
            self.seconds += stage.seconds
            self.compiles += stage.kind == _COMPILE


def has_compiled(stages: list[Stage], function: str | None) -> bool:
    """Whether `stages` come to the end of the compilation of `function`."""
    return any(stage.kind == _COMPILE and stage.function == function for stage in stages)


def times_of(stages: list[Stage], function: str | None) -> CompileTimes | None:
    """Return the times of the compilation that `stages` belong to; None if nothing was compiled.

    Operations that run while a function is traced compile as well, under their own names, and lie
    within its trace time. Where JAX does not call the jitted function `function`, it comes last.
    """
    named = [stage.function for stage in stages if stage.function]
    if not named or (function not in named and _config.jax_disable_jit):
        return None
    own = function if function in named else named[-1]
    total = dict.fromkeys(_DURATIONS, 0.0)
    cache = CacheUse.NONE
    unnamed: list[Stage] = []  # what the persistent cache did within the compilation that follows
    for stage in stages:
        if not stage.function:
            unnamed.append(stage)
            continue
        if stage.function == own:
            for each in (*unnamed, stage):
                cache = _CACHE_USES.get(each.kind, cache)
                if each.kind in total:
                    total[each.kind] += each.seconds
        unnamed.clear()
    # Reading the cache happens inside what JAX reports as the compilation.
    compiling = max(0.0, total[_COMPILE] - total[_LOAD])
    return CompileTimes(total[_TRACE], total[_LOWER], compiling, total[_LOAD], cache)
