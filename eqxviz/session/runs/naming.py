"""Runs by the short names that one types: a part of the id, a name, `last`."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches

from eqxviz.store import RunSummary

LAST = "last"
_SHOWN = 5


class UnknownRunError(LookupError):
    """A word that stands for no run, or for several; the message says for which it may."""


def short_ids(runs: Sequence[RunSummary]) -> dict[str, str]:
    """Return a short id for each id: the last part of it, where no other run has the same."""
    ends = {run.id: run.id.rpartition("-")[2] for run in runs}
    count = Counter(ends.values())
    return {id: end if end and count[end] == 1 else id for id, end in ends.items()}


def run_named(runs: Sequence[RunSummary], word: str) -> RunSummary:
    """Return the run that `word` stands for, of `runs` with the newest first.

    A word is an id, the beginning or the last part of one, a name, `last`, or `last-1` for the one
    before it.

    Raises:
        UnknownRunError: If it is none of them, or several.
    """
    if not runs:
        raise UnknownRunError("no runs are kept yet; `eqxviz run SCRIPT.py` makes one")
    if word == LAST or word.startswith(f"{LAST}-"):
        back = word.removeprefix(LAST).removeprefix("-") or "0"
        if back.isdecimal() and int(back) < len(runs):
            return runs[int(back)]
        raise UnknownRunError(f"there is no run {word!r}: {len(runs):,} are kept")
    for found in (
        [run for run in runs if run.id == word],
        [run for run in runs if run.id.rpartition("-")[2] == word],
        [run for run in runs if run.name == word and word],
        [run for run in runs if run.id.startswith(word) and word],
    ):
        if len(found) == 1:
            return found[0]
        if found:
            raise UnknownRunError(f"{word!r} fits {len(found):,} runs: {_list(found)}")
    shorts = short_ids(runs)
    near = get_close_matches(word, [*shorts.values(), *(run.name for run in runs if run.name)], 3)
    meant = f"did you mean {' or '.join(near)}?" if near else f"the newest are {_list(runs)}"
    raise UnknownRunError(f"there is no run {word!r}; {meant}")


def _list(runs: Sequence[RunSummary]) -> str:
    shorts = short_ids(runs)
    words = [f"{shorts[run.id]} ({run.title})" for run in runs[:_SHOWN]]
    more = len(runs) - len(words)
    return ", ".join(words) + (f", and {more:,} more" if more else "")
