"""What flows where in a graph: whether an equation serves the derivative alone, and roads."""

from collections import deque
from collections.abc import Collection, Iterator

from eqxviz.records import EquationFlag, Graph, ValueOrigin


class Flows:
    """The ways that values take through a graph and the jaxprs nested in it."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._producer: list[int] = graph.value_producer.tolist()
        self._outer: list[int] = graph.value_outer.tolist()
        is_argument = (graph.value_origin == ValueOrigin.ARGUMENT).tolist()
        self._readers: dict[int, list[int]] = {}
        for equation in range(len(graph)):
            for value in graph.inputs_of(equation).tolist():
                self._readers.setdefault(value, []).append(equation)
        self._owners = {int(owner) for owner in graph.group_owner.tolist() if owner >= 0}
        # By the value outside: those inside that it is bound to, and of what it was made inside.
        self._given: dict[int, list[int]] = {}
        self._returned: dict[int, list[int]] = {}
        for value, outer in enumerate(self._outer):
            if outer >= 0:
                bound = self._given if is_argument[value] else self._returned
                bound.setdefault(outer, []).append(value)
        # Of each loop's turn, what the next one is given: by the value that is given.
        self._before: dict[int, list[int]] = {}
        for group, owner in enumerate(graph.group_owner.tolist()):
            if owner >= 0 and graph.text(int(graph.equation_primitive[owner])) in ("scan", "while"):
                returned = graph.returned_by(group).tolist()
                for value in graph.taken_by(group).tolist():
                    self._before[value] = returned
        self._is_argument = is_argument

    def is_backward(self, equation: int) -> bool:
        """Whether `equation` is computed for the derivative alone.

        What is transposed is. So are the factors of a derivative that are computed in the midst of
        the forward pass: nothing but transposed equations come of them. What comes to nothing else
        than a result that is dropped belongs to the forward pass.
        """
        graph = self._graph
        flags = graph.equation_flags
        if flags[equation] & EquationFlag.BACKWARD:
            return True
        results, is_read_backward = set(graph.outputs.tolist()), False
        waiting: list[int] = graph.outputs_of(equation).tolist()
        seen = set(waiting)
        while waiting:
            value = waiting.pop()
            onward = list(self._given.get(value, ()))
            if not self._is_argument[value] and self._outer[value] >= 0:
                onward.append(self._outer[value])
            readers = self._readers.get(value, ())
            if value in results or not (onward or readers):
                return False
            for reader in readers:
                if flags[reader] & EquationFlag.BACKWARD:
                    is_read_backward = True
                elif reader not in self._owners:
                    onward += graph.outputs_of(reader).tolist()
            new = [v for v in onward if v not in seen]
            seen.update(new)
            waiting += new
        return is_read_backward

    def is_after_gradient(self, equation: int) -> bool:
        """Whether `equation` is made of what was computed for a derivative."""
        graph = self._graph
        everything = range(len(graph))
        waiting: list[int] = graph.inputs_of(equation).tolist()
        seen = set(waiting)
        while waiting:
            value = waiting.pop()
            producer = self._producer[value]
            if producer >= 0 and graph.equation_flags[producer] & EquationFlag.BACKWARD:
                return True
            new = [v for v in self._made_of(value, everything) if v not in seen]
            seen.update(new)
            waiting += new
        return False

    def road(self, start: int, value: int, through: Collection[int]) -> tuple[int, ...]:
        """Return the equations from `start` to `value`, of those that it goes `through`.

        The shortest such road; none where there is none.
        """
        after: dict[int, int] = {value: -1}  # by value: that which was made of it
        waiting = deque([value])
        while waiting:
            at = waiting.popleft()
            if self._producer[at] == start:
                return self._along(at, after)
            for before in self._made_of(at, through):
                if before not in after:
                    after[before] = at
                    waiting.append(before)
        return ()

    def _made_of(self, value: int, through: Collection[int]) -> Iterator[int]:
        producer = self._producer[value]
        if producer < 0:
            if self._outer[value] >= 0:
                yield self._outer[value]
            yield from self._before.get(value, ())
        elif producer in through:
            yield from self._returned.get(value, ())
            if producer not in self._owners:
                yield from self._graph.inputs_of(producer).tolist()

    def _along(self, value: int, after: dict[int, int]) -> tuple[int, ...]:
        road: list[int] = []
        while value >= 0:
            producer = self._producer[value]
            if producer >= 0 and (not road or road[-1] != producer):
                road.append(producer)
            value = after[value]
        return tuple(road)
