"""What the application remembers between two starts: one table, one place on disk."""

import json
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from PySide6.QtCore import QByteArray, QSettings

from eqxviz.gui.theme import ThemeMode

_T = TypeVar("_T")


@dataclass(frozen=True)
class Setting(Generic[_T]):
    """One thing to remember. `choices` bounds it; anything else on disk counts as the default."""

    key: str
    default: _T
    title: str
    choices: tuple[_T, ...] = ()


THEME = Setting[ThemeMode](
    "look/theme", "system", "Light, dark, or as the system", ("system", "light", "dark")
)
REDUCED_MOTION = Setting("look/reduced_motion", False, "Nothing moves by itself")
RECENT_FILES = Setting[tuple[str, ...]]("recent/files", (), "Files opened last")
RECENT_LAUNCHES = Setting[tuple[str, ...]]("recent/launches", (), "What was run last, and how")
CONSTRUCTORS = Setting[tuple[str, ...]](
    "recent/constructors", (), "What makes the model of a file of leaves, after a tab"
)
ALLOWED_FILES = Setting[tuple[str, ...]]("consent/files", (), "Files that may be run when opened")
GEOMETRY = Setting("window/geometry", "", "Where the window was, and how large")
TREE_COLUMNS = Setting[tuple[str, ...]](
    "tree/columns", (), "The columns of the tree that are shown, with their widths"
)
LEDGER_COLUMNS = Setting[tuple[str, ...]](
    "compile/columns", (), "The columns of the compile ledger that are shown, with their widths"
)
RUNS_COLUMNS = Setting[tuple[str, ...]](
    "runs/columns", (), "The columns of the list of runs that are shown, with their widths"
)
CURVE_PLOTS = Setting("curves/plots", "", "The plots of each script, as they were left")
TREE_SORTING = Setting("tree/sorting", "", "The column by which the tree is sorted")
TREE_ONLY_FOUND = Setting("tree/only_found", False, "A search shows only what it finds")
GRAPH_COLOURS = Setting(
    "graph/colours",
    "kind",
    "What the colours in graphs stand for",
    ("kind", "module", "flops", "bytes", "dtype", "pass"),
)
RELOAD_WHEN_SAVED = Setting("tree/reload_when_saved", True, "A file is read again when it is saved")
EDITOR = Setting("editor/command", "", "What opens a file in the editor: code --goto {file}:{line}")
GRAPH_TEXT = Setting("graph/text", False, "The jaxpr is printed beside the graph")
GRAPH_TEXT_SHARE = Setting("graph/text_share", 42, "How much of the room it has, in percent")
OPENS_AT_PAUSE = Setting(
    "run/opens_at_pause", True, "Where a run pauses, the arguments of the call open"
)
DRAWS_AT_PAUSE = Setting("run/draws_at_pause", True, "Where a run pauses, its function is drawn")
STOPS = Setting("debug/stops", "", "The stops of each script, as they were left")
KEPT_SCRIPTS = Setting[tuple[str, ...]](
    "run/kept_scripts", (), "Scripts whose calls are kept for replay"
)
LAYOUT_INSPECT = Setting("layout/inspect", "", "Where the docks are while a model is inspected")
LAYOUT_WATCH = Setting("layout/watch", "", "Where the docks are while a script runs alone")
LAYOUT_RUN = Setting("layout/run", "", "Where the docks are while a script runs beside its model")
LAYOUT_DEBUG = Setting("layout/debug", "", "Where the docks are once a run has met a stop")
LAYOUT_LEARN = Setting("layout/learn", "", "Where the docks are while a lesson is followed")
LAYOUT_LEARN_NARROW = Setting("layout/learn_narrow", "", "The same in a narrow window")

SETTINGS: tuple[Setting[Any], ...] = (
    *(THEME, REDUCED_MOTION, RECENT_FILES, RECENT_LAUNCHES, CONSTRUCTORS, ALLOWED_FILES),
    *(GRAPH_COLOURS, TREE_COLUMNS, TREE_SORTING, TREE_ONLY_FOUND, RELOAD_WHEN_SAVED, EDITOR),
    *(GRAPH_TEXT, GRAPH_TEXT_SHARE, OPENS_AT_PAUSE, DRAWS_AT_PAUSE),
    KEPT_SCRIPTS,
    *(LEDGER_COLUMNS, RUNS_COLUMNS, STOPS),
    *(GEOMETRY, LAYOUT_INSPECT, LAYOUT_WATCH, LAYOUT_RUN, LAYOUT_DEBUG),
    *(LAYOUT_LEARN, LAYOUT_LEARN_NARROW),
)
_MAX_ITEMS = {
    RECENT_FILES.key: 12,
    RECENT_LAUNCHES.key: 20,
    CONSTRUCTORS.key: 100,
    ALLOWED_FILES.key: 500,
}


class Settings:
    """The values of `SETTINGS`, on disk at once. With `on_disk` False they last as long as this."""

    def __init__(self, on_disk: bool = True) -> None:
        self._texts: dict[str, str] = {}
        self._file: QSettings | None = None
        if on_disk:
            ini, user = QSettings.Format.IniFormat, QSettings.Scope.UserScope
            self._file = QSettings(ini, user, "eqxviz", "eqxviz")

    def __getitem__(self, setting: Setting[_T]) -> _T:
        """Return what is remembered, or the default where that is nothing, or unreadable."""
        text = self._read(setting.key)
        try:
            value = json.loads(text) if text else setting.default
        except ValueError:
            return setting.default
        if isinstance(setting.default, tuple) and isinstance(value, list):
            value = tuple(str(item) for item in cast(list[Any], value))
        is_valid = type(value) is type(setting.default)
        if not is_valid or (setting.choices and value not in setting.choices):
            return setting.default
        return cast(_T, value)

    def __setitem__(self, setting: Setting[_T], value: _T) -> None:
        self._write(setting.key, json.dumps(value))

    def put_first(self, setting: Setting[tuple[str, ...]], item: str) -> None:
        """Put `item` at the head of a list, once; the oldest falls off the end."""
        rest = tuple(other for other in self[setting] if other != item)
        self[setting] = (item, *rest)[: _MAX_ITEMS[setting.key]]

    def bytes(self, setting: Setting[str]) -> QByteArray:
        """Return a setting that holds what Qt saved of a window's state."""
        return QByteArray.fromBase64(self[setting].encode("ascii", "replace"))

    def set_bytes(self, setting: Setting[str], value: QByteArray) -> None:
        """Remember what Qt saved of a window's state."""
        self[setting] = bytes(value.toBase64().data()).decode("ascii")

    def _read(self, key: str) -> str:
        if self._file is None:
            return self._texts.get(key, "")
        return str(self._file.value(key, ""))

    def _write(self, key: str, text: str) -> None:
        if self._file is None:
            self._texts[key] = text
        else:
            self._file.setValue(key, text)
