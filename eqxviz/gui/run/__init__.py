"""Live curves of a training run."""

from eqxviz.gui.run.curves_view import CurvesView as CurvesView
