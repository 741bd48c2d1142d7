"""Many texts of a column at once: read, and sorted as a reader would sort them."""

import re

import numpy as np
from numpy.typing import NDArray

from eqxviz.records import Strings

_NUMBER = re.compile(r"[+-]?(?:\d|\.\d)")
_MANY = 65_536
_WIDTH = 96  # by so many letters texts are sorted
_LOWER = np.array([ord(chr(i).lower()) if i < 128 else i for i in range(256)], np.uint8)


def texts_of(strings: Strings, ids: NDArray[np.integer]) -> list[str]:
    """Return the texts of `ids`; decoded in one sweep where there are many."""
    if len(ids) < 1000:
        return [strings[int(i)] for i in ids]
    data = strings.data.tobytes()
    starts, stops = strings.offsets[ids].tolist(), strings.offsets[ids + 1].tolist()
    return [data[a:b].decode("utf-8", "replace") for a, b in zip(starts, stops, strict=True)]


def sorted_ids(strings: Strings, ids: NDArray[np.integer]) -> NDArray[np.integer]:
    """Return `ids` in the order of their texts: numbers by value, then `a2`, `A10`, `b`.

    Python's own sort would hold up all other threads: a million texts take it a second.
    """
    if not len(ids):
        return ids
    by_letters = np.argsort(_keys(strings, ids), kind="stable")
    in_order = ids[by_letters]
    return in_order[np.argsort(_values(strings, in_order), kind="stable")]


def _keys(strings: Strings, ids: NDArray[np.integer]) -> NDArray[np.bytes_]:
    """Return what sorts texts letter by letter: small letters, a count of digits before digits."""
    begin = strings.offsets[ids].astype(np.int64)
    length = np.minimum(strings.offsets[ids + 1].astype(np.int64) - begin, _WIDTH)
    width = int(min(_WIDTH, length.max() * 3 // 2 + 1))
    keys = np.zeros((len(ids), width), np.uint8)
    for start in range(0, len(ids), _MANY):
        some = slice(start, start + _MANY)
        ends = np.cumsum(length[some])
        starts = ends - length[some]
        shift: NDArray[np.int64] = np.repeat(begin[some] - starts, length[some])
        places = shift + np.arange(len(shift))
        letters = _LOWER[strings.data[places]]
        is_first = np.zeros(len(letters) + 1, np.bool_)
        is_first[starts] = True
        letters, ends = _with_counts(letters, is_first[:-1], ends)
        starts = np.append(0, ends[:-1])
        column = np.arange(len(letters)) - np.repeat(starts, ends - starts)
        row = np.repeat(np.arange(len(ends)), ends - starts)
        fits = column < width
        keys[start + row[fits], column[fits]] = letters[fits]
    return keys.view(f"S{width}")[:, 0]


def _with_counts(
    letters: NDArray[np.uint8], is_first: NDArray[np.bool_], ends: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Put before each row of digits how many they are, so that 10 comes after 9."""
    is_digit = (letters >= ord("0")) & (letters <= ord("9"))
    goes_on = np.zeros(len(letters), np.bool_)
    goes_on[1:] = is_digit[1:] & is_digit[:-1] & ~is_first[1:]
    begins = np.flatnonzero(is_digit & ~goes_on)
    stops = np.flatnonzero(is_digit & ~np.append(goes_on[1:], False)) + 1
    counts = np.minimum(stops - begins, 15) + ord("0")
    with_counts = np.insert(letters, begins, counts.astype(np.uint8))
    return with_counts, ends + np.searchsorted(begins, ends)


def _values(strings: Strings, ids: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the numbers that texts are; infinity for what is none."""
    values = np.full(len(ids), np.inf)
    begin = strings.offsets[ids]
    has_any = np.flatnonzero(begin < strings.offsets[ids + 1])
    first = strings.data[begin[has_any]]
    may_be = has_any[(first >= ord("+")) & (first <= ord("9"))]
    for i, text in zip(may_be.tolist(), texts_of(strings, ids[may_be]), strict=True):
        if _NUMBER.match(text):
            try:
                values[i] = float(text)
            except ValueError:
                continue
    return values
