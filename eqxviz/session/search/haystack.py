"""What is searched: the texts of a tree and the paths of its nodes, as masks over the nodes."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import ModelTree
from eqxviz.session.outline.texts import texts_of
from eqxviz.session.outline.unfolding import Mask, Nodes, level_starts
from eqxviz.session.search.automaton import Automaton, States, StoppedError
from eqxviz.session.search.letters import Letters
from eqxviz.session.search.pattern import UnsupportedError, compiled

MAX_PAIRS = 8_000_000  # of a state and a key, in one table
_SLICE = 1000  # texts that are matched one by one before others get their turn


@dataclass(frozen=True)
class Known:
    """What is known of a tree's nodes beside the tree.

    `statistics` are columns `nodes`, `n_nan`, `n_inf`, `n_zero` and `size`, of the arrays whose
    values were looked at; `optimiser` the nodes that have optimiser state, `gradient` those that a
    gradient was seen for.
    """

    statistics: Mapping[str, NDArray[Any]] | None = None
    optimiser: Nodes | None = None
    gradient: Nodes | None = None


class Haystack:
    """One tree to be searched. `problems` collects why an answer is not the whole one.

    Methods raise `StoppedError` if `stop` says so.
    """

    def __init__(self, tree: ModelTree, known: Known, stop: Callable[[], bool]) -> None:
        self.tree = tree
        self.uses_known = False  # whether it was asked what is known beside the tree
        self.problems: list[str] = []
        self._known = known
        self._stop = stop
        self._automata: dict[str, Automaton | None] = {}

    @cached_property
    def depths(self) -> NDArray[np.int32]:
        """How many nodes are above each node."""
        starts = np.array(level_starts(self.tree))
        return np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))

    def known(self) -> Known:
        """Return what is known beside the tree; another time it may be more."""
        self.uses_known = True
        return self._known

    def nothing(self) -> Mask:
        """Return the mask of no node."""
        return np.zeros(len(self.tree), np.bool_)

    def of_texts(self, pattern: str) -> Mask:
        """Return which texts a regular expression is found in; last, False, what id -1 reads."""
        found = np.zeros(len(self.tree.strings) + 1, np.bool_)
        automaton, letters = self._automaton(pattern), self._letters
        if automaton is not None:
            begin, end = letters.begin_of_names(), letters.end
            held = self._holding(automaton, begin)
            if held is None:
                found[:-1] = automaton.found_in(letters, begin, end, self._stop)
            elif automaton.is_literal:
                found[:-1] = held
            else:
                may_be = np.flatnonzero(held)
                hits = automaton.found_in(letters, begin[may_be], end[may_be], self._stop)
                found[may_be] = hits
            return found
        texts = texts_of(self.tree.strings, np.arange(len(found) - 1))
        search = compiled(pattern).search
        for i, text in enumerate(texts):
            self._give_way(i)
            found[i] = search(text.removeprefix(".")) is not None
        return found

    def of_leaves(self, of_rows: Mask) -> Mask:
        """Return for each node what `of_rows` says of the description of its leaf."""
        return np.append(of_rows, False)[self.tree.leaf]

    def of_types(self, of_rows: Mask) -> Mask:
        """Return for each node what `of_rows` says of its type."""
        return np.append(of_rows, False)[self.tree.type]

    def of_paths(self, pattern: str, *, anywhere: bool) -> Mask:
        """Return in which paths, `model.layers[0].weight`, a regular expression is found.

        A match must end within the node's own key unless it may be `anywhere`: else everything
        below a node that is found would be, too.
        """
        automaton = self._automaton(pattern)
        if automaton is None:
            return self._of_paths_one_by_one(pattern, anywhere)
        tree = self.tree
        states = np.zeros(len(tree), np.int32)
        passed = self.nothing()
        states[0], passed[0] = automaton.after(self._letters.symbols_of(tree.name))
        for start, stop in pairwise(level_starts(tree)[1:]):
            parents, keys = tree.parent[start:stop], tree.key[start:stop]
            before = states[parents]
            hits, rest = self._without_reading(automaton, before, start)
            read = self._read_keys(automaton, before[rest], keys[rest], anywhere)
            states[start + rest], hits[rest] = read
            passed[start:stop] = hits | passed[parents] if anywhere else hits
        return passed | automaton.end_hits[states]

    def _without_reading(
        self, automaton: Automaton, before: States, start: int
    ) -> tuple[Mask, NDArray[np.intp]]:
        """Return which nodes from `start` on are found at a glance, and which must be read.

        Of a leaf nobody asks for the state after it; and before it, mostly, no match has begun.
        """
        tree = self.tree
        held = self._holding(automaton, self._letters.begin)
        if held is None:
            return np.zeros(len(before), np.bool_), np.arange(len(before))
        some = slice(start, start + len(before))
        is_sure = automaton.is_idle[before] & (tree.n_children[some] == 0)
        hits = np.append(held, False)[tree.key[some]]
        if not automaton.is_literal:
            is_sure &= ~hits
        return hits & is_sure, np.flatnonzero(~is_sure)

    def _holding(self, automaton: Automaton, begin: NDArray[np.int64]) -> Mask | None:
        """Return which texts hold what every match does; None where that does not help."""
        letters, literal = self._letters, automaton.literal
        if not literal or not literal.isascii() or not letters.is_ascii:
            return None
        return letters.holding(literal, begin)

    def _read_keys(
        self, automaton: Automaton, states: States, keys: Nodes, with_earlier: bool
    ) -> tuple[States, Mask]:
        """Return the states after these keys, and whether matches end in them.

        Few pairs of a state and a key are different: each is read once.
        """
        letters = self._letters
        begin, end = np.append(letters.begin, 0), np.append(letters.end, 0)  # key -1 is empty
        is_live = np.zeros(automaton.n_states, np.bool_)
        is_live[states] = True
        live = np.flatnonzero(is_live).astype(np.int32)
        n_pairs = len(live) * len(begin)
        if n_pairs > MAX_PAIRS:
            return automaton.read(
                letters, begin[keys], end[keys], states, self._stop, with_earlier=with_earlier
            )
        number = np.cumsum(is_live, dtype=np.int32) - np.int32(1)
        pair = number[states] * np.int32(len(begin)) + (keys + np.int32(1))
        is_met = np.zeros(n_pairs, np.bool_)
        is_met[pair] = True
        met = np.flatnonzero(is_met)
        key = met % len(begin) - 1
        met_states = live[met // len(begin)]
        after, hits = automaton.read(
            letters, begin[key], end[key], met_states, self._stop, with_earlier=with_earlier
        )
        after_pair, hit_pair = np.zeros(n_pairs, np.int32), np.zeros(n_pairs, np.bool_)
        after_pair[met], hit_pair[met] = after, hits
        return after_pair[pair], hit_pair[pair]

    def _of_paths_one_by_one(self, pattern: str, anywhere: bool) -> Mask:
        tree = self.tree
        keys = texts_of(tree.strings, np.arange(len(tree.strings)))
        find, found = compiled(pattern).finditer, self.nothing()
        paths = {0: tree.name}  # of the inner nodes
        found[0] = any(True for _ in find(tree.name))
        for node in range(1, len(tree)):
            self._give_way(node)
            above = paths[int(tree.parent[node])]
            path = above + keys[int(tree.key[node])]
            own = -1 if anywhere else len(above)
            found[node] = any(match.end() > own for match in find(path))
            if tree.n_children[node]:
                paths[node] = path
        return found

    @cached_property
    def _letters(self) -> Letters:
        return Letters(self.tree.strings, self.tree.name)

    def _automaton(self, pattern: str) -> Automaton | None:
        """Return the automaton of a pattern, None if it can only be matched text by text."""
        if pattern not in self._automata:
            try:
                self._automata[pattern] = Automaton(pattern, self._letters.alphabet)
            except UnsupportedError:
                self._automata[pattern] = None
        return self._automata[pattern]

    def _give_way(self, i: int) -> None:
        """Let other threads run now and then: Python's own matching holds them up."""
        if i % _SLICE == 0:
            if self._stop():
                raise StoppedError
            time.sleep(0)
