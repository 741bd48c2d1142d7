"""How a number is said, by a worker as by a window."""

import math


def number_text(x: float, n_digits: int = 6) -> str:
    """Return a number with at most so many significant digits: "0.123", "1e+30", "NaN", "-Inf"."""
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Inf" if x > 0 else "-Inf"
    return f"{x:.{n_digits}g}"
