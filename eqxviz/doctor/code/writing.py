"""What a fix, written as code, needs to know of the file that it is for."""

import sys
from collections.abc import Iterable

from eqxviz.analysis.modules import LIBRARIES


def library_in(file: str) -> str:
    """Return the name by which a user's file calls eqxcore or Equinox; "" where it does not."""
    return _name_in(file, LIBRARIES)


def module_in(file: str, module: str) -> str:
    """Return the name by which a user's file calls a module: "jr" for "jax.random"."""
    return _name_in(file, (module,)) or module


def _name_in(file: str, modules: Iterable[str]) -> str:
    """Return the name that a file has for one of these modules, "" for none."""
    wanted = [sys.modules[name] for name in modules if name in sys.modules]
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) != file:
            continue
        for name, value in vars(module).items():
            if any(value is each for each in wanted):
                return name
    return ""
