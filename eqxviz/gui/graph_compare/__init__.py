"""What differs between two graphs, below the graph."""

from eqxviz.gui.graph_compare.below import BelowGraph as BelowGraph
from eqxviz.gui.graph_compare.panel import DifferencePanel as DifferencePanel
