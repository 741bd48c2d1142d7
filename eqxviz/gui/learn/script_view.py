"""The script of a page, as the learner has it: to be changed and run."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from eqxviz.gui.learn.code_editor import CodeEditor
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ElidedLabel, KeyButton, ThinBar, hand_focus_on
from eqxviz.session.session import Session

_REST_MS = 1000  # after the last key the text is kept


class ScriptView(QWidget):
    """An editor over the learner's text, with a button that runs it."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._learning = learning = session.learning
        self.editor = CodeEditor(theme, self)
        self.name = ElidedLabel("", self)
        self.name.setProperty("face", "mono")
        self.changed = QLabel("changed", self)
        self.changed.setProperty("face", "small")
        self.changed.setProperty("tone", "faint")
        self.start_over = KeyButton(theme, "Start over", self, kind="quiet")
        self.run = KeyButton(theme, "Run", self, kind="primary")
        self._bar = ThinBar(theme, self)
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(lambda: learning.desk.keep())  # noqa: PLW0108 - `keep` takes more
        head = QHBoxLayout()
        head.setContentsMargins(14, 6, 10, 6)
        head.setSpacing(8)
        head.addWidget(self.name, 1)
        for widget in (self.changed, self.start_over, self.run):
            head.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._bar)
        column.addWidget(self.editor, 1)
        policy = self._bar.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._bar.setSizePolicy(policy)
        hand_focus_on(self, lambda: self.editor)
        self.editor.edited.connect(self._on_edited)
        connections: tuple[tuple[object, Callable[..., None]], ...] = (
            (learning.desk.replaced, self._on_replaced),
            (learning.desk.changed, self._show_changed),
            (learning.trial.changed, self._show_state),
            (learning.judging.changed, self._show_state),
        )
        for signal, slot in connections:
            signal.connect(slot)  # type: ignore[attr-defined]  # psygnal
        self.destroyed.connect(lambda: _disconnect(connections))
        self._on_replaced(False)
        self._show_changed()
        self._show_state()

    def use_actions(self, actions: Mapping[str, QAction]) -> None:
        """Let the buttons trigger the actions of lessons."""
        self.run.act(actions["learn.run"])
        self.start_over.act(actions["learn.start_over"])
        self.editor.left.connect(actions["learn.text"].trigger)

    def go_to(self, line: int) -> None:
        """Put the cursor at `line` of the script, and give it the keyboard."""
        self.editor.go_to(line)
        self.editor.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_edited(self) -> None:
        self._learning.desk.write(self.editor.toPlainText())
        self._rest.start()

    def _on_replaced(self, is_edit: bool) -> None:
        desk, page = self._learning.desk, self._learning.page
        if is_edit:
            self.editor.replace_source(desk.text)
            return
        self._rest.stop()
        self.editor.set_source(desk.text)
        self.name.set_text(page.script.name if page is not None else "")

    def _show_changed(self) -> None:
        is_changed = self._learning.desk.is_changed
        self.changed.setVisible(is_changed)
        self.start_over.setVisible(is_changed)

    def _show_state(self) -> None:
        learning = self._learning
        self._bar.setVisible(learning.trial.is_running)
        verdict = learning.judging.verdict
        problem = verdict.problem if verdict is not None else learning.trial.problem
        path = str(learning.desk.path)
        line = problem.line if problem is not None and problem.file == path else 0
        if line != self.editor.failed_line:
            self.editor.mark_failed(line)


def _disconnect(connections: "tuple[tuple[object, Callable[..., None]], ...]") -> None:
    for signal, slot in connections:
        signal.disconnect(slot, missing_ok=True)  # type: ignore[attr-defined]  # psygnal
