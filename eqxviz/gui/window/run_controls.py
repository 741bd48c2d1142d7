"""What the window does about a run beside its buttons: it asks for a call, and undoes a pause."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from eqxviz.gui.settings import DRAWS_AT_PAUSE, KEPT_SCRIPTS, OPENS_AT_PAUSE, Setting, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import LinkButton
from eqxviz.gui.window.docks import DockTitle
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.gui.window.call_field import CallField

# The actions that turn on and off what happens by itself where a run pauses.
_SWITCHES = {"run.opens_at_pause": OPENS_AT_PAUSE, "run.draws_at_pause": DRAWS_AT_PAUSE}


class RunControls(QObject):
    """The line for the number of a call, the settings of a pause, and the way back from it.

    What a pause does by itself are two settings; whether calls are kept is remembered for each
    script. The model that gave way to the arguments of a call
    is brought back by a link in the title over the tree.
    """

    def __init__(
        self, session: Session, theme: Theme, settings: Settings, title: DockTitle, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._theme = theme
        self._settings = settings
        self._window = window
        self._switches: dict[str, QAction] = {}
        self._field: CallField | None = None
        self._back_key = ""
        self.link = LinkButton("", title)
        self.link.setProperty("face", "small")
        self.link.hide()
        title.add(self.link)
        self._keep: QAction | None = None
        self._follow_settings()
        session.kept_scripts = settings[KEPT_SCRIPTS]
        session.keeping_changed.connect(self._on_keeping, check_nargs=False)
        session.run_changed.connect(self._on_keeping, check_nargs=False)
        session.set_aside_changed.connect(self._on_set_aside, check_nargs=False)
        self.destroyed.connect(lambda: _disconnect(session, self))

    @property
    def field(self) -> "CallField":
        """The line for the number of a call."""
        from eqxviz.gui.window.call_field import CallField

        if self._field is None:
            self._field = CallField(self._session, self._theme, self._window)
        return self._field

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what carries out the actions that are done here, by their names."""
        switches = {name: lambda name=name: self._switch(name) for name in _SWITCHES}
        return switches | {"run.to": lambda: self.field.ask()}  # noqa: PLW0108 - made when asked for

    def bind(self, actions: Mapping[str, QAction]) -> None:
        """Let the actions show which settings are on, and the link carry out one of them."""
        for name, setting in _SWITCHES.items():
            actions[name].setCheckable(True)
            actions[name].setChecked(self._settings[setting])
            self._switches[name] = actions[name]
        self._keep = actions["run.keep"]
        self._keep.setCheckable(True)
        self._back_key = actions["run.bring_back"].shortcut().toString()
        self.link.clicked.connect(actions["run.bring_back"].trigger)

    def _switch(self, name: str) -> None:
        setting: Setting[bool] = _SWITCHES[name]
        self._settings[setting] = not self._settings[setting]
        self._switches[name].setChecked(self._settings[setting])
        self._follow_settings()

    def _follow_settings(self) -> None:
        self._session.opens_at_pause = self._settings[OPENS_AT_PAUSE]
        self._session.draws_at_pause = self._settings[DRAWS_AT_PAUSE]

    def _on_keeping(self) -> None:
        """Show whether calls are kept, and remember for which scripts."""
        session = self._session
        if session.kept_scripts != self._settings[KEPT_SCRIPTS]:
            self._settings[KEPT_SCRIPTS] = session.kept_scripts
        if self._keep is not None:
            self._keep.setChecked(session.run is not None and session.replaying.keeping.is_on)

    def _on_set_aside(self) -> None:
        aside = self._session.set_aside
        if aside is not None:
            words = f"{aside.source.target} gave way to the call's arguments.  {self._back_key}"
            self.link.set_text(f"Back to {aside.source.title}", tooltip=words)
        self.link.setVisible(aside is not None)


def _disconnect(session: Session, controls: RunControls) -> None:
    session.set_aside_changed.disconnect(controls._on_set_aside, missing_ok=True)
    session.keeping_changed.disconnect(controls._on_keeping, missing_ok=True)
    session.run_changed.disconnect(controls._on_keeping, missing_ok=True)
