"""PRNG keys as numbers: the same number stands for the same key, wherever it has come to.

A typed key is one number; a raw one, of `uint32` words, is a number for each word.
"""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from eqxviz.analysis import compat

WORDS = 8  # numbers that a key has for its words; JAX's keys have two words, or four
_MOST_KEYS = 1 << 16


@dataclass(frozen=True, eq=False)
class Made:
    """How keys were made of others."""

    kind: str  # "split", "fold_in", "root" for keys that were made of none
    site: Any  # where; None for a root
    parents: np.ndarray | None  # the numbers of the keys that were split
    before: "Made | None"  # how those were made

    def chain(self) -> list["Made"]:
        """Return this and all before it, the root first."""
        found: list[Made] = [self]
        made = self.before
        while made is not None:
            found.append(made)
            made = made.before
        return found[::-1]


class Keys(NamedTuple):
    """The keys, or the words of keys, that an array holds."""

    numbers: np.ndarray
    made: Made
    n_words: int  # of a key, along the last axis; 0 for typed keys

    def with_numbers(self, numbers: np.ndarray) -> "Keys":
        """Return other ones of these."""
        return self._replace(numbers=numbers)


class Token(NamedTuple):
    """What stands for data that is folded into a key: the same token, the same data."""

    name: Hashable
    depth: int  # the loops that it varies with


@dataclass(eq=False)
class Numbers:
    """Hands out the numbers of keys, the same for what is made of the same in the same way."""

    _next: int = 0
    _known: dict[Hashable, np.ndarray] = field(default_factory=dict[Hashable, np.ndarray])
    # Of each number the loops, one within the other, whose turns give it another key.
    _depths: dict[int, int] = field(default_factory=dict[int, int])
    _stands_for: dict[int, np.ndarray] = field(default_factory=dict[int, np.ndarray])

    def fresh(self, shape: Sequence[int], depth: int = 0) -> np.ndarray:
        """Return numbers that stand for keys not met before."""
        n = int(np.prod(shape, dtype=int))
        made = np.arange(self._next, self._next + n).reshape(tuple(shape))
        self._next += n
        if depth:
            self._depths |= dict.fromkeys(made.ravel().tolist(), depth)
        return made

    def known(self, name: Hashable, shape: Sequence[int], depth: int = 0) -> np.ndarray:
        """Return the numbers that have that name, fresh ones at first."""
        key = name, tuple(shape)
        if key not in self._known:
            self._known[key] = self.fresh(shape, depth)
        return self._known[key]

    def children(self, parents: np.ndarray, shape: Sequence[int]) -> np.ndarray:
        """Return the numbers of the keys that each of `parents` is split into."""
        n = int(np.prod(shape, dtype=int))
        if parents.size * n > _MOST_KEYS or parents.size > WORDS * WORDS:
            name = "split", parents.tobytes()
            return self.known(name, (*parents.shape, *shape), self.depth(parents))
        made = [self._first_children(parent, n) for parent in parents.ravel().tolist()]
        return np.reshape(np.array(made, int), (*parents.shape, *shape))

    def _first_children(self, parent: int, n: int) -> np.ndarray:
        """Return the first `n` children; they are the same however many there are."""
        name = "child", parent
        known = self._known.get(name, np.zeros(0, int))
        if len(known) < n:
            more = self.fresh((n - len(known),), self._depths.get(parent, 0))
            known = self._known[name] = np.concatenate([known, more])
        return known[:n]

    def folded(self, parents: np.ndarray, token: Token, shape: Sequence[int]) -> np.ndarray:
        """Return the numbers of keys that data was folded into."""
        depth = max(self.depth(parents), token.depth)
        return self.known(("fold_in", parents.tobytes(), token.name), shape, depth)

    def depth(self, numbers: np.ndarray) -> int:
        """Return the loops that keys vary with; none for no keys."""
        return max(map(self.depth_of, numbers.ravel()[:WORDS].tolist()), default=0)

    def depth_of(self, number: int) -> int:
        """Return the loops that a key varies with."""
        return self._depths.get(number, 0)

    def stand_for(self, numbers: np.ndarray, others: np.ndarray) -> None:
        """Note that each of `numbers` stands for any of `others`, from turn to turn."""
        others = np.unique(others)
        for number in numbers.ravel().tolist():
            before = self._stands_for.get(number)
            self._stands_for[number] = others if before is None else np.union1d(before, others)

    def meant_by(self, numbers: np.ndarray, most: int = 256) -> set[int]:
        """Return `numbers`, and what they stand for."""
        found: set[int] = set()
        waiting = np.unique(numbers)[:most].tolist()
        while waiting and len(found) < most:
            number = waiting.pop()
            if number not in found:
                found.add(number)
                waiting += self._stands_for.get(number, np.zeros(0, int))[:most].tolist()
        return found

    def whole(self, keys: Keys) -> np.ndarray:
        """Return the numbers of keys, not of their words."""
        words: np.ndarray = keys.numbers
        if not keys.n_words:
            return words
        first: np.ndarray = words[..., 0]
        offsets: np.ndarray = np.subtract(words, words[..., :1])
        n_words: int = words.shape[-1]
        is_whole = np.equal(offsets, np.arange(n_words)).all(axis=-1)
        if np.all(is_whole & (first % WORDS == 0)):
            return first // WORDS
        return self.known(("wrap", words.tobytes()), words.shape[:-1], self.depth(words // WORDS))


def of_type(aval: Any) -> tuple[tuple[int, ...], int]:
    """Return the shape of the keys that an array of a type holds, and how many words each has."""
    shape = tuple(aval.shape)
    return (shape, 0) if compat.is_key_dtype(aval.dtype) else (shape[:-1], shape[-1])


def in_words(keys: np.ndarray, n_words: int) -> np.ndarray:
    """Return the numbers of the words of keys; `keys` where these are typed."""
    return keys[..., None] * WORDS + np.arange(n_words) if n_words else keys


def may_be_keys(aval: Any) -> bool:
    """Whether an array of that type may hold keys."""
    shape, dtype = getattr(aval, "shape", None), getattr(aval, "dtype", None)
    if shape is None or dtype is None:
        return False
    if compat.is_key_dtype(dtype):
        return all(type(size) is int for size in tuple(shape))
    is_of_words = bool(shape) and dtype == np.uint32 and shape[-1] in (2, 4)
    return is_of_words and math.prod(shape) <= _MOST_KEYS


# --- What moves keys without changing them, by the name of the primitive

Move = Callable[[list[np.ndarray], dict[str, Any], Any], np.ndarray | None]


def _slice(given: list[np.ndarray], params: dict[str, Any], _aval: Any) -> np.ndarray:
    bounds = params["start_indices"], params["limit_indices"]
    steps = params["strides"] or (1,) * given[0].ndim
    return given[0][tuple(map(slice, *bounds, steps))]


def _broadcast(given: list[np.ndarray], params: dict[str, Any], aval: Any) -> np.ndarray:
    sizes = [1] * len(aval.shape)
    for axis, into in enumerate(params["broadcast_dimensions"]):
        sizes[into] = given[0].shape[axis]
    return np.broadcast_to(given[0].reshape(sizes), aval.shape)


def _same(given: list[np.ndarray], _params: dict[str, Any], aval: Any) -> np.ndarray | None:
    return given[0] if given[0].shape == tuple(aval.shape) else None


def _squeeze(given: list[np.ndarray], params: dict[str, Any], _aval: Any) -> np.ndarray:
    return np.squeeze(given[0], tuple(params["dimensions"]))


def _reshape(given: list[np.ndarray], _params: dict[str, Any], aval: Any) -> np.ndarray:
    return given[0].reshape(aval.shape)


def _transpose(given: list[np.ndarray], params: dict[str, Any], _aval: Any) -> np.ndarray:
    return np.transpose(given[0], params["permutation"])


def _reverse(given: list[np.ndarray], params: dict[str, Any], _aval: Any) -> np.ndarray:
    return np.flip(given[0], tuple(params["dimensions"]))


def _concatenate(given: list[np.ndarray], params: dict[str, Any], _aval: Any) -> np.ndarray:
    return np.concatenate(given, params["dimension"])


def _stack(given: list[np.ndarray], params: dict[str, Any], _aval: Any) -> np.ndarray:
    return np.stack(given, params["axis"])


_COPIES = (
    *("copy", "copy_p", "stage", "sharding_constraint", "layout_constraint", "reshard"),
    *("convert_element_type", "pvary"),
)
MOVES: dict[str, Move] = {
    "slice": _slice,
    "squeeze": _squeeze,
    "reshape": _reshape,
    "broadcast_in_dim": _broadcast,
    "transpose": _transpose,
    "rev": _reverse,
    "concatenate": _concatenate,
    "stack": _stack,
    **dict.fromkeys(_COPIES, _same),
}
