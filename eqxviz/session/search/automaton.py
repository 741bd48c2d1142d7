"""Regular expressions as automata that read a million texts at once, letter by letter.

A state is all that is known of the letters so far. So a tree of paths is read key by key: what the
path of a node says follows from the state of its parent and from its own key, and no path is ever
written out.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

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
    literal_in,
    parts_of,
)

MAX_STATES = 600
MAX_TABLE = 4_000_000
MAX_PLACES = 1500  # of a pattern with each repeat written out
_FEW = 24  # so few texts are read faster one by one
_MANY = 32_768  # so many at once stay in the processor's cache
_VERY_LONG = 512
_FRESH, _UNMATCHED, _MATCHED = range(3)
_FREE = ""  # an edge that takes no letter

States = NDArray[np.int32]
Rows = NDArray[np.intp]
Places = NDArray[np.int64]  # in `Letters.symbols`


class StoppedError(Exception):
    """The search is no longer wanted."""


class Automaton:
    """Finds a pattern anywhere in a text, whatever the case. States are numbers; 0 is the first.

    Every match holds `literal`, and `is_literal` says that nothing else is asked for. In an idle
    state no match has begun: the next one lies within what is still to be read.

    Raises:
        UnsupportedError: If there is no such automaton, or none of a reasonable size.
    """

    def __init__(self, pattern: str, alphabet: str) -> None:
        try:
            parts = parts_of(pattern)
            graph = _Graph(parts)
        except RecursionError:
            raise UnsupportedError from None
        self.literal, self.is_literal = literal_in(parts)
        of_letter, classes = _letter_classes(graph, alphabet)
        steps = _determined(graph, classes)
        self.n_states = len(steps.rows)
        self.is_hit_at_first = steps.hits[0]
        self.is_idle = np.array(steps.idle, np.bool_)
        self.end_hits = np.array(steps.end_hits, np.bool_)  # a match ends if the text ends here
        # While a text is read, a state has a colour: nothing read yet, no match yet, or a match.
        n, colour = self.n_states, np.arange(3)[:, None, None]
        after = np.array(steps.rows)
        ends_before = np.array(steps.late_hits) & (colour != _FRESH)
        is_match = ends_before | np.array(steps.hits)[after] | (colour == _MATCHED)
        table = np.where(is_match, _MATCHED, _UNMATCHED) * n + after
        # A state is kept as where its row begins, to save a multiplication a letter.
        self._width = len(alphabet)
        if table.size // len(classes) * self._width > MAX_TABLE:
            raise UnsupportedError
        self._table: Rows = (table[:, :, of_letter] * self._width).ravel()

    def after(self, symbols: list[int]) -> tuple[int, bool]:
        """Return the state after a text, and whether a match ended in it."""
        row = self._read_one(symbols, _UNMATCHED * self.n_states * self._width)
        colour, state = divmod(row // self._width, self.n_states)
        return state, colour == _MATCHED or self.is_hit_at_first

    def read(
        self,
        letters: Letters,
        begin: Places,
        end: Places,
        states: States,
        stop: Callable[[], bool],
        *,
        with_earlier: bool = False,
    ) -> tuple[States, NDArray[np.bool_]]:
        """Return the states after the texts `begin` to `end`, and whether matches ended in them.

        A match that ends right before a text, as its first letter shows, counts `with_earlier`.

        Raises:
            StoppedError: If `stop` says so.
        """
        colour = _UNMATCHED if with_earlier else _FRESH
        after, found = np.empty_like(states), np.empty(len(states), np.bool_)
        for start in range(0, len(states), _MANY):
            if stop():
                raise StoppedError
            some = slice(start, start + _MANY)
            rows = (states[some].astype(np.intp) + colour * self.n_states) * self._width
            rows = self._read_some(letters, begin[some], end[some], rows) // self._width
            found[some] = rows >= _MATCHED * self.n_states
            after[some] = rows % self.n_states
        return after, found

    def found_in(
        self, letters: Letters, begin: Places, end: Places, stop: Callable[[], bool]
    ) -> NDArray[np.bool_]:
        """Return in which of the texts `begin` to `end` the pattern is.

        Raises:
            StoppedError: If `stop` says so.
        """
        first = np.zeros(len(begin), np.int32)
        states, found = self.read(letters, begin, end, first, stop, with_earlier=True)
        return found | self.end_hits[states] | self.is_hit_at_first

    def _read_some(self, letters: Letters, begin: Places, end: Places, rows: Rows) -> Rows:
        """Return the rows after these texts: letter by letter of all of them, the longest first."""
        length = np.minimum(end - begin, _VERY_LONG).astype(np.uint16)  # 16 bits sort fastest
        longest_first = np.argsort(_VERY_LONG - length, kind="stable")
        at, last, row = begin[longest_first], end[longest_first], rows[longest_first]
        n_left = np.cumsum(np.bincount(length, minlength=_VERY_LONG + 1)[:0:-1])[::-1]
        n_read = 0
        while n_read < _VERY_LONG and (n := int(n_left[n_read])) > _FEW:
            row[:n] = self._table.take(row[:n] + letters.symbols.take(at[:n]))
            at[:n] += 1
            n_read += 1
        for i in range(int(n_left[min(n_read, _VERY_LONG - 1)])):
            row[i] = self._read_one(letters.symbols[int(at[i]) : int(last[i])].tolist(), row[i])
        rows[longest_first] = row
        return rows

    def _read_one(self, symbols: list[int], row: int) -> int:
        table = self._table
        for symbol in symbols:
            row = int(table[row + symbol])
        return row


class _Graph:
    """A pattern as places with edges between them: a letter to take, an anchor, or free.

    `edges[place]` holds `(what, target)`; what is the index of an atom, an anchor's sign, or free.
    """

    def __init__(self, part: Part) -> None:
        self.atoms: list[str] = []
        self.edges: list[list[tuple[int | str, int]]] = []
        self.first = self._place()
        self.last = self._add(part, self.first)
        self.word_atom = -1  # an atom that tells the letters of words, where that matters
        if any(what in (r"\b", r"\B") for edges in self.edges for what, _ in edges):
            self.word_atom = len(self.atoms)
            self.atoms.append(r"\w")

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


def _letter_classes(graph: _Graph, alphabet: str) -> tuple[NDArray[np.intp], list[frozenset[int]]]:
    """Return the class of each letter, and the atoms that match the letters of each class."""
    classes: dict[frozenset[int], int] = {}
    matched = [_matched(atom, alphabet) for atom in graph.atoms]
    of_letter = [
        classes.setdefault(frozenset(i for i, m in enumerate(matched) if letter in m), len(classes))
        for letter in alphabet
    ]
    return np.array(of_letter), list(classes)


@lru_cache(maxsize=4096)
def _matched(atom: str, alphabet: str) -> frozenset[str]:
    matches = compiled(atom).fullmatch
    return frozenset(letter for letter in alphabet if matches(letter))


class _Steps(NamedTuple):
    """By state: the next state for each class of letters, and where matches end."""

    rows: list[list[int]]
    late_hits: list[list[bool]]  # before a letter of this class, which makes a word's boundary
    hits: list[bool]  # here
    end_hits: list[bool]  # here, if the text ends
    idle: list[bool]  # no match has begun


def _determined(graph: _Graph, classes: list[frozenset[int]]) -> _Steps:
    """Return the states that a pattern can be in.

    A state is the set of places in which one can be, having begun anywhere in the text, and
    whether the last letter was one of a word.
    """
    anywhere = graph.closure(frozenset({graph.first}))
    # The first state is not come back to: only there is the beginning.
    states = [(graph.closure(frozenset({graph.first}), "^"), False)]
    numbers: dict[tuple[frozenset[int], bool], int] = {}
    steps = _Steps([], [], [], [], [])
    while len(steps.rows) < len(states):
        places, was_word = states[len(steps.rows)]
        begins = ("^",) if not steps.rows else ()
        row: list[int] = []
        late: list[bool] = []
        for atoms in classes:
            is_word = graph.word_atom in atoms
            here = graph.closure(places, *begins, _boundary(was_word, is_word))
            late.append(graph.last in here and graph.last not in places)
            taken = (step for place in here for step in graph.edges[place] if step[0] in atoms)
            reached = graph.closure(frozenset(target for _, target in taken)) | anywhere
            state = reached, is_word
            if state not in numbers:
                numbers[state] = len(states)
                states.append(state)
            row.append(numbers[state])
        at_end = graph.closure(places, *begins, "$", _boundary(was_word, False))
        steps.rows.append(row)
        steps.late_hits.append(late)
        steps.hits.append(graph.last in places)
        steps.end_hits.append(graph.last in at_end)
        steps.idle.append(places == anywhere)
        if len(states) > MAX_STATES:
            raise UnsupportedError
    return steps


def _boundary(was_word: bool, is_word: bool) -> str:
    return r"\b" if was_word != is_word else r"\B"
