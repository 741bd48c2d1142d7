"""PRNG keys that are used twice: in jitted functions, outside of them, from call to call."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from eqxviz.analysis import compat, jax_code
from eqxviz.analysis.key_flow import Draw, KeyFlow, Site, Step, Way
from eqxviz.analysis.key_values import Keys, Made, Token, in_words, of_type
from eqxviz.doctor.code.frames import Frames, Parting, parting, way_to
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.descent import Descent
from eqxviz.doctor.watching.timeline import Event

_MOST_CALLS = 3  # of a function that are followed
_MOST_CLAIMS = 12  # of a key that are compared
_MOST_GROUPS = 40
_READ = {"random_fold_in", "random_seed", "dynamic_slice", "gather"}


@dataclass(frozen=True, eq=False)
class Reuse:
    """Two uses of one key."""

    kind: str  # "lines", "turns" of a Python loop, "calls" of a function, "loop" of JAX's
    first: Frames  # down to the call that is given the key
    second: Frames
    loop: Frames = ()  # down to the call of it
    function: int = -1  # FunctionSeen.id, of "calls"
    is_given: bool = True  # to the function; it holds the key otherwise
    n_outside: int = 0  # frames that are not of what is jitted


@dataclass(frozen=True, eq=False)
class _Claim:
    """A use of a key: a draw, or a split of whose children one is drawn from."""

    site: Site
    made: Made  # how the key was made
    draw: Draw
    is_split: bool


@dataclass(frozen=True, eq=False)
class _Pair:
    """Two uses of one key, by the sites at which they are to be told."""

    sites: tuple[Site, Site]
    draws: tuple[Draw, Draw]
    are_alike: bool  # they draw the same numbers
    have_one_root: bool  # else two keys were made of one seed


@dataclass(eq=False)
class _Group:
    """Pairs that part at one place of the user's code."""

    how: Parting
    at: int  # the frame
    pairs: list[_Pair] = field(default_factory=list)


def reuses(evidence: Evidence) -> Iterator[Reuse]:
    """Yield each place where a key is used twice by mistake."""
    following = _Following(evidence)
    for event in evidence.timeline.events:
        following.follow(event)
    draws = following.flow.draws
    yield from _within_loops(draws)
    descent = Descent(evidence)
    for group in list(_groups(following.flow, draws))[:_MOST_GROUPS]:
        reuse = _judged(group, descent, following)
        if reuse is not None:
            yield reuse


class _Following:
    """Follows the keys of a script from event to event."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known: dict[int, tuple[Any, np.ndarray, Made]] = {}  # by the array that holds them
        self._n_calls: dict[int, int] = {}
        self._ways: dict[int, tuple[Any, Way]] = {}
        self.flow = KeyFlow(self._way_to, self.keys_of)

    def follow(self, event: Event) -> None:
        """Follow what an event does with keys."""
        made: list[Keys | None] = []
        if event.operation is not None:
            made = list(self._operate(event))
        elif event.function >= 0:
            made = list(self._call(event))
        for i, array in event.outputs.items():
            keys = made[i] if i < len(made) else None
            if keys is not None and keys.numbers.shape == tuple(array.shape):
                self._hold(array, keys)

    def is_given(self, draw: Draw) -> bool:
        """Whether a call was given the key that it draws from, or that it makes this key of."""
        event = self._evidence.timeline.events[draw.site.event]
        given = {
            number
            for array in event.inputs.values()
            for number in self.flow.numbers.meant_by(self.flow.numbers.whole(self.keys_of(array)))
        }
        before = [made.parents for made in draw.made.chain() if made.parents is not None]
        return any(
            not given.isdisjoint(self.flow.numbers.meant_by(keys)) for keys in (*before, draw.keys)
        )

    def keys_of(self, array: Any) -> Keys:
        """Return the keys that an array holds."""
        held = compat.held_by(array)
        known = self._known.get(id(held))
        if known is None:
            self._hold(array, self.flow.new(array))
            known = self._known[id(held)]
        _, numbers, made = known
        n_words = of_type(array)[1]
        return Keys(in_words(numbers, n_words), made, n_words)

    def _hold(self, array: Any, keys: Keys) -> None:
        held = compat.held_by(array)
        self._known[id(held)] = held, self.flow.numbers.whole(keys), keys.made

    def _operate(self, event: Event) -> Any:
        operation = event.operation
        assert operation is not None
        name, inputs = operation.primitive.name, operation.inputs
        given = [self.keys_of(inputs[i]) if i in event.inputs else None for i in range(len(inputs))]
        is_read = name in _READ
        tokens = [self._token(value) if is_read else self.flow.token() for value in inputs]
        avals = [compat.type_of(each) for each in operation.outputs]
        site = Site(event.frames, event.number)
        return self.flow.apply(Step(name, operation.params, given, tokens, avals, site))

    def _call(self, event: Event) -> Any:
        function = self._evidence.functions.get(event.function)
        n = self._n_calls[event.function] = self._n_calls.get(event.function, 0) + 1
        trace = self._evidence.traces.of(function) if function is not None else None
        if trace is None or n > _MOST_CALLS or event.n_inputs != len(trace.jaxpr.invars):
            return []
        given = [
            self.keys_of(event.inputs[i]) if i in event.inputs else None
            for i in range(event.n_inputs)
        ]
        tokens = [self.flow.token() for _ in given]
        return self.flow.run(trace.jaxpr, given, tokens, Site(event.frames, event.number))

    def _token(self, value: Any) -> Token:
        is_small = np.size(value) <= 64 and not getattr(value, "is_deleted", bool)()
        is_key = compat.is_key_dtype(getattr(value, "dtype", np.dtype(int)))
        if not is_small or is_key or compat.is_tracer(value):
            return self.flow.token()
        return Token(("value", str(np.asarray(value))), 0)

    def _way_to(self, equation: Any) -> Way:
        known = self._ways.get(id(equation))
        if known is None:
            way = way_to(equation, self._evidence.user_code)
            known = self._ways[id(equation)] = equation, way
        return known[1]


def _within_loops(draws: list[Draw]) -> Iterator[Reuse]:
    """Yield draws that each turn of a loop of JAX's makes from the same key."""
    told: set[Any] = set()
    for draw in draws:
        loop = draw.repeated_in
        if loop is None:
            continue
        n = len(loop.frames)
        sites = [*(made.site for made in draw.made.chain()), draw.site]
        inside = [site for site in sites if site is not None and len(site.frames) > n]
        way = inside[0].frames[: n + 1]  # to the body's own line
        if way[-1].at not in told:
            told.add(way[-1].at)
            yield Reuse("loop", way, way, loop=loop.frames)


def _groups(flow: KeyFlow, draws: list[Draw]) -> Iterator[_Group]:
    """Yield pairs of uses, put together by the places at which they part."""
    groups: dict[Any, _Group] = {}
    for pair in _pairs(flow, draws):
        first, second = (site.frames for site in pair.sites)
        how, at = parting(first, second)
        if how is Parting.LIBRARY or not first or not second:
            continue
        ways = tuple(tuple(f.instruction for f in way[: at + 1]) for way in (first, second))
        groups.setdefault((how, ways), _Group(how, at)).pairs.append(pair)
    yield from groups.values()


def _pairs(flow: KeyFlow, draws: list[Draw]) -> Iterator[_Pair]:
    """Yield pairs of different uses of one key."""
    claims: dict[int, list[_Claim]] = {}
    seen: set[tuple[int, int]] = set()
    for draw in draws:
        uses = [(draw.keys, _Claim(draw.site, draw.made, draw, False))]
        for made in draw.made.chain():
            if made.kind == "split" and made.before is not None and made.parents is not None:
                uses.append((made.parents, _Claim(made.site, made.before, draw, True)))
        for keys, claim in uses:
            for number in flow.numbers.meant_by(keys):
                if (number, id(claim.site)) not in seen:
                    seen.add((number, id(claim.site)))
                    claims.setdefault(number, []).append(claim)
    for each in claims.values():
        several = each[:_MOST_CLAIMS]
        for i, first in enumerate(several):
            for second in several[i + 1 :]:
                if first.is_split and second.is_split:
                    continue  # their children tell
                if first.site is not second.site and not first.site.excludes(second.site):
                    yield _paired(first, second)


def _paired(first: _Claim, second: _Claim) -> _Pair:
    sites = first.site, second.site
    one, other = first.made.chain(), second.made.chain()
    are_alike = first.draw.what == second.draw.what and not (first.is_split or second.is_split)
    if len(one) == len(other):
        parted = [(a.site, b.site) for a, b in zip(one, other, strict=True) if a.site is not b.site]
        sites = parted[0] if parted else sites
    draws = first.draw, second.draw
    if _when(sites[1]) < _when(sites[0]):
        sites, draws = (sites[1], sites[0]), (draws[1], draws[0])
    return _Pair(sites, draws, are_alike, one[0] is other[0])


def _when(site: Site) -> tuple[int, int]:
    return site.event, site.frames[-1].at.line if site.frames else 0


def _judged(group: _Group, descent: Descent, following: _Following) -> Reuse | None:
    """Return a group's reuse of a key, None where it is none, or meant."""
    pair = group.pairs[0]
    events = tuple(site.event for site in pair.sites)
    drawn = tuple(draw.site.event for draw in pair.draws)
    are_alike = all(each.are_alike for each in group.pairs)
    at, ways = group.at, tuple(site.frames for site in pair.sites)
    if events[0] == events[1] and drawn[0] == drawn[1]:
        if not pair.have_one_root or (are_alike and _is_another_gradient(group)):
            return None
        return _told(group, len(descent.frames_of(events[0])))
    function = descent.function_of(drawn[0])
    if function >= 0 and function == descent.function_of(drawn[1]):
        n = len(descent.frames_of(drawn[0]))
        if at >= n and group.how is Parting.LINES:
            return None  # a call's own two uses, told of a single call
        if not descent.is_given(*drawn):
            return None
        way = ways[1][: len(descent.frames_of(drawn[1]))]
        is_given = following.is_given(pair.draws[1])
        return Reuse("calls", way, way, function=function, is_given=is_given)
    if not descent.matters(*drawn):
        return None
    if not pair.have_one_root:
        is_loop = group.how is Parting.TURNS
        return _told(group) if is_loop and descent.is_step_after(*drawn) else None
    is_direct = all(_is_sampler(way, at) for way in ways)
    if are_alike and not (is_direct and group.how is Parting.LINES):
        if group.how is Parting.LINES and _is_another_gradient(group):
            return None
        depends = descent.is_step_after if group.how is Parting.TURNS else descent.is_given
        is_meant = not (depends(*drawn) or descent.are_together(*drawn))
        return None if is_meant else _told(group)
    if not is_direct and descent.are_apart(*drawn):
        return None
    return _told(group)


def _told(group: _Group, n_outside: int = 0) -> Reuse:
    first, second = (site.frames for site in group.pairs[0].sites)
    if group.how is Parting.LINES:
        return Reuse("lines", first[: group.at + 1], second[: group.at + 1])
    return Reuse("turns", first, second, n_outside=n_outside)


def _is_sampler(way: Frames, at: int) -> bool:
    """Whether a frame itself calls JAX, with no layer or function of the user's between."""
    frame = way[at]
    if at != len(way) - 1 or not frame.below:
        return False
    return jax_code.is_of_jax(frame.below[0][0].co_filename)


def _is_another_gradient(group: _Group) -> bool:
    """Whether what is drawn alike is drawn by a function that is differentiated."""
    return all(
        any(frame.is_differentiating() for way in ways for frame in way[group.at : -1])
        for ways in ([site.frames for site in pair.sites] for pair in group.pairs)
    )
