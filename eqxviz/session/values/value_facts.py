"""The statistics of an array as rows of label and text."""

from collections.abc import Iterator

from eqxviz.records import PERCENTS, ValueSummary
from eqxviz.session import formatting
from eqxviz.session.facts import Fact


def value_facts(value: ValueSummary, *, is_brief: bool = False) -> tuple[Fact, ...]:
    """Return the statistics of an array as rows; none for what is no number."""
    if not (len(value.histogram) or value.n_nan or value.n_inf):
        return ()
    if is_constant(value):
        # One number has no statistics, and its text says it already.
        same = value.exact_minimum or formatting.number(value.minimum)
        norm = Fact("Norm", formatting.number(value.norm))
        return (Fact("Constant", f"every element is {same}"), norm) if value.size > 1 else ()
    if value.size == 1:
        return tuple(fact for fact in _rows(value) if fact.mark)
    percentiles = _spread(value) if is_brief else _percentiles(value)
    return (*_rows(value), *percentiles)


def is_constant(value: ValueSummary) -> bool:
    """Whether all elements are the same finite number: no histogram shows that better."""
    return value.minimum == value.maximum and not (value.n_nan or value.n_inf or len(value.parts))


def _rows(value: ValueSummary) -> Iterator[Fact]:
    number = formatting.number
    yield Fact("Mean", f"{number(value.mean)} ± {number(value.std)}")
    low = value.exact_minimum or number(value.minimum)
    high = value.exact_maximum or number(value.maximum)
    yield Fact("Range", f"{low} to {high}")
    if len(value.parts):
        real_low, real_high, low, high = (number(float(end)) for end in value.parts)
        yield Fact("Real part", f"{real_low} to {real_high}")
        yield Fact("Imaginary part", f"{low} to {high}")
    yield Fact("Norm", number(value.norm))
    yield Fact("Zeros", _share(value.n_zero, value.size))
    if value.n_nan:
        yield Fact("NaN", _share(value.n_nan, value.size), mark="problem")
    if value.n_inf:
        yield Fact("Infinite", _share(value.n_inf, value.size), mark="problem")
        signs = (
            f"{value.n_inf - value.n_negative_inf:,} positive, {value.n_negative_inf:,} negative"
        )
        yield Fact("Infinite", signs)


def _spread(value: ValueSummary) -> Iterator[Fact]:
    """Yield the middle nine tenths in one row."""
    if len(value.percentiles):
        low, middle, high = (_percentile(value, percent) for percent in (5, 50, 95))
        yield Fact("Median", middle)
        yield Fact("5 % to 95 %", f"{low} to {high}")


def _percentiles(value: ValueSummary) -> Iterator[Fact]:
    for percent in PERCENTS if len(value.percentiles) else ():
        name = "Median" if percent == 50 else f"{percent} % below"
        yield Fact(name, _percentile(value, percent))
    if value.accuracy:
        yield Fact("Accuracy", f"of percentiles: {value.accuracy:.1%} of the value")


def _percentile(value: ValueSummary, percent: int) -> str:
    at = float(value.percentiles[PERCENTS.index(percent)])
    return formatting.number(at) if not value.accuracy else f"{at:.4g}"


def _share(n: int, size: int) -> str:
    return "none" if n == 0 else f"{n:,} of {size:,} ({n / size:.1%})"
