"""What a fix, written as code, needs to know of the file that it is for."""

import sys

from eqxviz.analysis.modules import LIBRARIES


def library_in(file: str) -> str:
    """Return the name by which a user's file calls eqxcore or Equinox; "" where it does not."""
    libraries = [sys.modules[name] for name in LIBRARIES if name in sys.modules]
    for module in list(sys.modules.values()):
        if getattr(module, "__file__", None) != file:
            continue
        for name, value in vars(module).items():
            if any(value is library for library in libraries):
                return name
    return ""


def module_in(file: str, module: str) -> str:
    """Return the name by which a user's file calls a module: "jr" for "jax.random"."""
    wanted = sys.modules.get(module)
    for each in list(sys.modules.values()):
        if getattr(each, "__file__", None) == file:
            for name, value in vars(each).items():
                if value is wanted:
                    return name
    return module
