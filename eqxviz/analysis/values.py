"""The values of one node: a text, and the statistics of numbers."""

import math
from collections.abc import Callable
from typing import Any, cast

import jax
import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.array_data import parts_of, readable, why_unreadable
from eqxviz.analysis.leaves import is_array
from eqxviz.analysis.short_text import array_text
from eqxviz.analysis.statistics import Reading
from eqxviz.analysis.tiles import element_text
from eqxviz.analysis.value_text import MAX_TEXT, ObjectText, text_of
from eqxviz.records import PERCENTS, ValueSummary

_EDGE_ITEMS = 3
_WHOLE = 200  # elements that are printed without leaving any out
_NAN = math.nan


def never() -> bool:
    """Return False: for what is never cancelled."""
    return False


class ValueReading:
    """The summary of one node's value while it is being made: `step` until it is done."""

    def __init__(self, obj: Any) -> None:
        self.obj = obj
        self._reading: Reading | None = None
        self._said = ObjectText("")
        number = _as_number(obj)
        if number is not None:
            self._said = ObjectText(repr(obj)[:MAX_TEXT])
            self._reading = Reading(number)
        elif not is_array(obj):
            self._said = text_of(obj)
        elif reason := why_unreadable(obj):
            self._said = ObjectText(f"{array_text(obj)}: {reason}")
        elif isinstance(obj, jax.Array) and compat.is_key_dtype(obj.dtype):
            self._said = ObjectText(_key_text(obj)[:MAX_TEXT])
        else:
            self._said = ObjectText(_array_text(obj)[:MAX_TEXT])
            self._reading = Reading(obj)

    @property
    def n_done(self) -> int:
        """How many elements were read."""
        return 0 if self._reading is None else self._reading.n_done

    @property
    def n_total(self) -> int:
        """How many elements are to be read."""
        return 0 if self._reading is None else self._reading.size

    def step(self, seconds: float, is_cancelled: Callable[[], bool] = never) -> bool:
        """Read on for about so long; return whether all is read.

        Raises:
            CancelledError: If `is_cancelled()` between two pieces.
        """
        return self._reading is None or self._reading.step(seconds, is_cancelled)

    def summary(self, revision: int, node: int) -> ValueSummary:
        """Return what is known of the value, once all is read."""
        reading = self._reading
        if reading is None:
            size = math.prod(self.obj.shape) if is_array(self.obj) else 0
            return _without_numbers(self._said, size, revision, node)
        m, distribution = reading.moments, reading.distribution()
        with np.errstate(over="ignore", invalid="ignore"):  # near the largest numbers
            histogram, edges = distribution.histogram(is_whole=reading.is_whole)
            percentiles = distribution.percentiles(PERCENTS)
        extremes = reading.extremes
        return ValueSummary(
            revision=revision,
            node=node,
            text=self._said.text,
            size=reading.size,
            n_nan=m.n_nan,
            n_inf=m.n_inf + m.n_negative_inf,
            n_negative_inf=m.n_negative_inf,
            n_zero=m.n_zero,
            minimum=m.minimum if m.n else _NAN,
            maximum=m.maximum if m.n else _NAN,
            mean=m.mean if m.n else _NAN,
            std=m.std,
            norm=m.norm if m.n else _NAN,
            histogram=histogram,
            edges=edges,
            percentiles=percentiles,
            accuracy=distribution.accuracy,
            exact_minimum=str(extremes[0]) if extremes else "",
            exact_maximum=str(extremes[1]) if extremes else "",
            parts=reading.parts if np.isfinite(reading.parts).all() else np.zeros(0),
        )


def value_summary(
    obj: Any, revision: int, node: int, is_cancelled: Callable[[], bool] = never
) -> ValueSummary:
    """Return the statistics of an array, or the text of any other object.

    An array is read once, where it lives. What cannot be read (a donated array, a tracer, a
    description without values) is answered by a text that says so.

    Raises:
        CancelledError: If `is_cancelled()` between two pieces.
    """
    reading = ValueReading(obj)
    while not reading.step(1.0, is_cancelled):
        pass
    return reading.summary(revision, node)


def _as_number(obj: Any) -> Any:
    """Return a plain Python number as an array of one; None for all else."""
    cls = cast("type[object]", type(obj))  # not by the object's own `__class__`, which may raise
    if issubclass(cls, int) and not issubclass(cls, bool):
        return np.asarray(obj) if abs(obj) < 1 << 63 else None
    return np.asarray(obj) if issubclass(cls, (bool, float, complex)) else None


def _without_numbers(said: ObjectText, size: int, revision: int, node: int) -> ValueSummary:
    return ValueSummary(
        revision=revision,
        node=node,
        text=said.text,
        size=size,
        n_nan=0,
        n_inf=0,
        n_zero=0,
        minimum=_NAN,
        maximum=_NAN,
        mean=_NAN,
        std=_NAN,
        histogram=np.zeros(0, np.int64),
        edges=np.zeros(0, np.float64),
        file=said.file,
        line=said.line,
    )


def _key_text(keys: Any) -> str:
    data = np.asarray(readable(keys))
    body = np.array2string(data, threshold=_WHOLE, edgeitems=_EDGE_ITEMS, max_line_width=100)
    implementation = jax.random.key_impl(keys)
    return f"{array_text(keys)}, PRNG keys of {implementation}. Their data:\n{body}"


def _array_text(array: Any) -> str:
    """Return an array's type and elements; where there are many, those of its corners.

    Nothing is said of the elements where they are not together in this machine's memory.
    """
    header = array_text(array)
    parts = parts_of(array)
    if len(parts) != 1 or not parts[0].is_on_host:
        return header
    values = parts[0].host_view()
    body = np.array2string(
        values,
        threshold=_WHOLE,
        edgeitems=_EDGE_ITEMS,
        max_line_width=100,
        formatter={"all": element_text} if values.dtype.kind == "V" else None,
    )
    return f"{header}\n{body}"
