"""Modules that lie beside a script and are called as modules are that eqxviz has imported."""

import builtins
import contextlib
import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

# What is imported only once the script runs, and is neither Python's nor the script's.
_LATE = ("executing",)
_OWN = "eqxviz"


def tell_apart(folder: str) -> None:
    """Have the script import what lies in `folder`, as in Python, and eqxviz what it had."""
    names = {module.name for module in pkgutil.iter_modules([folder])} - {_OWN}
    for name in names.intersection(_LATE):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if names.intersection(sys.modules):
        names -= _there_at_start()
    ours = {name: module for name, module in sys.modules.items() if _top(name) in names}
    if ours:
        for name in ours:
            del sys.modules[name]
        builtins.__import__ = _Importer(ours)


class _Importer:
    """Stands in for `__import__`: gives those `ours` who are ours, all else to the others."""

    def __init__(self, ours: Mapping[str, ModuleType]) -> None:
        self._ours = ours
        self._plain = builtins.__import__

    def __call__(
        self,
        name: str,
        globals: Mapping[str, Any] | None = None,
        locals: Mapping[str, Any] | None = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        if level == 0 and name in self._ours and self._is_ours(globals or {}):
            return self._ours[name if fromlist else _top(name)]
        return self._plain(name, globals, locals, fromlist or (), level)

    def _is_ours(self, asker: Mapping[str, Any]) -> bool:
        name = str(asker.get("__name__", ""))
        return _top(name) == _OWN or (name in self._ours and vars(self._ours[name]) is asker)


def _there_at_start() -> set[str]:
    """Return what every Python has imported before a script runs, which looks for that nowhere."""
    words = [sys.executable, "-P", "-c", "import sys; print(*sys.modules)"]
    return set(subprocess.run(words, capture_output=True, text=True, check=False).stdout.split())


def _top(name: str) -> str:
    return name.partition(".")[0]
