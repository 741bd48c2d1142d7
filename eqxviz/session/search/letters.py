"""A column of texts as one array of small numbers, a letter each."""

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Strings
from eqxviz.session.outline.texts import texts_of

ASCII = "".join(map(chr, range(128)))


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
