"""The docks around the centre, remembered for each kind of work."""

import itertools
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QByteArray, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)

from eqxviz.gui.settings import (
    LAYOUT_DEBUG,
    LAYOUT_INSPECT,
    LAYOUT_LEARN,
    LAYOUT_LEARN_NARROW,
    LAYOUT_RUN,
    LAYOUT_WATCH,
    Setting,
    Settings,
)
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.dock_sizes import DockSizes
from eqxviz.gui.window.views import ViewPlace
from eqxviz.session.session import Session

# A model, a run, a run and its model, a run that has met a stop, a lesson.
Work = Literal["inspect", "watch", "run", "debug", "learn", "learn narrow"]
LEARNING: tuple[Work, ...] = ("learn", "learn narrow")

_LAYOUTS: dict[Work, Setting[str]] = {
    "inspect": LAYOUT_INSPECT,
    "watch": LAYOUT_WATCH,
    "run": LAYOUT_RUN,
    "debug": LAYOUT_DEBUG,
    "learn": LAYOUT_LEARN,
    "learn narrow": LAYOUT_LEARN_NARROW,
}
_TITLE_HEIGHT = 28
_BESIDE = 1200  # pixels of the window from which on the console has room beside the debugger
_CONSOLE_SHARE = 0.3  # of that row
_DEBUG_HEIGHT, _DEBUG_SHARE = 240, 0.29  # of what is below the centre, and at most of the window
_VERSION = 3  # a saved layout of another version is not restored
_Area = Qt.DockWidgetArea


@dataclass(frozen=True)
class DockSpec:
    """A dock: the view in it, where it begins, and in which kinds of work it is open at first."""

    view: str
    title: str
    area: Qt.DockWidgetArea
    work: tuple[Work, ...]
    size: int  # pixels, wide at the sides and high at the bottom
    least_width: int = 0  # narrower, what matters most would not be seen
    is_bare: bool = False  # the view has a head of its own, and the dock needs no title


_RUNS: tuple[Work, ...] = ("watch", "run", "debug")
DOCKS: tuple[DockSpec, ...] = (
    DockSpec("lesson", "Lesson", _Area.LeftDockWidgetArea, LEARNING, 364, 364, is_bare=True),
    DockSpec("script", "Script", _Area.LeftDockWidgetArea, LEARNING, 440, 300, is_bare=True),
    DockSpec("tree", "Model", _Area.LeftDockWidgetArea, ("inspect", "run", "debug"), 400, 250),
    DockSpec("details", "Details", _Area.RightDockWidgetArea, ("inspect", *_RUNS), 290, 230),
    DockSpec("output", "Output", _Area.BottomDockWidgetArea, _RUNS, 200),
    DockSpec("system", "System", _Area.BottomDockWidgetArea, _RUNS, 200),
    DockSpec("problems", "Problems", _Area.BottomDockWidgetArea, _RUNS, 200),
    DockSpec("debugger", "Debugger", _Area.BottomDockWidgetArea, _RUNS, 200),
    DockSpec("console", "Console", _Area.BottomDockWidgetArea, _RUNS, 200),
)
_LESSON_WIDTH = 364  # pixels: its buttons and their keys need them
_SCRIPT_SHARE = 0.56  # of the rest
_BARE = tuple(spec.view for spec in DOCKS if spec.is_bare)
_OF_LESSON = ("lesson", "script", "output", "problems")


class Docks(QObject):
    """The docks of one window. None is seen until a kind of work begins.

    Signals:
        begun: The layout of another kind of work is shown.
    """

    begun = Signal(str)

    def __init__(
        self, session: Session, theme: Theme, settings: Settings, window: QMainWindow
    ) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._work: Work | None = None
        self.docks: dict[str, QDockWidget] = {}
        self._titles: dict[str, DockTitle] = {}
        self.places: dict[str, ViewPlace] = {}
        # Later: docks are hidden as the window is destroyed, too, when it can be asked no more.
        self._titles_due = QTimer(self, singleShot=True, interval=0)
        self._titles_due.timeout.connect(self._arrange_titles)
        # Once more when docks that were shown just now have their place.
        self._lesson_due = QTimer(self, singleShot=True, interval=0)
        self._lesson_due.timeout.connect(self._arrange_lesson)
        window.setDockNestingEnabled(True)
        window.setDockOptions(
            QMainWindow.DockOption.AllowTabbedDocks
            | QMainWindow.DockOption.AllowNestedDocks
            | QMainWindow.DockOption.GroupedDragging
        )
        window.setTabPosition(_Area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        window.setCorner(Qt.Corner.TopLeftCorner, _Area.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.TopRightCorner, _Area.RightDockWidgetArea)
        # What is below has long lines, and stacks beside variables: it needs the width.
        window.setCorner(Qt.Corner.BottomRightCorner, _Area.BottomDockWidgetArea)
        for spec in DOCKS:
            dock = QDockWidget(spec.title, window)
            dock.setObjectName(f"dock_{spec.view}")
            dock.setAccessibleName(spec.title)
            place = ViewPlace(spec.view, session, theme, dock)
            place.setMinimumWidth(spec.least_width)
            dock.setWidget(place)
            self._titles[spec.view] = DockTitle(dock, theme)
            dock.setTitleBarWidget(self._titles[spec.view])
            dock.visibilityChanged.connect(self._on_dock_changed)
            dock.dockLocationChanged.connect(self._on_dock_changed)
            dock.topLevelChanged.connect(self._on_dock_changed)
            self.docks[spec.view], self.places[spec.view] = dock, place
            window.addDockWidget(spec.area, dock)
            dock.hide()
        self._sizes = DockSizes(window, self.docks.values())

    @property
    def work(self) -> Work | None:
        """The kind of work whose layout is shown."""
        return self._work

    def begin(self, work: Work) -> None:
        """Show the layout of a kind of work, as it was left.

        What is looked at below the centre stays in front, where that kind of work has it too. In
        debugging that was not done before, nothing moves that the user has moved.
        """
        if work == self._work:
            return
        focused = QApplication.focusWidget()
        in_front = self._in_front_below() if self._work is not None else None
        stays = work == "debug" and self._is_arranged()
        self.remember()
        self._work = work
        self._show_centre()
        saved = self._settings.bytes(_LAYOUTS[work])
        if not saved.isEmpty() and self._window.restoreState(saved, _VERSION):
            self._sizes.learn()
        elif not stays:
            self._lay_out(work)
        self._arrange_titles()
        if in_front is not None and not in_front.isHidden():
            in_front.raise_()
        if focused is not None and self._window.isAncestorOf(focused):
            focused.setFocus(Qt.FocusReason.OtherFocusReason)  # its dock was taken out meanwhile
        self.begun.emit(work)

    def leave(self) -> None:
        """Hide all docks, for the start page."""
        self.remember()
        self._work = None
        self._show_centre()
        for dock in self.docks.values():
            dock.hide()

    def title(self, view: str) -> "DockTitle":
        """Return the title of the dock of `view`."""
        return self._titles[view]

    def is_unseen(self, widget: QWidget) -> bool:
        """Whether `widget` is in a dock behind another one's tab, or in a title without height.

        To Qt it is visible there.
        """
        parts = (*self.docks.values(), *self._titles.values())
        return any(p.isAncestorOf(widget) and p.visibleRegion().isEmpty() for p in parts)

    def remember(self) -> None:
        """Write down the layout of the work at hand."""
        if self._work is not None:
            state: QByteArray = self._window.saveState(_VERSION)
            self._settings.set_bytes(_LAYOUTS[self._work], state)

    def reset(self) -> None:
        """Lay the docks out as they were at first."""
        if self._work is not None:
            self._lay_out(self._work)

    def load_icons(self) -> None:
        """Draw the icons of the titles; to be called after the first paint."""
        for title in self._titles.values():
            title.load_icons()

    def show(self, view: str) -> ViewPlace:
        """Open the dock of `view`, bring it to the front, and return its place."""
        dock = self.docks[view]
        dock.show()
        dock.raise_()
        self.places[view].build()
        return self.places[view]

    def make_room(self, view: str, share: float) -> None:
        """Give a dock that lies below the centre at least that share of the window's height."""
        dock, height = self.docks[view], round(share * self._window.height())
        is_below = self._window.dockWidgetArea(dock) == _Area.BottomDockWidgetArea
        if is_below and not dock.isFloating() and dock.height() < height:
            self._window.resizeDocks([dock], [height], Qt.Orientation.Vertical)

    def _show_centre(self) -> None:
        """Show the centre, which a lesson may have hidden."""
        centre = self._window.centralWidget()
        if centre is not None:
            centre.show()

    def _in_front_below(self) -> QDockWidget | None:
        """Return the dock below the centre that is seen, and not behind another one's tab."""
        for dock in self.docks.values():
            is_below = self._window.dockWidgetArea(dock) == _Area.BottomDockWidgetArea
            if is_below and dock.isVisible() and not dock.visibleRegion().isEmpty():
                return dock
        return None

    def _is_arranged(self) -> bool:
        """Whether a dock was closed, floated or put elsewhere since the layout was the first."""
        for spec in DOCKS:
            dock = self.docks[spec.view]
            is_elsewhere = self._window.dockWidgetArea(dock) != spec.area or dock.isFloating()
            if self._work in spec.work and (is_elsewhere or dock.isHidden()):
                return True
        return False

    def _lay_out(self, work: Work) -> None:
        window, is_debugging = self._window, work == "debug"
        if work in LEARNING:
            self._lay_out_lesson(is_narrow=work == "learn narrow")
            return
        window.setCorner(Qt.Corner.TopRightCorner, _Area.RightDockWidgetArea)
        # Stack and variables stand side by side, and need all the width that there is.
        corner = _Area.BottomDockWidgetArea if is_debugging else _Area.LeftDockWidgetArea
        window.setCorner(Qt.Corner.BottomLeftCorner, corner)
        for spec in DOCKS:
            dock = self.docks[spec.view]
            dock.setFloating(False)
            window.addDockWidget(spec.area, dock)
            dock.setVisible(work in spec.work)
        below = [self.docks[spec.view] for spec in DOCKS if spec.area == _Area.BottomDockWidgetArea]
        is_beside = is_debugging and window.width() >= _BESIDE
        for before, after in itertools.pairwise(below[:-1] if is_beside else below):
            window.tabifyDockWidget(before, after)
        if is_beside:
            row = [self.docks["debugger"], self.docks["console"]]
            shares = [1 - _CONSOLE_SHARE, _CONSOLE_SHARE]
            widths = [round(share * window.width()) for share in shares]
            window.resizeDocks(row, widths, Qt.Orientation.Horizontal)
        self.docks["debugger" if is_debugging else "output"].raise_()
        sizes = {self.docks[spec.view]: spec.size for spec in DOCKS}
        if is_debugging:
            height = min(_DEBUG_HEIGHT, round(_DEBUG_SHARE * window.height()))
            sizes |= dict.fromkeys(below, height)
        for dock, size in sizes.items():
            way = Qt.Orientation.Vertical if dock in below else Qt.Orientation.Horizontal
            window.resizeDocks([dock], [size], way)
        self._sizes.wish(sizes)

    def arrange_lesson(self) -> None:
        """Give what is seen of a lesson its share of the window."""
        self._arrange_lesson()
        self._lesson_due.start()

    def _arrange_lesson(self) -> None:
        if self._work not in LEARNING:
            return
        window, height = self._window, self._window.height()
        is_narrow = self._work == "learn narrow"
        rest = window.width() - _LESSON_WIDTH
        centre = window.centralWidget()
        has_centre = centre is not None and not centre.isHidden()
        if is_narrow:
            self._stack_lesson(has_centre=has_centre)
        is_alone = self.docks["tree"].isHidden() and not has_centre
        script = rest if is_alone or is_narrow else round(rest * _SCRIPT_SHARE)
        columns = {"lesson": _LESSON_WIDTH, "script": script, "tree": rest - script or rest}
        shares = {"script": 0.6, "output": 0.3}
        if is_narrow and self.docks["tree"].isHidden() and not has_centre:
            shares = {"script": 0.5, "output": 0.3}
        elif is_narrow:
            shares = {"script": 0.3, "tree": 0.4, "output": 0.15}
        rows = {view: round(share * height) for view, share in shares.items()}
        pair = {} if is_narrow else {"tree": round(0.62 * height), "details": round(0.28 * height)}
        for sizes, way in (
            (columns, Qt.Orientation.Horizontal),
            (rows, Qt.Orientation.Vertical),
            (pair, Qt.Orientation.Vertical),
        ):
            shown = {self.docks[view]: size for view, size in sizes.items() if self._is_in(view)}
            if is_narrow and has_centre and way == Qt.Orientation.Vertical:
                for dock, size in shown.items():  # above and below the centre
                    window.resizeDocks([dock], [size], way)
            else:
                window.resizeDocks(list(shown), list(shown.values()), way)

    def _stack_lesson(self, *, has_centre: bool) -> None:
        """Put script and output above and below the centre, or all beside the lesson without it.

        Qt shares out the height as it likes between areas whose centre is hidden.
        """
        window, docks, down = self._window, self.docks, Qt.Orientation.Vertical
        is_above = window.dockWidgetArea(docks["script"]) == _Area.TopDockWidgetArea
        if is_above == has_centre or docks["script"].isFloating():
            return
        below = ("details", "problems", "system", "debugger", "console")
        hidden = {view for view in docks if docks[view].isHidden()}
        if has_centre:
            window.addDockWidget(_Area.TopDockWidgetArea, docks["script"])
            window.addDockWidget(_Area.BottomDockWidgetArea, docks["output"])
        else:
            window.splitDockWidget(docks["lesson"], docks["script"], Qt.Orientation.Horizontal)
            window.splitDockWidget(docks["script"], docks["tree"], down)
            window.splitDockWidget(docks["tree"], docks["output"], down)
        for view in below:
            window.tabifyDockWidget(docks["output"], docks[view])
        for view, dock in docks.items():
            dock.setVisible(view not in hidden)
        docks["output"].raise_()

    def _is_in(self, view: str) -> bool:
        """Whether the dock of `view` takes room in the window."""
        return not (self.docks[view].isHidden() or self.docks[view].isFloating())

    def _lay_out_lesson(self, *, is_narrow: bool) -> None:
        """Put script and view beside the lesson: beside each other, or below each other."""
        window, docks = self._window, self.docks
        across, down = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        window.setCorner(Qt.Corner.BottomLeftCorner, _Area.LeftDockWidgetArea)
        corner = _Area.TopDockWidgetArea if is_narrow else _Area.RightDockWidgetArea
        window.setCorner(Qt.Corner.TopRightCorner, corner)
        for spec in DOCKS:
            docks[spec.view].setFloating(False)
            window.addDockWidget(spec.area, docks[spec.view])
            docks[spec.view].setVisible(spec.view in _OF_LESSON)
        for view in ("tree", "details"):
            window.addDockWidget(_Area.RightDockWidgetArea, docks[view])
        below = ["problems", "system", "debugger", "console"]
        if is_narrow:
            window.addDockWidget(_Area.TopDockWidgetArea, docks["script"])
            below.insert(0, "details")
        else:
            window.splitDockWidget(docks["lesson"], docks["script"], across)
            window.splitDockWidget(docks["script"], docks["output"], down)
            window.splitDockWidget(docks["tree"], docks["details"], down)
        for view in below:
            window.tabifyDockWidget(docks["output"], docks[view])
        docks["output"].raise_()
        self.arrange_lesson()
        self._sizes.wish({})

    def _on_dock_changed(self) -> None:
        self._titles_due.start()

    def _arrange_titles(self) -> None:
        """Hide the title of a dock that has a tab: the tab says it already."""
        for view, dock in self.docks.items():
            others = self._window.tabifiedDockWidgets(dock)
            is_tab = not dock.isFloating() and any(not other.isHidden() for other in others)
            self._titles[view].set_compact(is_tab or view in _BARE)
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        for bar in self._window.findChildren(QTabBar, options=direct):
            bar.setAccessibleName("Docks")  # Qt makes them as docks are moved


class DockTitle(QWidget):
    """A dock's name, with buttons to float it and to close it; it is dragged by it."""

    def __init__(self, dock: QDockWidget, theme: Theme) -> None:
        super().__init__(dock)
        self._buttons: list[tuple[QToolButton, str]] = []
        self._theme = theme
        self._is_compact = False
        self.setFixedHeight(_TITLE_HEIGHT)
        self._row = row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 4, 4)
        row.setSpacing(2)
        name = QLabel(dock.windowTitle(), self)
        name.setProperty("face", "small")
        name.setProperty("tone", "faint")
        dock.windowTitleChanged.connect(name.setText)
        row.addWidget(name)
        row.addStretch(1)
        for icon, words, act in (
            ("mdi6.dock-window", "Float", lambda: dock.setFloating(not dock.isFloating())),
            ("mdi6.close", "Close", dock.close),
        ):
            button = QToolButton(self)
            button.setFixedSize(20, 20)
            button.setToolTip(words)
            button.setAccessibleName(f"{words} {dock.windowTitle()}")
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setProperty("kind", "small")
            button.clicked.connect(act)
            self._buttons.append((button, icon))
            row.addWidget(button)

    def set_compact(self, compact: bool) -> None:
        """Take no room, or the usual room."""
        self._is_compact = compact
        self.setFixedHeight(0 if compact else _TITLE_HEIGHT)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        # The dock asks for this alone, and not for the fixed height.
        return QSize(0 if self._is_compact else super().sizeHint().width(), self.height())

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.height())

    def add(self, widget: QWidget) -> None:
        """Put `widget` beside the name."""
        self._row.insertWidget(1, widget)

    def load_icons(self) -> None:
        """Draw the buttons' icons; to be called after the first paint."""
        for button, icon in self._buttons:
            button.setIcon(self._theme.icon(icon, "faint"))
