"""How the user wants it to look: changed in the theme, and remembered."""

from eqxviz.gui.settings import REDUCED_MOTION, THEME, Settings
from eqxviz.gui.theme import Theme, ThemeMode


class Appearance:
    """The theme as the user chose it."""

    def __init__(self, theme: Theme, settings: Settings) -> None:
        self._theme = theme
        self._settings = settings

    def switch(self) -> None:
        """Fix the theme to light where it is dark, to dark where it is light."""
        self._choose("light" if self._theme.is_dark else "dark")

    def follow_system(self) -> None:
        """Let the system decide between light and dark."""
        self._choose("system")

    def switch_motion(self) -> None:
        """Let nothing move by itself, or let it move again."""
        is_still = not self._theme.is_still
        self._settings[REDUCED_MOTION] = is_still
        self._theme.set_still(is_still)

    def _choose(self, mode: ThemeMode) -> None:
        self._settings[THEME] = mode
        self._theme.set_mode(mode)
