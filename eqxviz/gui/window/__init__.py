"""The window: the views put together."""

from eqxviz.gui.window.launch import start as start
