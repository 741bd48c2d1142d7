"""How `import equinox` comes to mean eqxcore.

This file is also loaded on its own while Python starts: it imports the standard library only.
"""

import contextlib
import difflib
import importlib
import importlib.util
import pkgutil
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).resolve().parent
_ADVICE = (
    "eqxcore has the public names of Equinox. Use one of those, or run the program on Equinox "
    "itself, with plain `python`."
)


@contextlib.contextmanager
def installed() -> Iterator[None]:
    """Have `import equinox`, and that of its submodules, give eqxcore and its own, for a while.

    They are the very same modules: `equinox.nn is eqxcore.nn`. Afterwards `import equinox` means
    what it meant before; a module that was imported meanwhile keeps what it has got hold of.
    Where eqxcore is in the place of Equinox already, it stays there.

    Raises:
        RuntimeError: If Equinox itself is imported already.
    """
    if any(isinstance(each, _Finder) for each in sys.meta_path):
        yield
        return
    finder = install()
    try:
        yield
    finally:
        finder.remove()


def install() -> "_Finder":
    """Have `import equinox` give eqxcore from now on, until what is returned is removed."""
    loaded = [name for name in sys.modules if _is_equinox(name)]
    if loaded:
        place = getattr(sys.modules[loaded[0]], "__file__", None)
        raise RuntimeError(
            f"`{loaded[0]}` is imported already (from {place}), so eqxcore cannot take its place: "
            "what holds a part of it would keep that. Do so before anything imports Equinox, or "
            "run the whole program with `python -m eqxcore.as_equinox`."
        )
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    return finder


def _is_equinox(name: str) -> bool:
    return name.partition(".")[0] == "equinox"


class _Finder(MetaPathFinder, Loader):
    """Gives eqxcore where Equinox is looked for, and says so where something is not in it."""

    def __init__(self) -> None:
        #: What stands for a module of Equinox, and the `__getattr__` that it has of its own.
        self._aliased: list[tuple[types.ModuleType, Callable[[str], Any] | None]] = []

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to import `name`, or `None` if that is no concern of this finder."""
        if name == "eqxcore":
            # The one that this file is a part of, even where no path leads to it.
            return importlib.util.spec_from_file_location(name, _FOLDER.with_name("__init__.py"))
        if name == "equinox":
            return ModuleSpec(name, self)
        if _is_equinox(name):
            extent = "the public modules of Equinox only" if "._" in name else "no such module"
            raise ModuleNotFoundError(
                f"No module named {name!r}: `import equinox` means eqxcore here, which has "
                f"{extent}. {_ADVICE}",
                name=name,
            )
        # `from equinox.nn import X` looks for a submodule of this name if there is no attribute.
        parent, _, last = name.rpartition(".")
        for module, _ in self._aliased:
            if module.__name__ == parent and PathFinder.find_spec(name, path) is None:
                raise ImportError(_absence(module, last), name=parent, path=module.__file__)
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Give eqxcore, and each of its public modules, its second name."""
        eqxcore = importlib.import_module("eqxcore")
        names = [each.name for each in pkgutil.iter_modules(eqxcore.__path__)]
        public = [each for each in names if not each.startswith("_") and each != _FOLDER.name]
        # What stands in `sys.modules` at the end is what is imported. (If `create_module` returned
        # it, it would be given a new `__spec__`.)
        sys.modules["equinox"] = self._alias(eqxcore)
        for each in public:
            own = importlib.import_module(f"eqxcore.{each}")
            sys.modules[f"equinox.{each}"] = self._alias(own)

    def _alias(self, module: types.ModuleType) -> types.ModuleType:
        """Return `module`, made to say what it stands for if asked for a name that is not there."""
        known = vars(module).get("__getattr__")

        def get(name: str) -> Any:
            if known is not None:
                with contextlib.suppress(AttributeError):
                    return known(name)
            raise AttributeError(_absence(module, name), name=name, obj=module)

        self._aliased.append((module, known))
        vars(module)["__getattr__"] = get
        return module

    def remove(self) -> None:
        """Have `import equinox` mean what it meant before."""
        sys.meta_path.remove(self)
        for name in [name for name in sys.modules if _is_equinox(name)]:
            del sys.modules[name]
        while self._aliased:
            module, known = self._aliased.pop()
            if known is None:
                del vars(module)["__getattr__"]
            else:
                vars(module)["__getattr__"] = known


def _absence(module: types.ModuleType, name: str) -> str:
    alias = "equinox" + module.__name__.removeprefix("eqxcore")
    near = difflib.get_close_matches(name, getattr(module, "__all__", ()), n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return (
        f"There is no `{name}` in `{alias}`, which means `{module.__name__}` here.{hint} {_ADVICE}"
    )
