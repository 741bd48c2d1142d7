"""The form by which a process that runs already is attached to."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import LinkButton, ProblemCard, ThinBar
from eqxviz.gui.window.overlay import Overlay
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from eqxviz.engine.engine import RunInfo

_WIDTH = 560
_MOST_LISTED = 8
_NOBODY = (
    "None that this window does not show already. A process is listed here once it has called "
    "eqxviz.capture(), or was started by eqxviz run."
)
_TUNNEL = "ssh -L 7007:localhost:7007 HOST"


class AttachForm(Overlay):
    """Offers what runs on this machine, and asks for a port and its token.

    Signals:
        chosen: A `RunInfo` of what runs on this machine.
    """

    chosen = Signal(object)

    def __init__(self, session: Session, theme: Theme, window: QWidget) -> None:
        super().__init__(window, _WIDTH, closes_outside=False)
        self._session = session
        self._theme = theme
        self._card: ProblemCard | None = None
        self.setAccessibleName("Attach to a run")
        title = QLabel("Attach to a run", self)
        title.setFont(theme.font("title"))
        self._runs = QVBoxLayout()
        self._runs.setSpacing(2)
        self.address = _field("localhost:7007", "Host and port", self)
        self.token = _field("the token of that process", "Token", self)
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        tunnel = QLabel(_TUNNEL, self)
        tunnel.setFont(theme.font("mono"))
        tunnel.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        tunnel.setAccessibleName(f"A tunnel: {_TUNNEL}")
        fields = QGridLayout()
        fields.setHorizontalSpacing(12)
        fields.setVerticalSpacing(8)
        for row, (words, field) in enumerate(
            (("Host and port", self.address), ("Token", self.token), ("Tunnel", tunnel))
        ):
            label = QLabel(words, self)
            label.setBuddy(field)
            fields.addWidget(label, row, 0)
            fields.addWidget(field, row, 1)
        self.go = QPushButton("Attach", self)
        self.go.setProperty("kind", "primary")
        self.go.clicked.connect(self._on_go)
        cancel = QPushButton("Cancel", self)
        cancel.clicked.connect(self.disappear)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self.go)
        self._bar = ThinBar(theme, self)
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(policy)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(20, 18, 20, 16)
        column.setSpacing(10)
        column.addWidget(title)
        column.addWidget(self._heading("On this machine"))
        column.addLayout(self._runs)
        column.addSpacing(4)
        column.addWidget(self._heading("Behind a port"))
        column.addWidget(
            _text("As eqxviz.capture(port=7007) printed it. Another machine is reached through a "
                  "tunnel.", self)
        )  # fmt: skip
        column.addLayout(fields)
        self._place_of_card = column.count()
        column.addWidget(self._bar)
        column.addLayout(buttons)
        self.address.textChanged.connect(self._on_typed)
        session.attaching.changed.connect(self._refresh)
        session.attaching.attached.connect(self.disappear)
        self.closed.connect(self._on_closed)

    def ask(self, runs: "tuple[RunInfo, ...]", where: str = "", token: str = "") -> None:
        """Show the form, with what runs on this machine."""
        while (item := self._runs.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        entries = [self._entry(run) for run in runs[:_MOST_LISTED]]
        for entry in entries:
            self._runs.addWidget(entry, 0, Qt.AlignmentFlag.AlignLeft)
        if not entries:
            self._runs.addWidget(_text(_NOBODY, self))
        self.address.setText(where or self.address.text())
        self.token.setText(token)
        self.setFocusProxy(entries[0] if entries else self.address)
        self._refresh()
        self.appear()

    def attach(self, where: str, token: str) -> None:
        """Attach to a port at once; the form appears where that fails."""
        self.address.setText(where)
        self.token.setText(token)
        self._session.attaching.ask(where, token)

    def close_session(self) -> None:
        """Hear no more of the session."""
        self._session.attaching.changed.disconnect(self._refresh, missing_ok=True)
        self._session.attaching.attached.disconnect(self.disappear, missing_ok=True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.go.isEnabled():
            self._on_go()
        else:
            super().keyPressEvent(event)

    def _on_go(self) -> None:
        self._session.attaching.ask(self.address.text(), self.token.text())

    def _on_typed(self) -> None:
        self.go.setEnabled(bool(self.address.text().strip()))

    def _on_closed(self) -> None:
        self.token.clear()
        self._session.attaching.forget()

    def _on_chosen(self, run: "RunInfo") -> None:
        self.disappear()
        self.chosen.emit(run)

    def _refresh(self) -> None:
        attaching = self._session.attaching
        is_asking = attaching.state == "asking"
        self._bar.setVisible(is_asking)
        self.go.setText("Asking…" if is_asking else "Attach")
        self.go.setEnabled(not is_asking and bool(self.address.text().strip()))
        self._show_problem()
        if attaching.state == "failed" and self.isHidden():
            self.ask(tuple(self._session.running()), token=self.token.text())
        elif not self.isHidden():
            self.place()

    def _show_problem(self) -> None:
        problem = self._session.attaching.problem
        if self._card is not None and self._card.problem is problem:
            return
        if self._card is not None:
            self._column.removeWidget(self._card)
            self._card.deleteLater()
            self._card = None
        if problem is not None:
            self._card = ProblemCard(self._theme, problem, parent=self)
            self._column.insertWidget(self._place_of_card, self._card)
            self._card.show()
            field = self.token if problem.code == "wrong-token" else self.address
            field.setFocus(Qt.FocusReason.OtherFocusReason)
            field.selectAll()
        self._column.activate()

    def _entry(self, run: "RunInfo") -> QWidget:
        button = LinkButton(run_words(run), self, tooltip=f"Attach to {run.script}")
        button.setAccessibleName(f"Attach to {run_words(run)}")
        button.clicked.connect(lambda: self._on_chosen(run))
        return button

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setFont(self._theme.font("strong"))
        return label


def run_words(run: "RunInfo") -> str:
    """Return what tells one live run from another: "train.py  (process 4711)"."""
    return f"{run.title}  (process {run.pid})"


def _field(example: str, name: str, parent: QWidget) -> QLineEdit:
    field = QLineEdit(parent)
    field.setPlaceholderText(example)
    field.setAccessibleName(name)
    return field


def _text(words: str, parent: QWidget) -> QLabel:
    label = QLabel(words, parent)
    label.setWordWrap(True)
    label.setProperty("tone", "faint")
    return label
