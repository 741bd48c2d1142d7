"""What JAX's monitoring says while a call is being made: trace, lower, compile and load times."""

from collections.abc import Callable
from typing import NamedTuple

import jax.monitoring

_TRACE = "/jax/core/compile/jaxpr_trace_duration"
_LOWER = "/jax/core/compile/jaxpr_to_mlir_module_duration"
_COMPILE = "/jax/core/compile/backend_compile_duration"
_LOAD = "/jax/compilation_cache/cache_retrieval_time_sec"
_KINDS = (_TRACE, _LOWER, _COMPILE, _LOAD)


class Stage(NamedTuple):
    """One thing that JAX did, as told by the thread that did it."""

    kind: str
    function: str  # the name of the function, "" where JAX does not say
    seconds: float


class CompileTimes(NamedTuple):
    """The seconds of one call's compilation."""

    trace: float
    lower: float
    compile: float
    load: float


class CompileListener:
    """Hands every stage to `take`, in the thread that went through it."""

    def __init__(self, take: Callable[[Stage], None]) -> None:
        self._take = take

    def start(self) -> None:
        """Listen from now on."""
        jax.monitoring.register_event_duration_secs_listener(self._listen)

    def stop(self) -> None:
        """Stop listening, and leave the listeners of others alone."""
        jax.monitoring.unregister_event_duration_listener(self._listen)

    def _listen(self, event: str, duration_secs: float, **details: str | int) -> None:
        if event in _KINDS:
            name = str(details.get("fun_name", ""))
            if name.startswith("jit(") and name.endswith(")"):
                name = name[4:-1]
            self._take(Stage(event, name, duration_secs))


def times_of(stages: list[Stage]) -> CompileTimes | None:
    """Return the times of the compilation that `stages` belong to; None if nothing was compiled.

    Operations that run while a function is traced compile as well, under their own names, and lie
    within its trace time. The function itself comes last.
    """
    named = [stage.function for stage in stages if stage.function]
    if not named:
        return None
    own = [stage for stage in stages if stage.function in (named[-1], "")]
    total = {kind: sum(s.seconds for s in own if s.kind == kind) for kind in _KINDS}
    # Reading the cache happens inside what JAX reports as the compilation.
    compiling = max(0.0, total[_COMPILE] - total[_LOAD])
    return CompileTimes(total[_TRACE], total[_LOWER], compiling, total[_LOAD])
