"""From a bare machine to a running command, with the standard library alone."""

from eqxviz.bootstrap.environment import enter_environment
from eqxviz.bootstrap.progress import SetupError

__all__ = ["SetupError", "enter_environment"]
