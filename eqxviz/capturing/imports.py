"""Acting on a module as soon as somebody else has imported it, without importing it."""

import importlib.util
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from eqxviz.capturing.interrupts import interrupts_held

Action = Callable[[ModuleType], None]


class ImportWatch(MetaPathFinder):
    """Calls `actions[name](module)` once, after module `name` was executed.

    Actions whose module is there already are called by `start`. An exception of an action is handed
    to `failed` and never reaches the import.
    """

    def __init__(self, actions: dict[str, Action], failed: Callable[[Exception], None]) -> None:
        self._actions = dict(actions)
        self._failed = failed
        self._searching: set[str] = set()

    def start(self) -> None:
        """Watch from now on."""
        sys.meta_path.insert(0, self)
        for name in list(self._actions):
            module = sys.modules.get(name)
            if module is not None:
                self.run(name, module)

    def stop(self) -> None:
        """Watch no more."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def run(self, name: str, module: ModuleType) -> None:
        """Run the action of `name`, unless it ran before."""
        action = self._actions.pop(name, None)
        if action is None:
            return
        try:
            action(module)
        except Exception as error:  # noqa: BLE001 - the import is the user's; it must not fail by us
            self._failed(error)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in self._actions or fullname in self._searching:
            return None
        self._searching.add(fullname)
        try:
            spec = importlib.util.find_spec(fullname)
        finally:
            self._searching.discard(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _Telling(spec.loader, self)
        return spec


class _Telling(Loader):
    """Loads through `loader`, then tells `watch`. The module keeps no trace of it."""

    def __init__(self, loader: Any, watch: ImportWatch) -> None:
        self._loader = loader
        self._watch = watch

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        with interrupts_held():
            self._loader.exec_module(module)
            self._watch.run(module.__name__, module)
