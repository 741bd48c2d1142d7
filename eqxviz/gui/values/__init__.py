"""Details: everything known about the selection, with the values of a leaf."""

from eqxviz.gui.values.details import DetailsView as DetailsView
