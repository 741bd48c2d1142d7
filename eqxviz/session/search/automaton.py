"""Regular expressions as automata that read a million texts at once, letter by letter.

A state is all that is known of the letters so far. So a tree of paths is read key by key: what the
path of a node says follows from the state of its parent and from its own key, and no path is ever
written out.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from eqxviz.session.search.letters import Letters
from eqxviz.session.search.pattern import (
    Anchor,
    Atom,
    Choice,
    Part,
    Repeat,
    Sequence,
    UnsupportedError,
    compiled,
    parts_of,
)

MAX_STATES = 600
MAX_PLACES = 1500  # of a pattern with each repeat written out
_FEW = 24  # so few texts are read faster one by one
_FREE = ""  # an edge that takes no letter

States = NDArray[np.int32]
Places = NDArray[np.int64]  # in `Letters.symbols`


class StoppedError(Exception):
    """The search is no longer wanted."""


class Automaton:
    """Finds a pattern anywhere in a text, whatever the case. States are numbers; 0 is the first.

    Raises:
        UnsupportedError: If there is no such automaton, or none of a reasonable size.
    """

    def __init__(self, pattern: str, alphabet: str) -> None:
        try:
            graph = _Graph(parts_of(pattern))
        except RecursionError:
            raise UnsupportedError from None
        self._classes, members = _letter_classes(graph.atoms, alphabet)
        self._n_classes = np.int32(len(members))
        rows, hits, end_hits = _determined(graph, members)
        self._table: States = np.array(rows, np.int32).ravel()
        self.hits = np.array(hits, np.bool_)  # a match ends in this state
        self.end_hits = np.array(end_hits, np.bool_)  # one does if the text ends here

    @property
    def n_states(self) -> int:
        """How many states there are."""
        return len(self.hits)

    def after(self, symbols: list[int], state: int = 0) -> tuple[int, bool]:
        """Return the state after reading `symbols`, and whether a match ended on the way."""
        found = False
        for symbol in symbols:
            state = int(self._table[state * int(self._n_classes) + int(self._classes[symbol])])
            found = found or bool(self.hits[state])
        return state, found

    def read(
        self, letters: Letters, begin: Places, end: Places, states: States, stop: Callable[[], bool]
    ) -> tuple[States, NDArray[np.bool_]]:
        """Return the states after the texts `begin` to `end`, and whether matches ended in them.

        Raises:
            StoppedError: If `stop` says so.
        """
        longest_first = np.argsort(begin - end, kind="stable")
        at, length = begin[longest_first], (end - begin)[longest_first]
        state, found = states[longest_first], np.zeros(len(states), np.bool_)
        n_read = 0
        while (n := int(np.searchsorted(-length, -n_read))) > _FEW:
            if stop():
                raise StoppedError
            letter = self._classes[letters.symbols[at[:n] + n_read]]
            state[:n] = self._table[state[:n] * self._n_classes + letter]
            found[:n] |= self.hits[state[:n]]
            n_read += 1
        for i in range(n):
            rest = letters.symbols[int(at[i]) + n_read : int(at[i]) + int(length[i])]
            last, was_found = self.after(rest.tolist(), int(state[i]))
            state[i], found[i] = last, found[i] or was_found
        in_place = np.empty_like(longest_first)
        in_place[longest_first] = np.arange(len(in_place))
        return state[in_place], found[in_place]

    def found_in(
        self, letters: Letters, begin: Places, end: Places, stop: Callable[[], bool]
    ) -> NDArray[np.bool_]:
        """Return in which of the texts `begin` to `end` the pattern is.

        Raises:
            StoppedError: If `stop` says so.
        """
        states, found = self.read(letters, begin, end, np.zeros(len(begin), np.int32), stop)
        return found | self.end_hits[states] | self.hits[0]


class _Graph:
    """A pattern as places with edges between them: a letter to take, an anchor, or free.

    `edges[place]` holds `(what, target)`; what is the index of an atom, an anchor's sign, or free.
    """

    def __init__(self, part: Part) -> None:
        self.atoms: list[str] = []
        self.edges: list[list[tuple[int | str, int]]] = []
        self.first = self._place()
        self.last = self._add(part, self.first)

    def closure(self, places: frozenset[int], *anchors: str) -> frozenset[int]:
        """Return the places reached from `places` without a letter, past `anchors` too."""
        reached, waiting = set(places), list(places)
        while waiting:
            for what, target in self.edges[waiting.pop()]:
                if target not in reached and what in (_FREE, *anchors):
                    reached.add(target)
                    waiting.append(target)
        return frozenset(reached)

    def _place(self) -> int:
        if len(self.edges) >= MAX_PLACES:
            raise UnsupportedError
        self.edges.append([])
        return len(self.edges) - 1

    def _edge(self, source: int, what: int | str) -> int:
        target = self._place()
        self.edges[source].append((what, target))
        return target

    def _add(self, part: Part, source: int) -> int:
        """Lead from `source` through `part`, and return where that ends."""
        match part:
            case Atom(letter):
                if letter not in self.atoms:
                    self.atoms.append(letter)
                return self._edge(source, self.atoms.index(letter))
            case Anchor(sign):
                return self._edge(source, sign)
            case Sequence(parts):
                for inner in parts:
                    source = self._add(inner, source)
                return source
            case Choice(parts):
                target = self._place()
                for inner in parts:
                    self.edges[self._add(inner, self._edge(source, _FREE))].append((_FREE, target))
                return target
            case Repeat():
                return self._add_repeat(part, source)

    def _add_repeat(self, part: Repeat, source: int) -> int:
        for _ in range(part.low):
            source = self._add(part.part, source)
        if part.high is None:
            loop = self._edge(source, _FREE)
            self.edges[self._add(part.part, loop)].append((_FREE, loop))
            return self._edge(loop, _FREE)
        target = self._place()
        for _ in range(part.high - part.low):
            self.edges[source].append((_FREE, target))
            source = self._add(part.part, source)
        self.edges[source].append((_FREE, target))
        return target


def _letter_classes(
    atoms: list[str], alphabet: str
) -> tuple[NDArray[np.int32], list[frozenset[int]]]:
    """Return the class of each letter, and the atoms that match the letters of each class."""
    classes: dict[frozenset[int], int] = {}
    matched = [_matched(atom, alphabet) for atom in atoms]
    of_letter = [
        classes.setdefault(frozenset(i for i, m in enumerate(matched) if letter in m), len(classes))
        for letter in alphabet
    ]
    return np.array(of_letter, np.int32), list(classes)


@lru_cache(maxsize=4096)
def _matched(atom: str, alphabet: str) -> frozenset[str]:
    matches = compiled(atom).fullmatch
    return frozenset(letter for letter in alphabet if matches(letter))


def _determined(
    graph: _Graph, members: list[frozenset[int]]
) -> tuple[list[list[int]], list[bool], list[bool]]:
    """Return the next states of each state, and whether a match ends there, or would at the end.

    A state is the set of places in which one can be, having begun anywhere in the text.
    """
    anywhere = graph.closure(frozenset({graph.first}))
    # The first state is not come back to: only there is the beginning.
    states = [graph.closure(frozenset({graph.first}), "^")]
    numbers: dict[frozenset[int], int] = {}
    rows: list[list[int]] = []
    while len(rows) < len(states):
        steps = [step for place in states[len(rows)] for step in graph.edges[place]]
        row: list[int] = []
        for atoms in members:
            targets = frozenset(target for what, target in steps if what in atoms)
            reached = graph.closure(targets) | anywhere
            if reached not in numbers:
                numbers[reached] = len(states)
                states.append(reached)
            row.append(numbers[reached])
        rows.append(row)
        if len(states) > MAX_STATES:
            raise UnsupportedError
    at_end = [graph.closure(state, "$") for state in states]
    at_end[0] = graph.closure(states[0], "^", "$")
    return rows, [graph.last in s for s in states], [graph.last in s for s in at_end]
