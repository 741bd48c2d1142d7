"""The marks of stops: a shape for each kind, hollow while it is disabled."""

from PySide6.QtGui import QIcon

from eqxviz.gui.theme import Theme
from eqxviz.records import Stop, StopKind

_SHAPES = {
    StopKind.LINE: ("mdi6.circle", "mdi6.circle-outline"),
    StopKind.CALL: ("mdi6.rhombus", "mdi6.rhombus-outline"),
    StopKind.CONDITION: ("mdi6.chart-line-variant", "mdi6.chart-line-variant"),
    StopKind.NONFINITE: ("mdi6.alert", "mdi6.alert-outline"),
    StopKind.RECOMPILE: ("mdi6.timer", "mdi6.timer-outline"),
    StopKind.EXCEPTION: ("mdi6.lightning-bolt", "mdi6.lightning-bolt-outline"),
}


def stop_icon(theme: Theme, stop: Stop) -> QIcon:
    """Return the mark of `stop`."""
    filled, hollow = _SHAPES[stop.kind]
    return theme.icon(filled if stop.is_enabled else hollow, "stop" if stop.is_enabled else "none")
