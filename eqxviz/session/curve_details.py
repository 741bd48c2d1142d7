"""Everything known about a curve of the run."""

import numpy as np

from eqxviz.session import formatting
from eqxviz.session.curves import Curve
from eqxviz.session.details import Details
from eqxviz.session.facts import Fact
from eqxviz.session.ledger.facts import source_fact
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection

_LOGGED = "The script logs it."
_STATE = "It is part of what goes back into the next call: a parameter, or another state."


def curve_details(run: RunView, series: int) -> Details | None:
    """Return what is known about a curve, None if the run has none of that number."""
    curve = run.series.get(series)
    if curve is None:
        return None
    told = curve.series
    seen = run.functions.get(told.function)
    facts = [source_fact("Source", told.file, told.line)]
    if seen is not None:
        link = Selection(kind="function", function=told.function)
        facts.insert(0, Fact("Returned by", seen.name, link))
    note = _STATE if told.is_state else _LOGGED if seen is None else ""
    return Details(told.name, note, (*facts, *_point_facts(curve)))


def _point_facts(curve: Curve) -> list[Fact]:
    """Return how many points there are, where they lie and which of them stand out."""
    facts = [Fact("Points", f"{curve.n:,}")]
    if not curve.n:
        return facts
    steps, values = curve.steps(), curve.values()
    facts.append(Fact("Steps", f"{int(steps.min()):,} to {int(steps.max()):,}"))
    facts.append(Fact("Last", formatting.number(float(values[-1]))))
    is_finite = np.isfinite(values)
    if is_finite.any():
        least = int(np.where(is_finite, values, np.inf).argmin())
        greatest = int(np.where(is_finite, values, -np.inf).argmax())
        for name, at in (("Least", least), ("Greatest", greatest)):
            facts.append(
                Fact(name, f"{formatting.number(float(values[at]))} at step {int(steps[at]):,}")
            )
    for name, is_so in (("NaN", np.isnan(values)), ("Infinite", np.isinf(values))):
        if n := int(is_so.sum()):
            first = int(steps[int(is_so.argmax())])
            facts.append(Fact(name, f"{n:,}, the first at step {first:,}", mark="problem"))
    return facts
