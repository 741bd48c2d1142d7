"""The table of actions as Qt actions: menus, tool buttons, palette and key list share them."""

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenuBar, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.session.actions import ACTIONS, Action
from eqxviz.session.session import Session


def _has_node(session: Session) -> bool:
    return session.model is not None and session.selection.kind == "node"


def _has_graph(session: Session) -> bool:
    tab = session.tab_in_front
    return tab is not None and tab.graph is not None


def _follows_lesson(session: Session) -> bool:
    return "learning" in vars(session) and session.learning.current is not None


WINDOW_ACTIONS: tuple[Action, ...] = (
    Action("view.problems", "Show problems", "Ctrl+Shift+M", "View", "mdi6.alert-outline"),
    Action("view.output", "Show the output", "Ctrl+Shift+U", "View", "mdi6.console"),
    Action("view.reset", "Reset the layout", "", "View", "mdi6.view-dashboard-outline"),
    Action(
        "theme.switch",
        "Switch between light and dark",
        "Ctrl+Shift+L",
        "View",
        "mdi6.invert-colors",
    ),
    Action(
        "theme.still", "Let things move, or stand still", "", "View", "mdi6.motion-pause-outline"
    ),
    Action(
        *("run.opens_at_pause", "Open a call's arguments at a pause", "", "Run"),
        icon="mdi6.file-tree-outline",
    ),
    Action(
        *("run.draws_at_pause", "Draw a call's function at a pause", "", "Run"),
        icon="mdi6.graph-outline",
    ),
    Action(
        *("system.copy", "Copy what the system says as text", "", "Run"),
        icon="mdi6.content-copy",
        enabled=lambda session: session.run is not None,
    ),
    Action("file.watch", "Reload when saved", "", "File", "mdi6.file-refresh-outline"),
    Action("file.editor", "Choose the editor", "", "File", "mdi6.file-edit-outline"),
    Action(
        *("tree.source", "Show the source of the selected node's class", "", "Go"),
        icon="mdi6.code-braces",
        enabled=_has_node,
    ),
    Action(
        *("tree.edit", "Open the selected node's class in the editor", "Ctrl+Shift+E", "Go"),
        icon="mdi6.open-in-app",
        enabled=_has_node,
    ),
    Action(
        *("tree.next_place", "Go to the next place of the same object", "Ctrl+J", "Go"),
        icon="mdi6.link-variant",
        enabled=_has_node,
    ),
    Action(
        *("tree.columns", "Choose the columns of the tree", "", "View"),
        icon="mdi6.table-column",
        enabled=lambda session: session.model is not None,
    ),
    Action(
        *("graph.text", "Show the jaxpr beside the graph", "Ctrl+T", "Graph"),
        icon="mdi6.text-box-outline",
    ),
    Action(
        *("graph.lower", "Lower the graph to StableHLO", "Ctrl+Shift+H", "Graph"),
        icon="mdi6.chip",
        enabled=_has_graph,
    ),
    Action(
        *("learn.contents", "Show all lessons, or the page again", "F2", "Learn"),
        icon="mdi6.format-list-bulleted",
    ),
    Action(
        *("learn.text", "Go to the text of the lesson", "Alt+1", "Learn"),
        icon="mdi6.text-long",
        enabled=_follows_lesson,
    ),
    Action(
        *("learn.script", "Go to the script of the page", "Alt+2", "Learn"),
        icon="mdi6.file-code-outline",
        enabled=_follows_lesson,
    ),
    Action(
        *("learn.view", "Go to what the page shows", "Alt+3", "Learn"),
        icon="mdi6.eye-outline",
        enabled=_follows_lesson,
    ),
    Action("theme.system", "Light or dark as the system", "", "View", "mdi6.theme-light-dark"),
)
_MENUS = (
    "File",
    "View",
    "Model",
    "Graph",
    "Curves",
    "Run",
    "Debug",
    "Kept runs",
    "Learn",
    "Go",
    "Help",
)


class Actions(QObject):
    """One QAction for each action, enabled as the session's state has it.

    `handlers` carries out the actions that the window does itself, by name.

    Raises:
        ValueError: If an action has neither a function of its own nor a handler.
    """

    def __init__(
        self,
        session: Session,
        theme: Theme,
        window: QWidget,
        handlers: Mapping[str, Callable[[], None]],
        more: Iterable[Action] = WINDOW_ACTIONS,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._theme = theme
        self.table: dict[str, Action] = {a.name: a for a in (*ACTIONS, *more)}
        self.q: dict[str, QAction] = {}
        for action in self.table.values():
            self.q[action.name] = self._make(action, window, handlers.get(action.name))
        # Many signals in one turn of the event loop make one refresh.
        self._refresh_timer = QTimer(self)
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(0)
        self._refresh_timer.timeout.connect(self.refresh)
        for signal in self._signals():
            signal.connect(self._on_session_changed)
        self.refresh()

    def fill(self, menu_bar: QMenuBar) -> None:
        """Put every action into the menu of its group, in the order of the table."""
        for group in _MENUS:
            menu = menu_bar.addMenu(group)
            for name, action in self.table.items():
                if action.group == group:
                    menu.addAction(self.q[name])

    def load_icons(self) -> None:
        """Give every action its icon. Loads the icon font: to be called after the first paint."""
        for name, action in self.table.items():
            if action.icon:
                self.q[name].setIcon(self._theme.icon(action.icon))

    def refresh(self) -> None:
        """Enable what can be done now."""
        for name, action in self.table.items():
            self.q[name].setEnabled(action.enabled(self._session))

    def disconnect_session(self) -> None:
        """Stop listening; the session may outlive the window."""
        for signal in self._signals():
            signal.disconnect(self._on_session_changed, missing_ok=True)

    def _on_session_changed(self) -> None:
        self._refresh_timer.start()

    def _signals(self) -> tuple:
        s = self._session
        return (
            *(s.model_changed, s.run_changed, s.graphs_changed, s.selection_changed),
            *(s.comparison_changed, s.tree_grew, s.stops_changed, s.learning_changed),
            s.check_changed,
        )

    def _make(self, action: Action, window: QWidget, handler: Callable[[], None] | None) -> QAction:
        run = action.run
        if run is None and handler is None:
            raise ValueError(f"nothing carries out {action.name!r}: it has no `run` and no handler")
        q_action = QAction(action.title, window)
        q_action.setObjectName(action.name)
        if action.key:
            q_action.setShortcut(QKeySequence(action.key))
        if handler is not None:
            q_action.triggered.connect(lambda _checked: handler())
        elif run is not None:
            q_action.triggered.connect(lambda: run(self._session))
        window.addAction(q_action)
        return q_action
