"""Numbers and paths as the window and the command line write them."""

import math

NOTHING = "–"

_DECIMAL = ("", "k", "M", "G", "T", "P", "E")
_TIMES = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))


def count(n: int) -> str:
    """Return a count: `1,240`, `38.6 k`, `7.1 M`, `124 M`."""
    if abs(n) < 10_000:
        return f"{n:,}"
    return _scaled(n, _DECIMAL, n_decimals=1)


def n_bytes(n: int) -> str:
    """Return a size in memory, in powers of 1000: `512 B`, `28.3 MB`."""
    if abs(n) < 1000:
        return f"{n} B"
    return _scaled(n, _DECIMAL, n_decimals=2) + "B"


def flops(n: float) -> str:
    """Return a number of floating point operations: `512 FLOPs`, `2.36 GFLOPs`."""
    if abs(n) < 1000:
        return f"{round(n)} FLOPs"
    return _scaled(n, _DECIMAL, n_decimals=2) + "FLOPs"


def seconds(s: float) -> str:
    """Return a duration: `1.24 ms`, `12.3 s`, `2 min 5 s`, `3 h 20 min`."""
    if not math.isfinite(s):
        return NOTHING
    if abs(s) >= 59.95:
        whole = round(s)
        if whole < 3600:
            return f"{whole // 60} min {whole % 60} s"
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    for unit_seconds, unit in _TIMES:
        if abs(s) >= unit_seconds * 0.9995:
            return f"{_three_digits(s / unit_seconds)} {unit}"
    return "0 s" if s == 0 else f"{s / 1e-9:.2g} ns"


def passing_seconds(s: float) -> str:
    """Return a duration that goes on, calmly: `850 ms`, then whole seconds."""
    return f"{int(s)} s" if 1 <= s < 60 else seconds(s)


def number(x: float) -> str:
    """Return a value with at most six significant digits: `0.123457`, `12`, `nan`, `-inf`."""
    if math.isfinite(x) and abs(x) < 1e6 and float(x).is_integer():
        return f"{int(x):,}"
    return f"{x:.6g}"


def percent(share: float) -> str:
    """Return a part of a whole: "62 %", "0.4 %", "< 0.1 %"; "0 %" only for nothing at all."""
    if 0 < share < 0.001:
        return "< 0.1 %"
    return f"{share:.1%}".replace("%", " %") if 0 < share < 0.0095 else f"{round(share * 100)} %"


def step_rate(rate: float) -> str:
    """Return "1,016 steps/s", "7.26 steps/s"."""
    if not math.isfinite(rate):
        return NOTHING
    return f"{rate:,.0f} steps/s" if rate >= 100 else f"{rate:.3g} steps/s"


def file_name(title: str, otherwise: str) -> str:
    """Return what a file about `title` may be called, `otherwise` if nothing of it is left."""
    return "".join(c if c.isalnum() else "_" for c in title).strip("_") or otherwise


def elide_middle(text: str, n: int) -> str:
    """Return `text` in at most `n` characters, its middle replaced by an ellipsis if need be."""
    if len(text) <= n:
        return text
    n_head = max(n - 1, 0) // 2
    n_tail = max(n - 1 - n_head, 0)
    return text[:n_head] + "…" + (text[-n_tail:] if n_tail else "")


def elide_words(text: str, n: int) -> str:
    """Return `text` with the middle of each word of more than `n` characters elided."""
    return " ".join(elide_middle(word, n) for word in text.split(" "))


def _scaled(n: float, units: tuple[str, ...], n_decimals: int) -> str:
    """Return `n` with three digits and a unit; at most `n_decimals` of them after the point."""
    value, unit = float(n), 0
    while abs(value) >= 999.5 and unit < len(units) - 1:
        value, unit = value / 1000, unit + 1
    return f"{_three_digits(value, n_decimals)} {units[unit]}"


def _three_digits(value: float, n_decimals: int = 2) -> str:
    n_whole = 1 if abs(value) < 9.995 else 2 if abs(value) < 99.95 else 3
    return f"{value:.{min(n_decimals, 3 - n_whole)}f}"
