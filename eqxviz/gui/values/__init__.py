"""Values: everything known about the selection, and the elements and statistics of arrays."""

from eqxviz.gui.values.details import DetailsView as DetailsView
from eqxviz.gui.values.view import ValuesView as ValuesView
