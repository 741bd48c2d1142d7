"""Finding things by name: actions, places, keys. What shows them is made when first asked for."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from eqxviz.gui.actions import Actions
from eqxviz.gui.theme import Theme
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.gui.window.key_list import KeyList
    from eqxviz.gui.window.palette import Palette
    from eqxviz.records import OfferedCalls


class Finder:
    """The palette and the list of keys of one window."""

    def __init__(
        self,
        session: Session,
        theme: Theme,
        actions: Callable[[], Actions],
        open_file: Callable[[str], None],
        window: QWidget,
    ) -> None:
        self._session = session
        self._theme = theme
        self._actions = actions
        self._open_file = open_file
        self._window = window
        self._palette: Palette | None = None
        self._keys: KeyList | None = None

    @property
    def palette(self) -> "Palette":
        """The palette."""
        from eqxviz.gui.window.palette import Palette

        if self._palette is None:
            self._palette = Palette(self._theme, self._window)
        return self._palette

    @property
    def keys(self) -> "KeyList":
        """The list of keys."""
        from eqxviz.gui.window.key_list import KeyList

        if self._keys is None:
            self._keys = KeyList(self._theme, self._actions(), self._window)
        return self._keys

    def ask_action(self) -> None:
        """Let the user find an action by its name, and carry it out."""
        from eqxviz.gui.window.palette import action_choices

        self.palette.ask("Find an action", action_choices(self._actions(), self._session))

    def ask_place(self) -> None:
        """Let the user go to a path, a function or a curve by its name."""
        from eqxviz.gui.window.palette import place_choices

        choices = place_choices(self._session, self._open_file)
        self.palette.ask("Go to a path, a function or a curve", choices)

    def ask_function(self, offered: "OfferedCalls") -> None:
        """Let the user choose what of a file is drawn."""
        from eqxviz.gui.window.palette import call_choices

        choices = call_choices(self._session, offered)
        self.palette.ask(f"Draw a function of {Path(offered.path).name}", choices)

    def show_keys(self) -> None:
        """Show the list of keys."""
        self.keys.appear()
