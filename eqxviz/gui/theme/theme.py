"""The theme: what every view asks for its colours, fonts and icons."""

from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QIcon, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory

from eqxviz.gui.theme.fonts import FontKind, make_font
from eqxviz.gui.theme.icons import ThemedIconEngine
from eqxviz.gui.theme.palette import DARK, LIGHT
from eqxviz.gui.theme.stylesheet import stylesheet

ThemeMode = Literal["system", "light", "dark"]


class Theme(QObject):
    """Colours by role, fonts by kind, icons by name, for light and dark.

    Signals:
        changed: Colours differ from now on; whoever cached one asks again.
    """

    changed = Signal()

    def __init__(
        self,
        mode: ThemeMode = "system",
        *,
        is_still: bool = False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._mode: ThemeMode = mode
        self._is_still = is_still
        self._colors: dict[str, QColor] = {}
        self._fonts: dict[FontKind, QFont] = {}
        self._icons: dict[tuple[str, str], QIcon] = {}
        self.is_dark = self._wants_dark()
        self._load_colors()
        hints = QApplication.styleHints()
        hints.colorSchemeChanged.connect(self._on_system_changed)

    @property
    def mode(self) -> ThemeMode:
        """Whether the theme follows the system or is fixed."""
        return self._mode

    def set_mode(self, mode: ThemeMode) -> None:
        """Fix the theme to light or dark, or let it follow the system."""
        self._mode = mode
        self._refresh()

    @property
    def is_still(self) -> bool:
        """Whether nothing is to move by itself."""
        return self._is_still

    def set_still(self, is_still: bool) -> None:
        """Let animations last no time, or their usual time."""
        if is_still != self._is_still:
            self._is_still = is_still
            self._restyle()

    def color(self, role: str) -> QColor:
        """Return the colour of a role of `palette.LIGHT`.

        Raises:
            KeyError: If there is no such role.
        """
        return self._colors[role]

    def font(self, kind: FontKind) -> QFont:
        """Return the font of a kind; a copy, free to be changed."""
        if kind not in self._fonts:
            self._fonts[kind] = make_font(kind)
        return QFont(self._fonts[kind])

    def icon(self, name: str, role: str = "text") -> QIcon:
        """Return the icon called `name` ("mdi6.pause") in the colour of `role`.

        It follows the theme by itself: nothing has to be set again on `changed`.

        Raises:
            KeyError: If there is no such role.
        """
        self.color(role)
        key = (name, role)
        if key not in self._icons:
            # Not the theme itself: an icon's engine that is freed in a cycle is freed twice.
            colors = self._colors

            def color(is_disabled: bool) -> QColor:
                return colors["none" if is_disabled else role]

            self._icons[key] = QIcon(ThemedIconEngine(name, color))
        return self._icons[key]

    def apply(self, app: QApplication) -> None:
        """Give the application this theme's style, palette, font and style sheet."""
        if app.style().objectName() != "fusion":
            app.setStyle(QStyleFactory.create("Fusion"))
        app.setFont(self.font("sans"))
        app.setPalette(self._palette())
        app.setStyleSheet(self._stylesheet())

    def _on_system_changed(self) -> None:
        if self._mode == "system":
            self._refresh()

    def _refresh(self) -> None:
        dark = self._wants_dark()
        if dark == self.is_dark:
            return
        self.is_dark = dark
        self._load_colors()
        self._restyle()
        self.changed.emit()

    def _restyle(self) -> None:
        app = QApplication.instance()
        if isinstance(app, QApplication):
            self.apply(app)

    def _wants_dark(self) -> bool:
        if self._mode != "system":
            return self._mode == "dark"
        return QApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark

    def _stylesheet(self) -> str:
        variant = "dark" if self.is_dark else "light"
        return stylesheet(self._hex(), variant, is_still=self._is_still)

    def _hex(self) -> dict[str, str]:
        return DARK if self.is_dark else LIGHT

    def _load_colors(self) -> None:
        self._colors.update((role, QColor(text)) for role, text in self._hex().items())

    def _palette(self) -> QPalette:
        roles = QPalette.ColorRole
        palette = QPalette()
        for role, name in (
            (roles.Window, "window"),
            (roles.WindowText, "text"),
            (roles.Base, "base"),
            (roles.AlternateBase, "window"),
            (roles.Text, "text"),
            (roles.Button, "window"),
            (roles.ButtonText, "text"),
            (roles.BrightText, "problem"),
            (roles.ToolTipBase, "raised"),
            (roles.ToolTipText, "text"),
            (roles.PlaceholderText, "faint"),
            (roles.Highlight, "selection"),
            (roles.HighlightedText, "text"),
            (roles.Link, "link"),
            (roles.LinkVisited, "link"),
            (roles.Accent, "accent"),
            (roles.Light, "raised"),
            (roles.Midlight, "hover"),
            (roles.Mid, "line"),
            (roles.Dark, "line"),
            (roles.Shadow, "line"),
        ):
            palette.setColor(role, self.color(name))
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, role, self.color("none"))
        return palette
