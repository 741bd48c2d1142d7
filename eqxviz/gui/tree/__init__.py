"""The model's PyTree as a tree of rows."""

from eqxviz.gui.tree.view import TreeView as TreeView
