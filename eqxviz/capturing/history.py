"""The compilations of one function: what each is compared with, and whether they never end."""

from collections import deque
from typing import NamedTuple

from eqxviz.capturing.causes import causes_of
from eqxviz.capturing.signatures import Signature, sharing
from eqxviz.records import Cause, CauseKind
from eqxviz.records.recompiles import has_settled

_MOST_KEPT = 64  # signatures
_MOST_CAUSES = 200  # of one compilation
# An alarm is raised when so many of the latest calls were compiled anew for one and the same cause.
_ALARMING = 4
_LATEST_CALLS = 5


class Explained(NamedTuple):
    """Why a call compiled."""

    nearest: int  # the compilation it is compared with, -1 for the first
    causes: tuple[Cause, ...]


class History:
    """What a function was compiled for. One thread at a time."""

    def __init__(self) -> None:
        self._known: deque[tuple[int, Signature]] = deque(maxlen=_MOST_KEPT)
        self._recompiles: deque[tuple[int, tuple[Cause, ...]]] = deque(maxlen=_ALARMING)
        self._alarmed: set[tuple[CauseKind, str]] = set()
        self._n_compiles = 0

    @property
    def is_empty(self) -> bool:
        """Whether nothing was compiled yet."""
        return not self._known

    def explain(self, id: int, signature: Signature) -> Explained:
        """Return why compilation `id` was needed: in what it differs from the nearest before it.

        That is the one with the fewest differences, among equals the latest.
        """
        best, nearest = None, None
        for earlier, known in reversed(self._known):
            causes = tuple(causes_of(known, signature))
            if best is None or len(causes) < len(best.causes):
                best, nearest = Explained(earlier, causes), known
                if not causes:
                    break
        kept = signature if nearest is None else sharing(signature, nearest)
        self._known.append((id, kept))
        if best is None:
            return Explained(-1, ())
        if not best.causes:
            return Explained(best.nearest, (_FORGOTTEN,))
        return Explained(best.nearest, best.causes[:_MOST_CAUSES])

    def alarm(self, call: int, causes: tuple[Cause, ...]) -> Cause | None:
        """Return what makes nearly every call compile anew, if the compilation of `call` shows it.

        Each cause is returned once, and again if the function has settled since. `call` counts the
        calls of the function.
        """
        if self._recompiles and has_settled(call - 1, self._recompiles[-1][0], self._n_compiles):
            self._alarmed.clear()
        self._n_compiles += 1
        self._recompiles.append((call, causes))
        recent = self._recompiles
        if len(recent) < _ALARMING or call - recent[0][0] >= _LATEST_CALLS:
            return None
        shared = set.intersection(*({(c.kind, c.path) for c in each} for _, each in recent))
        for cause in causes:
            key = cause.kind, cause.path
            if key in shared:
                is_new = key not in self._alarmed
                self._alarmed.add(key)
                return cause if is_new else None
        return None


_FORGOTTEN = Cause(CauseKind.EVICTION, "", "compiled before", "forgotten")
