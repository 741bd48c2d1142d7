"""Which of many texts a few typed letters mean."""

from typing import NamedTuple


class Match(NamedTuple):
    """How well a text fits, the more the better, and which of its letters were meant."""

    score: float
    positions: tuple[int, ...]


def match(query: str, text: str) -> Match | None:
    """Return how `query` fits `text`; None if its letters are not all there, in that order.

    Case and blanks in the query do not matter. A whole piece found in one beats scattered letters,
    the beginning of a word beats its middle, and of equals the shorter text wins.
    """
    wanted, lowered = "".join(query.casefold().split()), text.casefold()
    if not wanted:
        return Match(0.0, ())
    whole = lowered.find(query.casefold().strip())
    if whole >= 0:
        length = len(query.strip())
        bonus = 30 if _starts_word(text, whole) else 15
        return Match(bonus + 4 * length - len(text) / 100, tuple(range(whole, whole + length)))
    positions = _word_starts_first(wanted, lowered, text) or _in_order(wanted, lowered)
    if positions is None:
        return None
    score = -len(text) / 100
    for before, at in zip((-2, *positions), positions, strict=False):
        score += 3 if at == before + 1 else 2 if _starts_word(text, at) else 0
        score -= 0.05 * max(0, at - before - 1) if before >= 0 else 0
    return Match(score, positions)


def _in_order(wanted: str, lowered: str) -> tuple[int, ...] | None:
    positions: list[int] = []
    at = -1
    for letter in wanted:
        at = lowered.find(letter, at + 1)
        if at < 0:
            return None
        positions.append(at)
    return tuple(positions)


def _word_starts_first(wanted: str, lowered: str, text: str) -> tuple[int, ...] | None:
    """Return positions where each letter goes on from the last one or begins a later word."""
    positions: list[int] = []
    for letter in wanted:
        at = positions[-1] + 1 if positions else 0
        if positions and at < len(lowered) and lowered[at] == letter:
            positions.append(at)
            continue
        while at < len(lowered) and not (lowered[at] == letter and _starts_word(text, at)):
            at += 1
        if at == len(lowered):
            return None
        positions.append(at)
    return tuple(positions)


def _starts_word(text: str, at: int) -> bool:
    if at == 0:
        return True
    before, here = text[at - 1], text[at]
    return not before.isalnum() or (before.islower() and here.isupper())
