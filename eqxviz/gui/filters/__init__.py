"""The filter playground: a filter spec, both halves of the model, and its Python."""

from eqxviz.gui.filters.view import FilterView as FilterView
