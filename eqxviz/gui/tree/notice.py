"""A line over the rows: what is still being done, or why the rows are old."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, LinkButton
from eqxviz.session import formatting
from eqxviz.session.session import Session


class Notice(QFrame):
    """A text, and what can be done about it. Hidden while there is nothing to say.

    Signals:
        pressed: The link was pressed.
    """

    pressed = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._icon = QLabel(self)
        self._words = ElidedLabel("", self)
        self._words.setProperty("face", "small")
        self._icon_name = ""
        self._link = self._make_link("")
        self._link.hide()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 2, 10, 2)
        self._row.setSpacing(6)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._words, 1)
        self._row.addWidget(self._link)
        self.hide()

    @property
    def text(self) -> str:
        """What is said; "" for nothing."""
        return "" if self.isHidden() else self._words.text

    def tell_of(self, session: Session) -> None:
        """Say why the model of `session` is an old one, or how much of it has come."""
        opened, problem = session.model, session.model_problem
        if problem is not None and session.model_state == "filled":
            self.say(f"Not reloaded: {problem.title}", icon="mdi6.alert", link="Try again")
        elif opened is not None and not opened.tree.is_complete:
            n = formatting.count(len(opened.tree))
            self.say(f"Loading: {n} nodes so far", icon="mdi6.timer-sand")
        else:
            self.say("")

    def say(self, text: str, *, icon: str = "", link: str = "") -> None:
        """Show `text`; "" hides the line."""
        if icon != self._icon_name:
            self._icon_name = icon
            role = "problem" if icon == "mdi6.alert" else "faint"
            self._icon.setPixmap(self._theme.icon(icon, role).pixmap(14, 14) if icon else QPixmap())
        if link != self._link.whole_text:
            fresh = self._make_link(link)
            self._row.replaceWidget(self._link, fresh)
            self._link.hide()
            self._link.deleteLater()
            self._link = fresh
        self._link.setVisible(bool(link))
        self._words.set_text(text)
        self.setVisible(bool(text))

    def _make_link(self, text: str) -> LinkButton:
        link = LinkButton(text, self)
        link.setProperty("face", "small")
        link.clicked.connect(self.pressed)
        return link
