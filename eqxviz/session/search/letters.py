"""A column of texts as one array of small numbers, a letter each."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Strings
from eqxviz.session.outline.texts import texts_of

ASCII = "".join(map(chr, range(128)))
_CHUNK = 1 << 18  # so many letters stay in the processor's cache
_SMALL = 0x20  # the bit by which a small letter differs from the capital one


class Letters:
    """The letters of `strings`: text `i` is `symbols[begin[i] : end[i]]`, places in `alphabet`.

    `extra` are letters that the alphabet must have besides.
    """

    def __init__(self, strings: Strings, extra: str = "") -> None:
        data = strings.data
        if extra.isascii() and (not len(data) or int(data.max()) < 128):
            self.alphabet = ASCII
            self.symbols: NDArray[np.integer] = data
            offsets = strings.offsets.astype(np.int64)
        else:
            texts = texts_of(strings, np.arange(len(strings)))
            offsets = np.cumsum([0, *map(len, texts)])
            # A lone surrogate is a letter, too.
            joined = "".join((*texts, extra)).encode("utf-32-le", "surrogatepass")
            letters, symbols = np.unique(np.frombuffer(joined, np.uint32), return_inverse=True)
            self.alphabet = "".join(map(chr, letters.tolist()))
            self.symbols = symbols[: int(offsets[-1])].astype(np.int32)
        self.begin: NDArray[np.int64] = offsets[:-1]
        self.end: NDArray[np.int64] = offsets[1:]
        self._found: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]] = {}

    @property
    def is_ascii(self) -> bool:
        """Whether all letters are ASCII: `holding` is for these alone."""
        return self.alphabet is ASCII

    def holding(self, literal: str, begin: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which texts, read from `begin` on, hold `literal`, whatever the case.

        All letters are compared with one letter at a time, in one sweep: reading text by text, as
        an automaton does, takes ten times as long for a million texts.
        """
        if literal not in self._found:
            self._found = {literal: self._places_of(literal)}
        texts, places = self._found[literal]
        held = np.zeros(len(self.end), np.bool_)
        is_all = begin is self.begin or np.array_equal(begin, self.begin)
        held[texts if is_all else texts[places >= begin[texts]]] = True
        return held

    def _places_of(self, literal: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return in which texts, and from where on, `literal` stands, in small letters."""
        n_places = max(len(self.symbols) - len(literal) + 1, 0)
        found = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        for start in range(0, n_places, _CHUNK):
            n = min(_CHUNK, n_places - start)
            as_is = self.symbols[start : start + n + len(literal) - 1]
            small = as_is | _SMALL
            is_here = np.ones(n, np.bool_)
            for at, letter in enumerate(literal):
                letters = small if letter.isalpha() else as_is
                is_here &= letters[at : at + n] == ord(letter)
            places = np.flatnonzero(is_here) + start
            # To look among the texts of the chunk alone is twice as fast.
            first, last = self.end.searchsorted((start, start + n), "right")
            texts = self.end[first : last + 1].searchsorted(places, "right") + first
            is_inside = places + len(literal) <= self.end[texts]
            found[0].append(texts[is_inside])
            found[1].append(places[is_inside])
        return np.concatenate(found[0]), np.concatenate(found[1])

    def symbols_of(self, text: str) -> list[int]:
        """Return the symbols of another text, whose letters must be in the alphabet."""
        return [self.alphabet.index(letter) for letter in text]

    def begin_of_names(self) -> NDArray[np.int64]:
        """Return `begin`, past the dot of texts like `.weight`."""
        if not len(self.symbols):
            return self.begin
        # An empty text reads a letter that is not its own.
        first = self.symbols.take(self.begin, mode="clip")
        return self.begin + ((first == self.alphabet.find(".")) & (self.begin < self.end))
