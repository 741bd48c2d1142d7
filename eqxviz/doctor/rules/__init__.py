"""One module a rule: its docstring is what `eqxviz explain` prints, its `find` gives problems."""

import importlib
import pkgutil

RULES = tuple(
    importlib.import_module(f"{__name__}.{name}")
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__))
)
