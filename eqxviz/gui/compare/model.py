"""The table of where two models differ."""

from PySide6.QtCore import QObject

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets.difference_model import DifferenceModel
from eqxviz.session.compare.difference_table import AFTER, BEFORE, COLUMNS, NUMBERS, PATH, STATUS

_HEADER_TIPS = {
    COLUMNS.index("Max |Δ|"): "The largest |a - b| of two elements",
    COLUMNS.index("Relative"): "The largest |a - b| / max(|a|, |b|); 0 where both are zero",
    COLUMNS.index("Elements"): "How many elements differ; a NaN equals a NaN",
}


def leaf_model(theme: Theme, parent: QObject) -> DifferenceModel:
    """Return a table, still empty, for the rows of a `DifferenceTable`."""
    mono = (PATH, BEFORE, AFTER)
    return DifferenceModel(
        COLUMNS, NUMBERS, theme, parent, marked=STATUS, mono=mono, tips=_HEADER_TIPS
    )
