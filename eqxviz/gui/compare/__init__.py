"""Two models side by side."""

from eqxviz.gui.compare.view import CompareView as CompareView
