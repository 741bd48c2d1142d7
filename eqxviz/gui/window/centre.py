"""The middle of the window: the start page, or the views as tabs."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QStackedWidget, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.start_page import StartPage
from eqxviz.gui.window.view_tabs import ViewTabs
from eqxviz.gui.window.views import ViewPlace
from eqxviz.session.session import Session

TABS: tuple[tuple[str, str], ...] = (
    ("graph", "Graph"),
    ("values", "Values"),
    ("filter", "Filter"),
    ("sharing", "Sharing"),
    ("compare", "Compare"),
    ("curves", "Curves"),
    ("dynamics", "Dynamics"),
    ("compile", "Compile"),
    ("source", "Source"),
    ("runs", "Runs"),
)

# Where there is no room for all: what is looked at least often while a script runs goes first.
_HIDDEN_FIRST = (
    *("Sharing", "Filter", "Compare", "Runs", "Dynamics", "Values", "Compile", "Curves"),
    *("Source", "Graph"),
)
_LEAST_WIDTH = 416  # views make do with it: the docks beside them keep theirs
_LEAST_HEIGHT = 260  # the same for the docks below
_TALL = ("filter", "compare")  # scroll where there is less than they need


class Centre(QStackedWidget):
    """Either the start page or the tabs; a view is made when its tab is first shown."""

    def __init__(
        self, start_page: StartPage, session: Session, theme: Theme, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.start_page = start_page
        self._covered: QWidget | None = None
        self.setMinimumSize(_LEAST_WIDTH, _LEAST_HEIGHT)
        self.tabs = ViewTabs(_HIDDEN_FIRST, self)
        self.places: dict[str, ViewPlace] = {}
        for name, title in TABS:
            place = ViewPlace(name, session, theme, self.tabs, scrolls=name in _TALL)
            place.setAccessibleName(title)
            self.places[name] = place
            self.tabs.addTab(place, title)
        self._theme = theme
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self.addWidget(start_page)
        self.addWidget(self.tabs)

    @property
    def is_start(self) -> bool:
        """Whether the start page is shown."""
        return self.currentWidget() is self.start_page

    @property
    def view_name(self) -> str:
        """The name of the tab in front."""
        return TABS[self.tabs.currentIndex()][0]

    def show_start(self) -> None:
        """Show the start page."""
        self.setCurrentWidget(self.start_page)

    def show_over(self, page: QWidget) -> None:
        """Show `page` in place of what is shown, until `uncover` or something else is."""
        if self.currentWidget() is not page:
            self._covered = self.currentWidget()
        if self.indexOf(page) < 0:
            self.addWidget(page)
        self.setCurrentWidget(page)

    def uncover(self) -> None:
        """Show again what was shown before `show_over`."""
        if self._covered is not None:
            self.setCurrentWidget(self._covered)
            self._covered.setFocus(Qt.FocusReason.OtherFocusReason)
            self._covered = None

    def show_view(self, name: str) -> ViewPlace:
        """Bring the tab of `name` to the front, and return its place."""
        self.show()  # a lesson may have hidden it
        self.setCurrentWidget(self.tabs)
        self.tabs.setCurrentWidget(self.places[name])
        self.places[name].build()
        return self.places[name]

    def show_alarms(self, name: str, n_alarms: int, what: str) -> None:
        """Mark the tab of `name` with a count of what there is to see in it; 0 for nothing."""
        at = self.tabs.indexOf(self.places[name])
        title = dict(TABS)[name]
        self.tabs.setTabText(at, f"{title} {n_alarms}" if n_alarms else title)
        icon = self._theme.icon("mdi6.alert", "problem") if n_alarms else QIcon()
        self.tabs.setTabIcon(at, icon)
        self.tabs.setTabToolTip(at, f"{n_alarms} × {what}" if n_alarms else "")
        self.tabs.arrange()

    def show_tabs(self) -> None:
        """Show the tabs as they were left."""
        self.setCurrentWidget(self.tabs)
        self._on_tab_changed()

    def _on_tab_changed(self) -> None:
        if not self.is_start:
            self.places[self.view_name].build()
