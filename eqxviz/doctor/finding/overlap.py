"""How long the host worked, after it had waited for the device, on what needs no result of it."""

import itertools
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple

from eqxviz.doctor.code.flow import Flow
from eqxviz.doctor.seen import Line
from eqxviz.doctor.watching.host_work import Spent
from eqxviz.doctor.watching.turns import Wait

# A line that takes so long, and so little of it on the processor, waits for a disk, say.
_LONG_SECONDS = 5e-3
_LITTLE_OF_CPU = 0.1


class Work(NamedTuple):
    """What the host did after a wait."""

    by_line: dict[Line, float]  # busy seconds
    seconds: float
    busy_seconds: float  # of these, without other programs' turns on the processor


class Overlap:
    """Tells work that could be done while the device computes from work on its results.

    Args:
        wait: One of those at a line. What is known of it holds for the others.
    """

    def __init__(self, wait: Wait) -> None:
        self._wait = wait
        self._flows: dict[CodeType, Flow] = {}
        self._needing: dict[CodeType, set[int]] = {}
        self._find()

    def work(self, wait: Wait) -> Work:
        """Return what could have been done before the wait, of what was done after it."""
        by_line: dict[Line, float] = {}
        seconds = 0.0
        for spent in wait.spent:
            if spent.is_of_wait or self._needs_result(spent):
                continue
            at = Line(spent.code.co_filename, spent.line)
            busy = _busy_seconds(spent, is_alone=wait.is_alone)
            by_line[at] = by_line.get(at, 0.0) + busy
            seconds += spent.seconds
        return Work(by_line, seconds, sum(by_line.values()))

    def read_names(self) -> list[str]:
        """Return the results of the call before that the line's function has names for."""
        code = self._wait.codes[-1]
        return sorted(name for line in self._call_lines(code) for name in self._fresh(code, line))

    def flow(self, code: CodeType) -> Flow:
        """Return what flows to where in a function."""
        if code not in self._flows:
            fixed = self._wait.fixed
            self._flows[code] = Flow(code, lambda path: path not in fixed)
        return self._flows[code]

    def _needs_result(self, spent: Spent) -> bool:
        if not self.flow(spent.code).is_known:
            return True
        if spent.code not in self._needing:
            self._needing[spent.code] = self._needing_when_called(spent.code)
        return spent.line in self._needing[spent.code]

    def _find(self) -> None:
        """Find out what needs results in the functions that were waiting, innermost first."""
        wait = self._wait
        changed: set[str] = set()  # "history" where the function within changed self.history
        for depth in range(len(wait.codes) - 1, -1, -1):
            code, line = wait.codes[depth], wait.places[depth].line
            flow, is_innermost = self.flow(code), depth == len(wait.codes) - 1
            roots = flow.given_by(line) if is_innermost else flow.fresh_targets(line)
            roots |= {name for at in self._call_lines(code) for name in self._fresh(code, at)}
            if not is_innermost:
                owner = flow.owner_at(line, wait.codes[depth + 1].co_name)
                roots |= {f"{owner}.{name}" for name in changed if owner}
            known, self._needing[code] = flow.reached(roots)
            changed = {path.partition(".")[2] for path in known if path.startswith("self.")}

    def _needing_when_called(self, code: CodeType) -> set[int]:
        """Return the lines of a function that was not waiting itself."""
        places = self._wait.call.places
        for above, place in itertools.pairwise(places):
            if (place.file, place.function) != (code.co_filename, code.co_name):
                continue
            needing = (
                self._needing[each]
                for each in self._wait.codes
                if (each.co_filename, each.co_name) == (above.file, above.function)
            )
            if any(above.line in lines for lines in needing):
                return {line for each in self.flow(code).statements for line in each.lines}
        roots = {name for line in self._call_lines(code) for name in self._fresh(code, line)}
        return self.flow(code).reached(roots)[1]

    def _call_lines(self, code: CodeType) -> Iterator[int]:
        """Yield the line at which a function makes the call before the wait, if it does."""
        for place in self._wait.call.places:
            if (place.file, place.function) == (code.co_filename, code.co_name):
                yield place.line

    def _fresh(self, code: CodeType, line: int) -> set[str]:
        return self.flow(code).fresh_targets(line)


def _busy_seconds(spent: Spent, *, is_alone: bool) -> float:
    """Return the time of a line, without that in which the processor was lent to others.

    A thread of the script's that waits for others does nothing that could be done meanwhile.
    """
    is_idle = spent.cpu_seconds < _LITTLE_OF_CPU * spent.seconds
    is_slow = is_alone and is_idle and spent.seconds > _LONG_SECONDS
    return spent.seconds if is_slow else spent.cpu_seconds
