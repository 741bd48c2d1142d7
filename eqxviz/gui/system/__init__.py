"""Where the time and the memory of a run are."""

from eqxviz.gui.system.view import SystemView as SystemView
