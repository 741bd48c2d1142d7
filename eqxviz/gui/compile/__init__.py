"""The compile ledger: every jitted function, how often it ran and where compile time went."""

from eqxviz.gui.compile.view import CompileView as CompileView
