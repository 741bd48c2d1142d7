"""The progress bars of `tqdm`, looked at from outside: their loops run as they always do."""

import contextlib
import functools
import math
import time
import weakref
from collections.abc import Callable
from types import ModuleType
from typing import Any

from eqxviz.records import Bar, Bars


class BarsDoor:
    """Learns of each bar as it is made and as it is closed, and reads it in between.

    Every kind of bar, in a notebook or for asyncio, is made by the class that is watched.
    """

    def __init__(self, tqdm: ModuleType, made: Callable[[], None]) -> None:
        self._class: Any = tqdm.tqdm
        self._made = made
        self._ids: dict[int, int] = {}  # by Python's id, while the bar is open
        self._open: dict[int, weakref.ref[Any]] = {}  # by our id, in the order of their making
        self._over: list[Bar] = []
        self._n = 0
        self._latest = Bars(())
        self._own = {name: vars(self._class)[name] for name in ("__init__", "close")}
        for name, watched in (("__init__", self._on_made), ("close", self._on_closed)):
            setattr(self._class, name, _before_or_after(self._own[name], watched, name == "close"))

    def close(self) -> None:
        """Watch no more."""
        for name, own in self._own.items():
            setattr(self._class, name, own)

    @property
    def has_open(self) -> bool:
        """Whether a bar is shown."""
        return bool(self._open)

    def news(self) -> Bars | None:
        """Return the bars that are shown now, and those that were closed since; None if unchanged.

        A closed one is told once as it ended.
        """
        over, self._over = self._over, []
        bars = list(over)
        for id, ref in list(self._open.items()):
            bar = ref()
            if bar is None:  # never closed
                self._forget(id)
            elif not bar.disable:
                bars.append(_bar(id, bar, is_over=False))
        bars.sort(key=lambda bar: bar.id)
        newest = Bars(tuple(bars))
        if newest == self._latest:
            return None
        self._latest = newest
        return newest

    def _on_made(self, bar: Any) -> None:
        if getattr(bar, "disable", True):
            return
        id = self._n = self._n + 1
        self._ids[_key(bar)] = id
        self._open[id] = weakref.ref(bar)
        self._made()

    def _on_closed(self, bar: Any) -> None:
        id = self._ids.get(_key(bar))
        ref = self._open.get(id) if id is not None else None
        if id is not None and ref is not None and ref() is bar:
            self._over.append(_bar(id, bar, is_over=True))
            self._forget(id)
            self._made()

    def _forget(self, id: int) -> None:
        self._open.pop(id, None)
        for key in [key for key, known in list(self._ids.items()) if known == id]:
            del self._ids[key]


def _key(bar: Any) -> int:
    return id(bar)


def _before_or_after(method: Any, tell: Callable[[Any], None], is_before: bool) -> Any:
    """Return `method`, which tells of the bar as well; what it tells never fails it."""

    @functools.wraps(method)
    def watched(bar: Any, *args: Any, **kwargs: Any) -> Any:
        own = method.__get__(bar, type(bar))  # tqdm's __init__ is a partialmethod, no function
        if is_before:
            _safely(tell, bar)
            return own(*args, **kwargs)
        made = own(*args, **kwargs)
        _safely(tell, bar)
        return made

    return watched


def _safely(tell: Callable[[Any], None], bar: Any) -> None:
    # A bar may be of another kind than those known.
    with contextlib.suppress(AttributeError, TypeError, ValueError):
        tell(bar)


def _bar(id: int, bar: Any, *, is_over: bool) -> Bar:
    total = math.nan if bar.total is None else float(bar.total)
    n, scale = float(bar.n), bar.unit_scale
    if scale and scale is not True:
        n, total = n * float(scale), total * float(scale)
    text = str(bar.desc or "").removesuffix(": ")
    return Bar(id, text, n, total, str(bar.unit), time.time() - float(bar.start_t), is_over)
