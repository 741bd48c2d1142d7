"""Where in the user's code a Module was made."""

import functools
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Line

_MOST_HELD = 20_000


class Makings:
    """The lines at which Modules were made, by the object. It holds them: ids are used again."""

    def __init__(self, user_code: UserCode) -> None:
        self._user_code = user_code
        self._made: dict[int, tuple[Any, Line]] = {}

    def line_of(self, module: Any) -> Line | None:
        """Return the user's line that made `module`, None where that was not seen."""
        made = self._made.get(id(module))
        return made[1] if made is not None else None

    def line_of_last(self, modules: list[Any]) -> Line | None:
        """Return the user's line that made the last one of `modules`, as far as that was seen."""
        wanted = set(map(id, modules))
        found = [line for number, (_, line) in self._made.items() if number in wanted]
        return found[-1] if found else None

    def __iter__(self) -> Iterator[tuple[Any, Line]]:
        """Each Module that was made, and the line, in order."""
        yield from list(self._made.values())

    def watch(self, library: ModuleType) -> Callable[[], None]:
        """See Modules of eqxcore or Equinox being made, from now on; return what ends that."""
        places: list[tuple[Any, str]] = [(type(library.Module), "__call__"), (library, "tree_at")]
        originals = [(owner, name, getattr(owner, name)) for owner, name in places]
        for owner, name, original in originals:
            setattr(owner, name, self._noting(original))

        def close() -> None:
            for owner, name, original in originals:
                setattr(owner, name, original)

        return close

    def _noting(self, make: Any) -> Any:
        @functools.wraps(make)
        def noting(*args: Any, **kwargs: Any) -> Any:
            made = make(*args, **kwargs)
            frame = self._user_code.frame_from(sys._getframe(1))
            if frame is not None and len(self._made) < _MOST_HELD:
                self._made[id(made)] = made, Line(frame.f_code.co_filename, frame.f_lineno)
            return made

        return noting
