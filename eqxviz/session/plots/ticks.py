"""Where the ticks of an axis stand, and what is written at them."""

import math
from typing import NamedTuple

from eqxviz.session.plots.scales import Scale, XKind

_NICE = (1.0, 2.0, 5.0, 10.0)
_TIMES = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, 86400),
)
_MINUTE, _HOUR = 60, 3600
_MOST = 200
_FEW_DECADES = 2.2  # in view: 2 and 5 are told as well


class Tick(NamedTuple):
    """A tick; `text` is "" for those between the labelled ones."""

    place: float
    text: str


def x_ticks(low: float, high: float, most: int, scale: Scale, kind: XKind) -> list[Tick]:
    """Return at most about `most` labelled ticks between the places `low` and `high`."""
    if scale.is_log:
        return _log_ticks(low, high, most, scale)
    if kind == "seconds":
        return _time_ticks(low, high, most)
    spacing = max(_spacing(low, high, most), 1.0)  # steps and samples are whole numbers
    return [Tick(x, _count_text(x, spacing)) for x in _multiples(low, high, spacing)]


def y_ticks(low: float, high: float, most: int, scale: Scale) -> list[Tick]:
    """Return at most about `most` labelled ticks between the places `low` and `high`."""
    if scale.is_log:
        return _log_ticks(low, high, most, scale)
    spacing = _spacing(low, high, most)
    places = _multiples(low, high, spacing)
    largest = max((abs(y) for y in places), default=0.0)
    size = math.floor(math.log10(largest) + 1e-9) if largest else 0
    has_powers = size >= 6 or size < -4
    return [Tick(y, _value_text(y, spacing, has_powers)) for y in places]


def _spacing(low: float, high: float, most: int) -> float:
    """Return the least of 1, 2 and 5 times a power of ten that leaves at most `most` ticks."""
    rough = (high - low) / max(most, 1)
    if not rough > 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next((n * power for n in _NICE if n * power >= rough * 0.999), 10 * power)


def _multiples(low: float, high: float, spacing: float) -> list[float]:
    slack = 1e-9 * min((high - low) / spacing, 1.0)
    first = math.ceil(low / spacing - slack)
    n = min(math.floor(high / spacing + slack) - first + 1, _MOST)
    return [(first + i) * spacing for i in range(n)]


def _count_text(x: float, spacing: float) -> str:
    """Return a whole number, in thousands or millions where the ticks stand as far apart."""
    for size, unit, least in ((1e9, "G", 1e7), (1e6, "M", 1e4), (1e3, "k", 1e3)):
        if size <= abs(x) < 1000 * size and spacing >= least and abs(x) + 9 * spacing >= 10_000:
            return f"{round(x / size, 3):,g} {unit}"
    return f"{x:,.0f}"


def _value_text(y: float, spacing: float, has_powers: bool) -> str:
    """Return a value with as many digits as tell it from its neighbours."""
    if abs(y) < spacing * 1e-6:
        return "0"
    power = math.floor(math.log10(spacing) + 1e-9)
    if has_powers:
        size = math.floor(math.log10(abs(y)) + 1e-9)
        return _short(f"{y:.{min(max(size - power, 0), 15)}e}")
    return f"{y:,.{max(-power, 0)}f}"


def _short(text: str) -> str:
    """Return "1e-9" for "1.0e-09", "1.5e300" for "1.50e+300"."""
    digits, _, power = text.partition("e")
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return f"{digits}e{int(power)}"


def _time_ticks(low: float, high: float, most: int) -> list[Tick]:
    rough = (high - low) / max(most, 1)
    if rough <= 1:
        spacing = _spacing(low, high, most)
    else:
        spacing = next((float(t) for t in _TIMES if t >= rough * 0.999), 0.0)
        spacing = spacing or 86400 * _spacing(low / 86400, high / 86400, most)
    return [Tick(x, _time_text(x, spacing)) for x in _multiples(low, high, spacing)]


def _time_text(x: float, spacing: float) -> str:
    """Return a time since the start: "0.002 s", "45 s", "1:30 min", "2:05 h"."""
    if abs(x) < spacing * 1e-6:
        return "0"
    sign, x = "-" if x < 0 else "", abs(x)
    if spacing < 1:
        n_decimals = -math.floor(math.log10(spacing) + 1e-9)
        return f"{sign}{x:,.{n_decimals}f} s"
    whole = round(x)
    if whole < _MINUTE:
        return f"{sign}{whole} s"
    hours, minutes, seconds = whole // _HOUR, whole % _HOUR // _MINUTE, whole % _MINUTE
    if not hours:
        return f"{sign}{minutes}:{seconds:02} min" if seconds else f"{sign}{minutes} min"
    if seconds:
        return f"{sign}{hours}:{minutes:02}:{seconds:02} h"
    return f"{sign}{hours}:{minutes:02} h" if minutes else f"{sign}{hours} h"


def _log_ticks(low: float, high: float, most: int, scale: Scale) -> list[Tick]:
    """Return ticks at powers of ten; where there is less than one, at values between them."""
    if high - low < 1.2:
        values = y_ticks(scale.value(low), scale.value(high), most, Scale())
        return [Tick(math.log10(t.place), t.text) for t in values if t.place > 0]
    every = max(math.ceil((high - low) / max(most, 1)), 1)
    ticks: list[Tick] = []
    for power in range(math.floor(low), math.ceil(high) + 1):
        if low <= power <= high:
            ticks.append(Tick(float(power), _power_text(power) if power % every == 0 else ""))
        if every == 1:
            for n in range(2, 10):
                place = power + math.log10(n)
                if low <= place <= high:
                    is_told = high - low < _FEW_DECADES and n in (2, 5)
                    ticks.append(Tick(place, _power_text(power, n) if is_told else ""))
    return ticks


def _power_text(power: int, n: int = 1) -> str:
    return f"{n * 10.0**power:,.{max(-power, 0)}f}" if -4 <= power <= 5 else f"{n}e{power}"
