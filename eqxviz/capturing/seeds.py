"""The seeds of the script's random generators, as its own code sets them."""

import functools
import sys
from collections import Counter
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from eqxviz.capturing.feed import Feed
from eqxviz.records import SeedSeen

# Where generators are seeded, by module.
SEEDING = {
    "random": ("seed",),
    "numpy.random": ("seed", "default_rng"),
    "jax.random": ("key", "PRNGKey"),
}
_MOST_OF_A_LINE = 4
_MOST = 256


class Seeds:
    """Tells of each seed once. Who sets it is judged once JAX is there, and what is known of it."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._is_user: Callable[[str], bool] | None = None
        self._waiting: list[SeedSeen] = []
        self._seen: set[SeedSeen] = set()
        self._lines: Counter[tuple[str, str, int]] = Counter()

    def judge(self, is_user: Callable[[str], bool]) -> None:
        """Tell from now on of what is set in files that `is_user` calls the user's."""
        self._is_user = is_user
        waiting, self._waiting = self._waiting, []
        for seed in waiting:
            self._tell(seed)

    def see(self, source: str, seed: Any) -> None:
        """See that the caller's caller seeds `source`."""
        if type(seed) is not int and not isinstance(seed, np.integer):
            return
        frame = sys._getframe(2)
        line = source, frame.f_code.co_filename, frame.f_lineno
        if self._lines[line] >= _MOST_OF_A_LINE or len(self._lines) > _MOST:
            return  # a new seed for every step
        seen = SeedSeen(source, str(int(seed)), *line[1:])
        if seen in self._seen:
            return
        self._seen.add(seen)
        self._lines[line] += 1
        if self._is_user is None:
            self._waiting.append(seen)
        else:
            self._tell(seen)

    def _tell(self, seed: SeedSeen) -> None:
        if self._is_user is not None and self._is_user(seed.file):
            self._feed.tell(seed)


class SeedDoor:
    """The functions of a module that seed a generator: replaced in the module."""

    def __init__(self, module: ModuleType, seeds: Seeds) -> None:
        self._module: Any = module
        self._originals = {name: getattr(module, name) for name in SEEDING[module.__name__]}
        for name, original in self._originals.items():
            setattr(module, name, _observing(f"{module.__name__}.{name}", original, seeds))

    def close(self) -> None:
        """Put the functions back."""
        for name, original in self._originals.items():
            setattr(self._module, name, original)


def _observing(source: str, original: Any, seeds: Seeds) -> Any:
    @functools.wraps(original)
    def seeding(*args: Any, **kwargs: Any) -> Any:
        seeds.see(source, args[0] if args else kwargs.get("seed", kwargs.get("a")))
        return original(*args, **kwargs)

    # Where it stands, so that it pickles by its name.
    seeding.__module__, _, seeding.__qualname__ = source.rpartition(".")
    return seeding
