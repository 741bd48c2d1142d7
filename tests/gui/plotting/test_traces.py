"""Traces are painted over one another, and what is hidden is left out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from eqxviz.gui.plotting.frame import Frame
from eqxviz.gui.plotting.traces import Look, paint_traces
from eqxviz.session.plots.trace import Trace

WIDTH, HEIGHT = 240, 120
DASHES = ((), (), (6.0, 4.0))


def dense_trace(random: np.random.Generator, n: int) -> Trace:
    """An outline of noise with a gap in it, which leaves the plot here and there."""
    middle = random.uniform(0.2, 0.8) + 0.05 * random.standard_normal(n).cumsum() / 4
    half = random.uniform(0.02, 0.4, n)
    x = np.sort(random.uniform(-0.05, 1.05, n))
    low, high = middle - half, middle + half
    at = int(random.integers(n))
    low[at : at + 3] = high[at : at + 3] = np.nan
    nothing = np.empty(0)
    return Trace(x, low, high, True, nothing, nothing, nothing)


def painted(calls: list[list[tuple[Trace, Look]]]) -> np.ndarray:
    """Return the pixels after a call of `paint_traces` for each of the lists."""
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    frame = Frame(QRectF(0, 0, WIDTH, HEIGHT), (0.0, 1.0), (0.0, 1.0))
    painter = QPainter(image)
    for traces in calls:
        paint_traces(painter, traces, frame, n_lines=200)  # so many that they are columns
    painter.end()
    return np.array(image.constBits()).copy()


@pytest.mark.usefixtures("qapp")
@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 600), n_traces=st.integers(2, 7))
def test_what_is_hidden_is_left_out_and_nothing_else(seed: int, n: int, n_traces: int):
    assert QApplication.instance() is not None
    random = np.random.default_rng(seed)
    traces = [
        (
            dense_trace(random, n),
            Look(QColor.fromHsv(40 * i, 255, 200), QColor.fromHsv(40 * i, 80, 250), DASHES[i % 3]),
        )
        for i in range(n_traces)
    ]
    together, one_by_one = painted([traces]), painted([[each] for each in reversed(traces)])
    assert np.array_equal(together, one_by_one)
