"""The debugger in the window: its docks, the stops beside source lines, the field for a stop."""

from eqxviz.gui.debug.console_view import ConsoleView as ConsoleView
from eqxviz.gui.debug.debugger_view import DebuggerView as DebuggerView
from eqxviz.gui.debug.line_stops import LineStops as LineStops
from eqxviz.gui.debug.stop_field import StopField as StopField
