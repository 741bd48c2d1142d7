"""The compilations of a run: when, how long, why, and what XLA made."""

import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from eqxviz.capturing.abstract_calls import AbstractCall
from eqxviz.capturing.compiles import CompileTimes
from eqxviz.capturing.executables import Compiled, GoneError, Programs, executable
from eqxviz.capturing.functions import Function
from eqxviz.capturing.history import Explained, History
from eqxviz.capturing.parameters import call_of
from eqxviz.capturing.signatures import Reader, Signature
from eqxviz.records import (
    Cause,
    CauseKind,
    CompileEvent,
    Executable,
    JitFlavour,
    Problem,
    Severity,
)
from eqxviz.records.recompiles import ALARM, fix, sentence

_MOST_PROGRAMS = 4096
_UNKNOWN = Cause(CauseKind.UNKNOWN, "", "", "")


class CompiledCall(NamedTuple):
    """A call that has just compiled."""

    target: Any  # what the user called
    flavour: JitFlavour
    options: Mapping[str, Any]  # of `jax.jit`
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    is_plain: bool  # made outside of any transformation
    start_seconds: float  # since the run's start
    run_seconds: float  # what compiling left of it
    times: CompileTimes
    file: str  # the user's line
    line: int


class Compilations:
    """Tells of each compilation as a record. Calls come from any thread.

    `failed` is told of an error of ours, which costs an explanation and nothing else.
    """

    def __init__(self, failed: Callable[[BaseException], None]) -> None:
        self._failed = failed
        self._lock = threading.Lock()
        self._reader = Reader()
        self._histories: dict[int, History] = {}  # by function
        self._n = 0
        self._programs: OrderedDict[int, weakref.ref[Programs]] = OrderedDict()

    def add(
        self, function: Function, call: CompiledCall, programs: Programs
    ) -> tuple[CompileEvent, *tuple[Problem, ...]]:
        """Return the record of a compilation, and a problem if the function never stops compiling.

        `programs` are those of the jitted object.
        """
        signature = self._signature(function, call)
        abstract = AbstractCall(call.args, call.kwargs)
        function.latest_call = abstract.arguments
        program = Compiled(weakref.ref(call.target), call.flavour, abstract, call.is_plain)
        with self._lock:
            function.compiles += 1
            function.first_run_seconds += call.run_seconds
            self._n += 1
            id = self._n
            history = self._histories.setdefault(function.id, History())
            explained = self._explained(history, id, signature)
            culprit = history.alarm(function.calls, explained.causes)
            programs.add(id, program)
            self._programs[id] = weakref.ref(programs)
            if len(self._programs) > _MOST_PROGRAMS:
                self._programs.popitem(last=False)
            times = call.times
            event = CompileEvent(
                id, function.id, function.calls, threading.get_ident(), call.start_seconds,
                times.trace, times.lower, times.compile, times.load, call.file, call.line,
                times.cache, explained.nearest, explained.causes,
            )  # fmt: skip
        return (event,) if culprit is None else (event, _alarm(function, event, culprit))

    def executable(self, event: int) -> Executable:
        """Return what XLA says of the program that the compilation `event` made.

        To be called while the calls of this thread pass unseen.

        Raises:
            GoneError: If JAX does not have it any more.
        """
        ref = self._programs.get(event)
        if ref is None:
            raise GoneError(
                f"No compilation {event} is remembered; the latest {_MOST_PROGRAMS} are.",
                "Ask about a later one.",
            )
        programs = ref()
        if programs is None:
            raise GoneError(
                "The script has let go of the jitted function, and JAX of its programs.",
                "Keep a reference to the jitted function in the script.",
            )
        compiled = programs.get(event)
        if compiled is None:
            raise GoneError(
                "The function was compiled many times since; the latest programs are remembered.",
                "Ask about a later compilation of it.",
            )
        return executable(event, compiled)

    def _signature(self, function: Function, call: CompiledCall) -> Signature | None:
        try:
            read = call_of(call.target, call.flavour, call.options, call.args, call.kwargs)
            return self._reader.signature(read, function.origin, call.flavour)
        except Exception as error:  # noqa: BLE001 - the user's PyTrees and values may raise anything
            self._failed(error)
            return None

    def _explained(self, history: History, id: int, signature: Signature | None) -> Explained:
        if signature is None:
            return Explained(-1, () if history.is_empty else (_UNKNOWN,))
        return history.explain(id, signature)


def _alarm(function: Function, event: CompileEvent, culprit: Cause) -> Problem:
    seen = function.seen
    name = seen.name.rpartition(".")[2]
    others = len(event.causes) - 1
    also = f", and {others} more" if others else ""
    return Problem(
        ALARM,
        Severity.WARNING,
        f"{name} compiles anew on nearly every call",
        f"In call {event.call}, as in those before, {sentence(culprit)}{also}. "
        f"It has compiled {function.compiles} times in {function.calls} calls.",
        fix(culprit, seen.flavour),
        event.file or seen.file,
        event.line or seen.line,
        function=seen.id,
    )
