"""What came of what: which results depend on random numbers, and what they are used for."""

from collections.abc import Iterable
from typing import Any

import jax

from eqxviz.analysis import compat
from eqxviz.doctor.code.frames import Frames
from eqxviz.doctor.evidence import Evidence


class Descent:
    """Tells what events descend from others."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._events = evidence.timeline.events
        self._from: dict[int, set[int]] = {}
        self._trains: dict[int, bool] = {}

    def function_of(self, event: int) -> int:
        """Return `FunctionSeen.id` of an event that is a call, -1 of one that is none."""
        return self._events[event].function

    def frames_of(self, event: int) -> Frames:
        """Return the user's frames that an event was called by."""
        return self._events[event].frames

    def is_given(self, first: int, second: int) -> bool:
        """Whether `second` is given something of what came of `first`."""
        return not self._descendants(first).isdisjoint(self._events[second].sources)

    def is_step_after(self, first: int, second: int) -> bool:
        """Whether a loop draws with `second` for what it has made of what `first` has drawn.

        It is given some of it, or is taken together with it, or both are used for training steps,
        one after the other.
        """
        if self.is_given(first, second):
            return True
        of_first, of_second = self._descendants(first), self._descendants(second)
        pure = {second}  # what was made of nothing else
        trained: set[int] = set()  # what the steps before have made
        for event in self._events[first + 1 :]:
            sources = set(event.sources)
            is_own = event.number in of_first and event.number not in of_second
            if is_own and (sources & trained or self._is_training(event.function)):
                trained.add(event.number)
            if event.number <= second:
                continue
            if sources & pure and (sources & of_first) - pure:
                return True
            if sources and sources <= pure and event.is_known and event.function < 0:
                pure.add(event.number)
            if sources & of_second and sources & trained and self._is_training(event.function):
                return True
        return False

    def are_together(self, first: int, second: int) -> bool:
        """Whether both became parts of one thing that is trained."""
        one, other = self._descendants(first), self._descendants(second)
        for tree in self._trained():
            makers = {self._evidence.timeline.maker(leaf) for leaf in jax.tree.leaves(tree)}
            mine, theirs = makers & one, makers & other
            if mine and theirs and mine | theirs != mine & theirs:
                return True
        return False

    def are_apart(self, first: int, second: int) -> bool:
        """Whether no call gets both, though some call gets one of them."""
        one, other = self._calls(first), self._calls(second)
        return bool(one or other) and one.isdisjoint(other)

    def matters(self, first: int, second: int) -> bool:
        """Whether a jitted function gets one of both, in a script that has any."""
        return not self._evidence.functions or bool(self._calls(first) | self._calls(second))

    def _calls(self, first: int) -> set[int]:
        return {n for n in self._descendants(first) if self._events[n].function >= 0}

    def _descendants(self, first: int) -> set[int]:
        found = self._from.get(first)
        if found is None:
            found = {first}
            for event in self._events[first + 1 :]:
                if not found.isdisjoint(event.sources):
                    found.add(event.number)
            self._from[first] = found
        return found

    def _trained(self) -> Iterable[Any]:
        uses = [use for use in self._evidence.optimisers if use.method == "init"]
        if uses:
            return [use.trees.get("params") for use in uses]
        calls = [each.calls[0] for each in self._evidence.functions.values() if each.calls]
        made = [module for module, _ in self._evidence.makings]
        return [*made, *(tree for call in calls for tree in (*call.args, *call.kwargs.values()))]

    def _is_training(self, number: int) -> bool:
        function = self._evidence.functions.get(number)
        if function is None:
            return False
        if number not in self._trains:
            trace = self._evidence.traces.of(function)
            self._trains[number] = trace is not None and _has_gradient(trace.jaxpr)
        return self._trains[number]


def _has_gradient(jaxpr: compat.OpenJaxpr) -> bool:
    for equation in jaxpr.eqns:
        if any(name == "transpose" for is_transform, name in compat.scopes_of(equation)):
            return True
        for value in equation.params.values():
            for each in value if isinstance(value, (tuple, list)) else (value,):
                opened = compat.open_jaxpr(each)
                if opened is not None and _has_gradient(opened):
                    return True
    return False
