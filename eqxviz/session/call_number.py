"""The number of a call as a user writes it: where a run is to pause."""

import re
from typing import TYPE_CHECKING

from eqxviz.session import formatting

if TYPE_CHECKING:
    from eqxviz.session.run_view import RunView

_NUMBER = re.compile(r"(\+?)\s*(\d[\d,_ ]*)(k?)", re.IGNORECASE)
_LARGEST = 2**62


class CallNumberError(ValueError):
    """What was written names no call that the run can pause before."""


def call_number(text: str, n_made: int) -> int:
    """Return the call that `text` names after so many were made: "1500", "1,500", "2k", "+100".

    After "+100" a hundred calls are made before the one that is run to.

    Raises:
        CallNumberError: If it is no number, or the call was made already.
    """
    found = _NUMBER.fullmatch(text.strip())
    if found is None:
        raise CallNumberError("Write a number: 1500 or 2k for that call, +100 for 100 calls on")
    plus, digits, thousands = found.groups()
    number = int(re.sub(r"[,_ ]", "", digits)) * (1000 if thousands else 1)
    call = n_made + number + 1 if plus and number else number
    if call > _LARGEST:
        raise CallNumberError("That is more calls than can be counted")
    if call <= n_made:
        made = "1 call was" if n_made == 1 else f"{n_made:,} calls were"
        raise CallNumberError(f"{made} made already: the next is {n_made + 1:,}")
    return call


def is_onward(text: str) -> bool:
    """Whether `text` says how many calls are to be made from now on, as "+100" does."""
    return text.strip().startswith("+")


def call_hint(run: "RunView", call: int) -> str:
    """Return what running to `call` means: how many calls that is, and about how long it takes."""
    status = run.status
    n = call - status.step - 1
    if not n:
        return "That is the next call"
    words = "1 call" if n == 1 else f"{n:,} calls"
    rate = status.steps_per_second
    about = f", about {formatting.seconds(n / rate)}" if rate > 0 else ""
    return f"{words} from here{about}"
