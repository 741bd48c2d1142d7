"""The graph view: a jaxpr as boxes that fold, on one canvas."""

from eqxviz.gui.graph.view import GraphView as GraphView
