"""The command line. Importing it costs next to nothing; a command imports what it needs."""

from eqxviz.cli.main import main as main
