"""The tool bar: the run's controls, always in one place, and what is going on in words."""

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolBar, QToolButton, QWidget

from eqxviz.gui.actions import Actions
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel
from eqxviz.gui.window.device_picker import DevicePicker
from eqxviz.gui.window.keep_button import KeepButton
from eqxviz.session.headline import headline
from eqxviz.session.session import Session

_LEFT = ("file.start_page", "file.open", "", "go.back", "go.forward", "")
_RUN = ("run.continue", "run.pause", "run.step", "run.to", "run.stop", "", "check.start")
_ROLES = {"run.continue": "running", "run.stop": "problem"}
_ICON = QSize(18, 18)
_BUTTON = QSize(30, 28)
_LONGEST_NAME = 24  # characters of a script or a function, where room is short
# Between what a run tells of itself: its clock goes on, and a stop has stages.
_TICK_MS = 1000
_STOPPING_TICK_MS = 100


class RunBar(QToolBar):
    """Buttons first, so that no text that grows ever moves them."""

    def __init__(self, session: Session, theme: Theme, actions: Actions, parent: QWidget) -> None:
        super().__init__("Tool bar", parent)
        self._session = session
        self._theme = theme
        self._actions = actions
        self._buttons: dict[str, QToolButton] = {}
        self.setObjectName("run_bar")
        self.setMovable(False)
        self.setFloatable(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setIconSize(_ICON)
        for name in (*_LEFT, *_RUN):
            if name:
                self.addWidget(self._button(name))
            else:
                self.addWidget(_Gap(self))
        self.addWidget(_Gap(self))
        self.keep = KeepButton(session, theme, actions.q["run.keep"], _BUTTON, _ICON, self)
        self.addWidget(self.keep)
        self.addWidget(_Gap(self))
        # What goes on stands behind the script's name: that gives way, not the state.
        right = Qt.TextElideMode.ElideRight
        self.words = ElidedLabel("", self, elide=right, longest_word=_LONGEST_NAME)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.words.setAccessibleName("What is going on")
        self.addWidget(self.words)
        self.device = DevicePicker(session, self)
        self.addWidget(self.device)
        self.addWidget(self._palette_button())
        self._tick = QTimer(self)
        self._tick.timeout.connect(self._say)
        self.refresh()

    def refresh(self) -> None:
        """Say what is going on now, and go on saying it while time passes."""
        self._say()
        self.keep.refresh()
        self.device.refresh()
        run, is_stopping = self._session.run, self._session.activity.is_stopping
        if run is None or not run.is_live or run.status.state.value == "paused":
            self._tick.stop()
        else:
            self._tick.start(_STOPPING_TICK_MS if is_stopping else _TICK_MS)

    def _say(self) -> None:
        self.words.set_text(headline(self._session))

    def load_icons(self) -> None:
        """Draw the buttons' icons. Loads the icon font: to be called after the first paint."""
        for name, button in self._buttons.items():
            icon = self._actions.table[name].icon
            button.setIcon(self._theme.icon(icon, _ROLES.get(name, "text")))
        self.keep.load_icon(self._actions.table["run.keep"].icon)

    def _button(self, name: str) -> QToolButton:
        action = self._actions.q[name]
        key = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
        button = QToolButton(self)
        button.setFixedSize(_BUTTON)
        button.setIconSize(_ICON)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(f"{action.text()}  {key}".strip())
        button.setAccessibleName(action.text())
        button.setEnabled(action.isEnabled())
        button.clicked.connect(action.trigger)
        action.enabledChanged.connect(button.setEnabled)
        self._buttons[name] = button
        return button

    def _palette_button(self) -> QToolButton:
        action = self._actions.q["help.palette"]
        button = QToolButton(self)
        button.setText(f"{action.text()}   {action.shortcut().toString()}")
        button.setProperty("kind", "field")
        button.setToolTip("Every action by name")
        button.clicked.connect(action.trigger)
        return button


class _Gap(QLabel):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedWidth(10)
