"""What of eqxviz another Python is lent, so that a script can run in its own environment."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.metadata import Distribution, DistributionFinder, MetadataPathFinder
from pathlib import Path
from types import ModuleType

# These come together: a worker of another version could not be talked to.
_OWN = ("eqxviz", "eqxcore")
_ANY = DistributionFinder.Context()
_OTHERS = ("executing", "jaxtyping", "msgpack", "wadler_lindig")


class Lender(MetaPathFinder):
    """Finds some packages, each in a folder of its own, and nothing else that lies there.

    What is compiled for another Python is passed over: msgpack goes on without it.
    """

    def __init__(self, folders: Mapping[str, str]) -> None:
        self._folders = dict(folders)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        folder = self._folders.get(fullname) if path is None else None
        return None if folder is None else PathFinder.find_spec(fullname, [folder], target)

    def find_distributions(
        self, context: DistributionFinder.Context = _ANY
    ) -> Iterable[Distribution]:
        """Return the metadata of a lent package that is asked for by name.

        Whoever lists all that is installed finds none of them.
        """
        folder = self._folders.get((context.name or "").lower().replace("-", "_"))
        if folder is None:
            return ()
        named = DistributionFinder.Context(name=context.name, path=[folder])
        return MetadataPathFinder.find_distributions(named)


def lend(root: Path, folders: Sequence[str]) -> None:
    """Make eqxviz, below `root`, importable, and after all else what it needs from `folders`.

    The user's own version of a package is taken before a lent one.
    """
    sys.meta_path.insert(0, Lender(dict.fromkeys(_OWN, str(root))))
    found = {
        package: folder
        for package in _OTHERS
        for folder in reversed(folders)
        if (Path(folder) / package).is_dir()
    }
    sys.meta_path.append(Lender(found))
