"""The turns of the script's loop: when it calls what is jitted, waits, and works on the host."""

import multiprocessing
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import BuiltinFunctionType, CodeType, FrameType, FunctionType, ModuleType
from typing import Any

import jax

from eqxviz.analysis.user_code import UserCode
from eqxviz.capturing.attended import Made
from eqxviz.doctor.seen import Operation, Place
from eqxviz.doctor.watching.host_work import LineClock, Spent
from eqxviz.doctor.watching.reads import ReadWatch

# Time is taken over so many turns, or for so long.
_MOST_TURNS = 12
_MOST_SECONDS = 0.25
_FEW_TURNS = 5
_MOST_SECONDS_OF_WAITS = 2.0
# A wait that is shorter, or followed by less work, costs nothing to speak of.
_SHORT_SECONDS = 1e-3
# The time of so much eager work in a turn is taken.
_MANY_EXPRESSIONS, _MANY_OPERATIONS = 4, 8
_TURNS_WITHOUT_JIT = 12
_FIXED = (
    *(int, float, complex, str, bytes, type(None), range, type, jax.Array),
    *(ModuleType, FunctionType, BuiltinFunctionType),
)
# Packages whose objects are told values, and give none back.
_TELLING = {"tqdm", "rich", "logging", "wandb", "tensorboardX", "torch", "mlflow", "clu", "aim"}


@dataclass(eq=False)
class TimedCall:
    """A jitted call of the user's, in the main thread."""

    function: int  # FunctionSeen.id
    places: tuple[Place, ...]  # of the user's frames, outermost first
    arrived: float  # monotonic
    begun: float = 0.0
    begun_cpu: float = 0.0  # of this thread
    done: float = 0.0
    was_awaited: bool = False  # its results, by us
    left: float = 0.0  # by us, who looked at it
    is_fed: bool = False  # with something that was computed from what came out of a call before
    # Where that was computed outside of jit: the places of the operations.
    fed_by: frozenset[tuple[Place, ...]] = frozenset()


@dataclass(eq=False)
class Wait:
    """The main thread waited for what the loop's turn had computed, until nothing was left."""

    places: tuple[Place, ...]
    codes: tuple[CodeType, ...]  # of the places
    fixed: frozenset[str]  # names that stand for what no call can change
    call: TimedCall  # the one before
    # Since that was begun this thread did nothing for so long: in its dispatch as well, where the
    # device takes the processor away.
    seconds: float
    is_alone: bool  # no other thread or process of the script's could have worked meanwhile
    spent: list[Spent] = field(default_factory=list)  # by the host, before the next call


@dataclass(eq=False)
class Turns:
    """What was seen of a loop."""

    calls: list[TimedCall] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    is_gradient_fed: bool = False  # by what came of an eager gradient before

    def step(self) -> int | None:
        """Return the id of the function that is called most, the first of several."""
        counts = Counter(call.function for call in self.calls)
        return max(counts, key=lambda each: counts[each]) if counts else None


class _Computed:
    """Arrays that were computed from what calls returned, in this turn and the one before."""

    def __init__(self) -> None:
        self._now: dict[int, Any] = {}
        self._before: dict[int, Any] = {}

    def __contains__(self, array: Any) -> bool:
        return self.has(id(array))

    def has(self, key: int) -> bool:
        """Whether the array with that id is one of them."""
        return key in self._now or key in self._before

    def add(self, array: Any) -> None:
        self._now[id(array)] = array

    def turn(self) -> None:
        self._before, self._now = self._now, {}


class TurnWatch:
    """Sees the turns of a loop in the main thread. `begin` and `close` are for that thread."""

    def __init__(
        self,
        user_code: UserCode,
        is_script: Callable[[], bool],
        fail: Callable[[Exception], None],
    ) -> None:
        self.turns = Turns()
        self.waits = False  # for the results of calls and operations: to take their time
        self._user_code = user_code
        self._reads = ReadWatch(is_script, self._on_read, fail)
        self._main = threading.main_thread().ident
        self._clock = LineClock()
        self._codes: set[CodeType] = set()
        self._counts: Counter[int] = Counter()
        self._given: dict[int, dict[int, Any]] = {}
        self._computed = _Computed()
        self._made_at: dict[int, tuple[Place, ...]] = {}  # eagerly, of those
        self._gradients = _Computed()  # eager ones
        self._updated = _Computed()  # from these
        self._latest: list[Any] = []  # results
        self._fresh: dict[int, dict[int, Any]] = {}  # results of the latest call of each function
        self._gradient_at: tuple[Place, ...] = ()
        self._fixed: dict[tuple[Place, ...], frozenset[str]] = {}
        self._n_turns = 0
        self._began_timing: tuple[float, int] | None = None
        self._began_waiting = (0.0, 0)
        self._expressions: set[int] = set()  # of this turn
        self._n_operations = 0
        self._has_eager_work = False  # the turn before
        self._eager_turns: Counter[Any] = Counter()

    def close(self) -> None:
        """Watch no more."""
        self._clock.stop()
        self._reads.close()

    def before(self, made: Made) -> None:
        """See a call that is about to be made."""
        if threading.get_ident() != self._main or made.frame is None:
            return
        arrived = time.perf_counter()
        self._end_wait()
        frames = self._frames(made.frame)
        self._codes.update(frame.f_code for frame in frames)
        number = made.function.id
        call = TimedCall(number, _places(frames), arrived)
        given = {id(leaf): leaf for leaf in jax.tree.leaves(made.call)}
        known = self._given.get(number, {})
        new = [leaf for key, leaf in given.items() if key not in known and leaf in self._computed]
        call.is_fed = bool(new)
        call.fed_by = frozenset(
            self._made_at[id(leaf)] for leaf in new if id(leaf) in self._made_at
        )
        self._given[number] = given
        self._counts[number] += 1
        if self._counts.most_common(1)[0][0] == number:
            self._turn()
        self._fresh.pop(number, None)
        self._fresh.pop(-1, None)
        self.turns.calls.append(call)
        self._eager_turns.clear()
        call.begun, call.begun_cpu = time.perf_counter(), time.thread_time()

    def after(self, made: Made, result: Any) -> None:
        """See a call that has returned."""
        if threading.get_ident() != self._main or made.frame is None or not self.turns.calls:
            return
        call = self.turns.calls[-1]
        leaves = [leaf for leaf in jax.tree.leaves(result) if isinstance(leaf, jax.Array)]
        if self.waits:
            call.was_awaited = True
            for leaf in leaves:
                if not leaf.is_deleted():
                    leaf.block_until_ready()
        call.done = time.perf_counter()
        self._latest = leaves
        self._fresh[call.function] = {id(leaf): leaf for leaf in leaves}
        for leaf in leaves:
            self._computed.add(leaf)
            self._made_at.pop(id(leaf), None)
        call.left = time.perf_counter()

    def see(self, operation: Operation) -> None:
        """See an operation outside of jit."""
        self._expressions.add(operation.expression)
        self._n_operations += 1
        if any(each in self._computed for each in operation.inputs):
            for each in operation.outputs:
                self._computed.add(each)
                self._made_at[id(each)] = operation.places
        fresh = self._fresh.values()
        if any(id(each) in known for each in operation.inputs for known in fresh):
            derived = self._fresh.setdefault(-1, {})
            derived.update((id(each), each) for each in operation.outputs)
        self._see_gradient(operation)

    def is_over(self) -> bool:
        """Whether enough turns were timed, if those that are needed otherwise have been made."""
        now = time.perf_counter()
        if self._began_timing is None:
            self._began_timing = now, self._n_turns
        n_turns, seconds = self._n_turns - self._began_timing[1], now - self._began_timing[0]
        if self._has_costly_waits() and n_turns < _FEW_TURNS and seconds < _MOST_SECONDS_OF_WAITS:
            return False
        if self._has_eager_work and not self.waits:
            self.waits = True
            self._began_waiting = now, self._n_turns
            return False
        if self.waits:
            n_turns, seconds = self._n_turns - self._began_waiting[1], now - self._began_waiting[0]
            return n_turns >= _MOST_TURNS or (seconds > _MOST_SECONDS and n_turns > 0)
        return n_turns >= _MOST_TURNS or seconds > _MOST_SECONDS

    def is_over_without_jit(self) -> bool:
        """Whether a loop that calls nothing jitted has trained for enough turns."""
        n_turns = max(self._eager_turns.values(), default=0)
        return n_turns >= _TURNS_WITHOUT_JIT and self.turns.is_gradient_fed

    def _turn(self) -> None:
        self._n_turns += 1
        for each in (self._computed, self._gradients, self._updated):
            each.turn()
        self._made_at = {key: at for key, at in self._made_at.items() if self._computed.has(key)}
        self._has_eager_work = self._n_operations >= _MANY_OPERATIONS
        self._has_eager_work |= len(self._expressions) >= _MANY_EXPRESSIONS
        self._n_operations, self._expressions = 0, set()

    def _has_costly_waits(self) -> bool:
        long = [
            wait
            for wait in self.turns.waits[-2:]
            if sum(spent.seconds for spent in wait.spent) > _SHORT_SECONDS
        ]
        return len(long) > 1

    def _see_gradient(self, operation: Operation) -> None:
        """See whether gradients are followed by updates, and these by gradients."""
        if not operation.gradient:
            # What JAX does between the two passes is of the gradient, too.
            if operation.places == self._gradient_at:
                return
            self._gradient_at = ()
            if any(each in self._gradients or each in self._updated for each in operation.inputs):
                for each in operation.outputs:
                    self._updated.add(each)
            return
        at = operation.places[: operation.gradient]
        if at != self._gradient_at:
            self._gradient_at = at
            self._eager_turns[at] += 1
            if not self._counts:
                self._turn()
        if any(each in self._updated for each in operation.inputs):
            self.turns.is_gradient_fed = True
        for each in operation.outputs:
            self._gradients.add(each)

    def _on_read(self, array: Any, stop: float, frame: FrameType) -> None:
        """See that `frame` has waited for `array`."""
        stop_cpu = time.thread_time()
        is_fresh = any(id(array) in known for known in self._fresh.values())
        is_busy = any(not leaf.is_deleted() and not leaf.is_ready() for leaf in self._latest)
        if not is_fresh or is_busy or self._clock.is_running:
            return
        frames = self._frames(frame)
        if not frames:
            return
        places = _places(frames)
        if places not in self._fixed:
            self._fixed[places] = frozenset(name for each in frames for name in _fixed_names(each))
        codes = tuple(each.f_code for each in reversed(frames))
        call = self.turns.calls[-1]
        idle = stop - call.begun - (stop_cpu - call.begun_cpu)
        wait = Wait(places, codes, self._fixed[places], call, idle, _is_alone())
        if self._clock.start(frames, self._codes | set(codes)):
            self.turns.waits.append(wait)

    def _end_wait(self) -> None:
        if self._clock.is_running:
            self.turns.waits[-1].spent = self._clock.stop()

    def _frames(self, frame: FrameType | None) -> list[FrameType]:
        """Return the user's frames, innermost first."""
        found: list[FrameType] = []
        while frame is not None:
            if self._user_code.is_user(frame.f_code.co_filename):
                found.append(frame)
            frame = frame.f_back
        return found


def _places(frames: list[FrameType]) -> tuple[Place, ...]:
    return tuple(
        Place(each.f_code.co_filename, each.f_lineno, each.f_code.co_name)
        for each in reversed(frames)
    )


def _fixed_names(frame: FrameType) -> Iterator[str]:
    """Yield the paths, as `frame` names them, of what no call can change, or only tells of."""
    names = {
        name: frame.f_globals[name] for name in frame.f_code.co_names if name in frame.f_globals
    }
    for name, value in (names | frame.f_locals).items():
        if _is_fixed(value):
            yield name
        else:
            held = getattr(value, "__dict__", None)
            attributes = held if isinstance(held, dict) else {}
            yield from (f"{name}.{key}" for key, each in attributes.items() if _is_fixed(each))


def _is_fixed(value: Any) -> bool:
    package = str(type(value).__module__).partition(".")[0]
    return isinstance(value, _FIXED) or package in _TELLING


def _is_alone() -> bool:
    """Whether no other thread or process of the script's is there."""
    others = [each for each in threading.enumerate() if each is not threading.main_thread()]
    theirs = [each for each in others if not _is_helper(each)]
    return not theirs and not multiprocessing.active_children()


def _is_helper(thread: threading.Thread) -> bool:
    return thread.name.startswith("eqxviz") or type(thread).__module__.startswith("tqdm")
