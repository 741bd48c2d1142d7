"""Everything known about a curve of the run."""

import numpy as np

from eqxviz.session import formatting
from eqxviz.session.curves import Curve
from eqxviz.session.details import Details
from eqxviz.session.facts import Fact
from eqxviz.session.ledger.facts import source_fact
from eqxviz.session.plots.scales import x_text
from eqxviz.session.run_view import RunView
from eqxviz.session.selection import Selection

_MOST_OTHERS = 60
_LOGGED = "The script logs it."
_STATE = "It is part of what goes back into the next call: a parameter, or another state."


def curve_details(run: RunView, series: int, step: int = -1) -> Details | None:
    """Return what is known about a curve, None if the run has none of that number.

    With a `step`, the values of all curves there come first.
    """
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
    there = _facts_at(run, curve, step) if step >= 0 else []
    return Details(told.name, note, (*there, *facts, *_point_facts(curve)))


def _facts_at(run: RunView, curve: Curve, step: int) -> list[Fact]:
    """Return what a curve is at a step, and every other curve that is no state."""
    point = curve.near(step)
    if point is None:
        return []
    where = f"{point.step:,} · {formatting.seconds(point.seconds)}"
    samples = curve.samples
    if samples.is_known:
        seen = float(samples.of_steps(np.array([float(point.step)]))[0])
        where += f" · {x_text(seen, 'samples')}"
    facts = [Fact("At step", where), Fact("Value", formatting.number(point.value), is_mono=True)]
    others = [c for c in run.series.values() if c is not curve and not c.series.is_state]
    for other in others[:_MOST_OTHERS]:
        near = other.near(step)
        if near is not None:
            link = Selection(kind="series", series=other.series.id, step=near.step)
            text = formatting.number(near.value)
            # Curves that are not of every step say whose value it is.
            text += "" if near.step == point.step else f" at {near.step:,}"
            facts.append(Fact(other.series.name, text, link))
    return facts


def _point_facts(curve: Curve) -> list[Fact]:
    """Return how many points there are, where they lie and which of them stand out."""
    facts = [Fact("Points", f"{curve.n:,}")]
    if not curve.n:
        return facts
    told, last = curve.summary, curve.last()
    facts.append(Fact("Steps", f"{told.step_min:,} to {told.step_max:,}"))
    if last is not None:
        facts.append(Fact("Last", formatting.number(last.value)))
    if told.n_finite:
        least, greatest = (told.least, told.least_step), (told.greatest, told.greatest_step)
        for name, (value, step) in (("Min", least), ("Max", greatest)):
            facts.append(Fact(name, f"{formatting.number(value)} at step {step:,}"))
    nan, infinite = (told.n_nan, told.first_nan_step), (told.n_infinite, told.first_infinite_step)
    for name, (n, first) in (("NaN", nan), ("Infinite", infinite)):
        if n:
            facts.append(Fact(name, f"{n:,}, the first at step {first:,}", mark="problem"))
    return facts
