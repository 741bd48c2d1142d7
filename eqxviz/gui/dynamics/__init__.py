"""The Dynamics view: norms of the model's leaves over the run."""

from eqxviz.gui.dynamics.view import DynamicsView as DynamicsView
