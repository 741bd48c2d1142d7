"""The runs that were kept, as a table: found, labelled, compared, opened, exported, deleted."""

from eqxviz.gui.runs.view import RunsView as RunsView
