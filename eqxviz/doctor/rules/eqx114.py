"""The loop waits for the device at each step, though it has other work to do.

JAX does not wait for what it computes: a jitted call returns at once, with arrays that are filled
later. So the host can prepare the next batch while the device still computes. Whatever reads a
value ends that: `float(loss)`, `loss.item()`, `print(loss)`, `np.asarray(loss)`,
`jax.block_until_ready`. Done at each step, before the next batch is prepared, it has the device
idle while the host works, and the host idle while the device works.

Read the loss of the step before, once the next step is on its way:

    previous = None
    for batch in batches():
        model, opt_state, loss = step(model, opt_state, batch)
        if previous is not None:
            history.append(float(previous))
        previous = loss

or keep the losses as arrays in a list, and read them after the loop or each 100th step.
"""

import ast
import itertools
import statistics
from collections.abc import Iterator

from eqxviz.doctor.code.source import text_of
from eqxviz.doctor.evidence import Evidence
from eqxviz.doctor.finding.overlap import Overlap
from eqxviz.doctor.seen import Line
from eqxviz.doctor.watching.turns import Turns, Wait
from eqxviz.records import Problem, Severity

CODE = "EQX114"
TITLE = "Waits for the device at each step"

_FEW_TURNS = 2
# A loaded machine may take so long over a call that its result is there when it returns.
_MOST_MISSED = 0.6
_LEAST_SECONDS = 2e-3
_LEAST_SHARE = 0.1
_MOST_NAMED = 2


def find(evidence: Evidence) -> Iterator[Problem]:
    """Yield a problem for the line at which waiting costs most, if it costs something."""
    groups: dict[Line, list[Wait]] = {}
    first = {call.function: call for call in reversed(evidence.turns.calls)}
    for wait in evidence.turns.waits:
        if wait.call is not first[wait.call.function]:  # which was compiled
            groups.setdefault(wait.places[-1].at, []).append(wait)
    costs = [_Cost(evidence, waits) for waits in groups.values() if len(waits) >= _FEW_TURNS]
    high = [cost for cost in costs if cost.is_high]
    if high:
        yield max(high, key=lambda each: each.seconds).problem()


class _Cost:
    """What the waits at a line cost."""

    def __init__(self, evidence: Evidence, waits: list[Wait]) -> None:
        self._evidence = evidence
        self._waits = waits
        self._overlap = overlap = Overlap(waits[0])
        self._works = works = [overlap.work(wait) for wait in waits]
        turns = _turn_seconds(evidence.turns, waits[0].call.function)
        waited = [wait.seconds for wait in waits]
        self.seconds = _typical(waited, [work.seconds for work in works])
        busy = _typical(waited, [work.busy_seconds for work in works])
        self._turn_seconds = statistics.median(turns) if turns else 0.0
        is_each_step = len(waits) >= (1 - _MOST_MISSED) * len(turns)
        is_much = self.seconds > _LEAST_SHARE * self._turn_seconds and busy > _LEAST_SECONDS
        self.is_high = is_each_step and is_much

    def problem(self) -> Problem:
        """Return what is told of it."""
        place = self._waits[0].places[-1]
        text = _text(place.at)
        waited = statistics.median(wait.seconds for wait in self._waits)
        worked = statistics.median(work.seconds for work in self._works)
        name = self._evidence.functions[self._waits[0].call.function].name
        return Problem(
            CODE,
            Severity.WARNING,
            f"{TITLE}: `{text}`",
            f"At each step the host waits {_ms(waited)} here for what `{name}` computes, and then "
            f"works for {_ms(worked)} while the device has nothing to do: {self._named()}. "
            f"Done at the same time, a step would take about {_ms(self.seconds)} less of its "
            f"{_ms(self._turn_seconds)}.",
            f"Read the result one step later, once `{name}` was called again; or keep the results, "
            "and read them after the loop or each 100th step.",
            *place.at,
            fix_code=self._fix_code(),
            function=self._waits[0].call.function,
        )

    def _named(self) -> str:
        """Return the lines that took most of the host's time."""
        work = max(self._works[-_FEW_TURNS:], key=lambda each: each.busy_seconds).by_line
        first = sorted(work, key=lambda each: work[each], reverse=True)[:_MOST_NAMED]
        long = [each for each in first if work[each] >= work[first[0]] / 4]
        return " and ".join(f"`{_text(each)}` (line {each.line})" for each in long)

    def _fix_code(self) -> str:
        wait = self._waits[0]
        statement = self._overlap.flow(wait.codes[-1]).statement_at(wait.places[-1].line)
        names = self._overlap.read_names()
        if statement is None or not names:
            return ""
        node = statement.node
        read = [each for each in ast.walk(node) if isinstance(each, ast.Name) and each.id in names]
        if not read:
            return ""
        name = read[0].id
        later = ast.unparse(_Renamed(name).visit(ast.parse(ast.unparse(node))))
        indented = "\n".join(f"    {line}" for line in later.splitlines())
        return f"if previous is not None:\n{indented}\nprevious = {name}"


class _Renamed(ast.NodeTransformer):
    def __init__(self, name: str) -> None:
        self._name = name

    def visit_Name(self, node: ast.Name) -> ast.Name:
        is_it = node.id == self._name
        return ast.Name("previous", node.ctx) if is_it else node


def _typical(waited: list[float], worked: list[float]) -> float:
    """Return how much of both could be done at once, in most turns."""
    return statistics.median_low(map(min, waited, worked))


def _turn_seconds(turns: Turns, function: int) -> list[float]:
    """Return how long the turns took whose results we did not wait for, without the first."""
    calls = [call for call in turns.calls if call.function == function]
    return [
        after.arrived - call.arrived
        for call, after in itertools.pairwise(calls[1:])
        if not call.was_awaited
    ]


def _text(at: Line) -> str:
    """Return a line without the colon that a body follows."""
    return text_of(at).removesuffix(":")


def _ms(seconds: float) -> str:
    return f"{1e3 * seconds:.{0 if seconds > 1e-2 else 1}f} ms"
