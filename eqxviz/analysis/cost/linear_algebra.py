"""Decompositions, solvers and transforms, by the formulas of textbooks."""

from collections.abc import Callable
from typing import Any

RULES: dict[str, Callable[[Any], float]] = {}
