"""Seeing which arrays of a model the user's filter specs keep, and which they leave out."""

import functools
import sys
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from eqxviz.analysis import compat
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.seen import Line
from eqxviz.doctor.watching.differentiating import Leaf, leaves_of

_MOST_OF_A_LINE = 3


@dataclass(frozen=True, eq=False)
class Split:
    """A call of `partition` or `filter`: floating-point arrays that it keeps and leaves out."""

    at: Line
    kept: list[Leaf]
    left: list[Leaf]

    @property
    def paths(self) -> frozenset[str]:
        """The paths of what it keeps."""
        return frozenset(leaf.path for leaf in self.kept)


def watch_splits(
    library: ModuleType,
    user_code: UserCode,
    tell: Callable[[Split], None],
    failed: Callable[[Exception], None],
) -> Callable[[], None]:
    """Have `tell` told of calls that leave floating-point arrays out; return what ends that."""
    seen: dict[Line, int] = {}

    def watching(split: Any, *, is_pair: bool) -> Any:
        @functools.wraps(split)
        def noting(*args: Any, **kwargs: Any) -> Any:
            result = split(*args, **kwargs)
            tree = args[0] if args else kwargs.get("pytree")
            frame = user_code.frame_from(sys._getframe(1))
            if frame is None:
                return result
            at = Line(frame.f_code.co_filename, frame.f_lineno)
            seen[at] = seen.get(at, 0) + 1
            if seen[at] > _MOST_OF_A_LINE:
                return result
            try:
                kept = _inexact(result[0] if is_pair else result)
                paths = {leaf.path for leaf in kept}
                left = [leaf for leaf in _inexact(tree) if leaf.path not in paths]
            except Exception as error:  # noqa: BLE001 - the script must not fail by us
                failed(error)
                return result
            if left and kept:
                tell(Split(at, kept, left))
            return result

        return noting

    originals = {name: getattr(library, name) for name in ("partition", "filter")}
    for name, original in originals.items():
        setattr(library, name, watching(original, is_pair=name == "partition"))

    def close() -> None:
        for name, original in originals.items():
            setattr(library, name, original)

    return close


def _inexact(tree: Any) -> list[Leaf]:
    found = [leaf for leaf in leaves_of(tree) if leaf.dtype is not None]
    # A plain number is none that a spec would keep.
    arrays = [leaf for leaf in found if not isinstance(leaf.dtype, type)]
    return [leaf for leaf in arrays if compat.is_inexact_dtype(leaf.dtype)]
