"""What the turns of a training loop compute outside of jit: where, how much, and in what time."""

import enum
import itertools
import math
import statistics
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import jax

from eqxviz.analysis import compat
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.data import Data
from eqxviz.doctor.seen import Line, Operation, Place
from eqxviz.doctor.watching.eager import watch_cost
from eqxviz.doctor.watching.turns import TimedCall

# What only brings arrays to a device, or calls them something else.
_IDLE = {"device_put", "copy", "copy_p", "random_wrap", "random_unwrap"}
_MOST_OPERATIONS = 3  # in a turn are nothing to speak of
_LEAST_SHARE = 0.2
_NEARLY_ALL = 0.8
# So long JAX may be busy, in Python, between an operation and the next; what takes longer is the
# script's own work.
_LONG_GAP_SECONDS = 5e-4
_OFTEN = 0.6  # of the turns
_NOW_AND_THEN = 0.125  # a generator that is trained once in five or eight turns
_FEW_TURNS = 2


class Kind(enum.IntEnum):
    """What eager work is of, the gravest last."""

    OTHER = 0
    BY_HAND = 1  # new parameters, computed from gradients
    UPDATE = 2  # of an optimiser
    GRADIENT = 3


@dataclass(eq=False)
class Site:
    """A line of the loop, or of what also makes the jitted call, and its eager work."""

    at: Line
    function: str  # that the line is in
    kind: Kind = Kind.OTHER
    # How many of its operations are in which function, file and name, that the line calls.
    below: Counter[tuple[str, str]] = field(default_factory=Counter)
    expressions: dict[int, set[int]] = field(default_factory=dict)  # by turn
    n_operations: dict[int, int] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)

    @property
    def n_expressions(self) -> float:
        """How many it evaluates, in a turn in which it does."""
        return statistics.median(map(len, self.expressions.values()))

    @property
    def called(self) -> tuple[str, str]:
        """File and name of the function that the line calls for nearly all of them, or ""."""
        most, n_most = max(self.below.items(), key=lambda each: each[1], default=(("", ""), 0))
        is_nearly_all = n_most >= _NEARLY_ALL * sum(self.n_operations.values())
        return most if is_nearly_all and not most[1].startswith("<") else ("", "")

    @property
    def n_typical_operations(self) -> float:
        """How many it carries out, in a turn in which it does."""
        return statistics.median(self.n_operations.values())


@dataclass(frozen=True, eq=False)
class EagerWork:
    """The eager work of a loop's turns that is worth to be told of."""

    sites: list[Site]  # in the order of lines
    main: Site  # the one to be named first
    function: int  # FunctionSeen.id of what the loop calls; -1 where nothing is jitted
    share: float  # of the loop's time; not a number where that is not known
    seconds: float  # in a turn
    n_operations: int  # in a turn


class _Turn(NamedTuple):
    """A turn of the loop, from `start` to `stop`."""

    start: float
    stop: float
    calls: list[TimedCall]
    operations: list[Operation]

    @property
    def was_awaited(self) -> bool:
        return bool(self.calls) and all(call.was_awaited for call in self.calls)

    def seconds(self, cost: float) -> float:
        """Return its time without that of watching; `cost` is of each way through JAX."""
        ours = sum(call.begun - call.arrived + call.left - call.done for call in self.calls)
        ours += sum(each.watch_seconds for each in self.operations)
        jitted = [each for each in self.operations if each.primitive.name == "jit"]
        ours += cost * (len(self.calls) + len(jitted))
        return self.stop - self.start - ours


def eager_work(evidence: Evidence) -> EagerWork | None:
    """Return the eager work of the training loop, None where there is little or no such loop."""
    base, function, turns = _turns(evidence)
    if len(turns) < _FEW_TURNS or not _is_training(evidence):
        return None
    cost = watch_cost() if any(turn.operations for turn in turns) else 0.0
    sites = _sites(evidence, base, turns, cost)
    often = [site for site in sites if len(site.expressions) >= _OFTEN * len(turns)]
    grave = [site for site in sites if _is_grave(site, len(turns))]
    if sum(site.n_typical_operations for site in grave) <= _MOST_OPERATIONS:
        grave = []
    if not grave and sum(site.n_expressions for site in often) <= _MOST_OPERATIONS:
        return None
    told = [*often, *(site for site in grave if site not in often)]
    seconds, share = _time(told, turns, cost)
    if not grave and not share >= _LEAST_SHARE:
        return None
    n_operations = round(sum(site.n_typical_operations for site in told))
    # The gradient of a jitted function is two operations.
    large = [site for site in grave if site.n_typical_operations > _MOST_OPERATIONS] or grave
    main = max(large or told, key=lambda each: (each.kind, sum(each.seconds.values())))
    told.sort(key=lambda each: (each.at != main.at, each.at))
    return EagerWork(told, main, function, share, seconds, n_operations)


def _is_grave(site: Site, n_turns: int) -> bool:
    """Whether it is a part of the training step itself, again and again."""
    n_seen = len(site.expressions)
    is_again = n_seen >= max(_FEW_TURNS, math.ceil(_NOW_AND_THEN * n_turns))
    return is_again and site.kind > Kind.OTHER


def _is_training(evidence: Evidence) -> bool:
    if evidence.turns.is_gradient_fed or any(use.method == "update" for use in evidence.optimisers):
        return True
    fed = {call.function for call in evidence.turns.calls if call.is_fed}
    traces = (evidence.traces.of(evidence.functions[each]) for each in fed)
    return any(trace is not None and trace.differentiations for trace in traces)


def _turns(evidence: Evidence) -> tuple[tuple[Place, ...], int, list[_Turn]]:
    """Return the places of what makes a turn, the function that is called then, and the turns."""
    step, calls = evidence.turns.step(), evidence.turns.calls
    steps = [call for call in calls if call.function == step]
    gradients = list(_gradients(evidence.operations))
    if len(gradients) > _FEW_TURNS * len(steps):
        return (
            gradients[-1].places[: gradients[-1].gradient],
            -1,
            _cut(evidence, [each.begun for each in gradients]),
        )
    places = steps[-1].places if steps else ()
    return places, -1 if step is None else step, _cut(evidence, [each.arrived for each in steps])


def _gradients(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yield the first operation of each evaluation of a gradient, where one is often evaluated."""
    begun: dict[tuple[Place, ...], list[Operation]] = {}
    before: tuple[Place, ...] = ()
    for operation in operations:
        now = operation.places[: operation.gradient]
        if now and now != before:
            begun.setdefault(now, []).append(operation)
        # What JAX does between the two passes is of the gradient, too.
        before = now or (before if operation.places == before else ())
    yield from max(begun.values(), key=len, default=[])


def _cut(evidence: Evidence, marks: list[float]) -> list[_Turn]:
    turns = [_Turn(*ends, [], []) for ends in itertools.pairwise(marks)]
    number = 0
    for call in evidence.turns.calls:
        for turn in turns:
            if turn.start <= call.arrived < turn.stop:
                turn.calls.append(call)
    for operation in evidence.operations:
        while number < len(turns) and operation.begun >= turns[number].stop:
            number += 1
        if number == len(turns):
            break
        if operation.begun >= turns[number].start:
            turns[number].operations.append(operation)
    return turns


def _sites(
    evidence: Evidence, base: tuple[Place, ...], turns: list[_Turn], cost: float
) -> list[Site]:
    """Return where the turns have eager work; `cost` is that of watching a jitted call.

    What only draws or picks the data of a step is left out: a script reads them where that would
    be.
    """
    updates = _eager_updates(evidence)
    by_hand = {places for call in evidence.turns.calls for places in call.fed_by}
    if not _differentiates(evidence):
        by_hand = set()
    sites: dict[Line, Site] = {}
    data = Data()
    for number, turn in enumerate(turns):
        before: Operation | None = None
        last: Site | None = None
        for operation in turn.operations:
            if operation.primitive.name in _IDLE or not operation.places:
                continue
            depth = _depth(operation.places, base)
            place, below = operation.places[depth], operation.places[depth + 1 :]
            kind = Kind.OTHER
            if operation.gradient > depth:
                kind = Kind.GRADIENT
            elif any(each.at in updates for each in operation.places[depth:]):
                kind = Kind.UPDATE
            elif operation.places in by_hand:
                kind = Kind.BY_HAND
            if not data.is_numerical(operation) and kind is Kind.OTHER:
                continue
            site = sites.setdefault(place.at, Site(place.at, place.function))
            site.expressions.setdefault(number, set()).add(operation.expression)
            site.n_operations[number] = site.n_operations.get(number, 0) + 1
            site.below.update((each.file, each.function) for each in below[:1])
            gap = _gap(before, operation, cost) if site is last and before is not None else 0.0
            site.seconds[number] = site.seconds.get(number, 0.0) + operation.seconds + gap
            site.kind = max(site.kind, kind)
            before, last = operation, site
    return list(sites.values())


def _gap(before: Operation, operation: Operation, cost: float) -> float:
    """Return the time that JAX and Python took from an operation to the next one of a line."""
    gap = operation.begun - (before.begun + before.seconds + before.watch_seconds)
    gap -= cost * (operation.primitive.name == "jit")
    return gap if 0 < gap < _LONG_GAP_SECONDS else 0.0


def _differentiates(evidence: Evidence) -> bool:
    traces = map(evidence.traces.of, evidence.functions.values())
    return any(trace is not None and trace.differentiations for trace in traces)


def _eager_updates(evidence: Evidence) -> set[Line]:
    """Return where optimisers' updates are computed outside of jit."""
    return {
        use.at
        for use in evidence.optimisers
        if use.method == "update"
        and not any(map(compat.is_tracer, jax.tree.leaves(dict(use.trees))))
    }


def _depth(places: tuple[Place, ...], base: tuple[Place, ...]) -> int:
    """Return the index of the innermost place in a function that is at work in `base` as well."""
    depth = 0
    for i, (place, other) in enumerate(zip(places, base, strict=False)):
        if (place.file, place.function) != (other.file, other.function):
            break
        depth = i
        if place.line != other.line:
            break
    return depth


def _time(sites: list[Site], turns: list[_Turn], cost: float) -> tuple[float, float]:
    """Return how long the sites take in a turn, and their share of its time."""
    timed = [i for i, turn in enumerate(turns) if turn.was_awaited] or list(range(1, len(turns)))
    eager = [sum(site.seconds.get(i, 0.0) for site in sites) for i in timed]
    whole = [max(turns[i].seconds(cost), own) for i, own in zip(timed, eager, strict=True)]
    if not timed or sum(whole) <= 0:
        return math.nan, math.nan
    shares = [own / all_ for own, all_ in zip(eager, whole, strict=True)]
    return statistics.median(eager), statistics.median(shares)
