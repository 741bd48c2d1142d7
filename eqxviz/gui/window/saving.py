"""Saving from the window: where to, whether to replace what is there, and that it was done."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.window.opening import Opener
from eqxviz.gui.window.question import Question
from eqxviz.gui.window.status_line import StatusLine
from eqxviz.session.checkpoints.saving import Wish, news_text, saved_text
from eqxviz.session.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from eqxviz.gui.window.checkpoint_form import CheckpointForm
    from eqxviz.records import Checkpoints, Saved


class SavingCommands(QObject):
    """Asks what the session has to know to save, and tells what was saved."""

    def __init__(
        self, session: Session, theme: Theme, opener: Opener, question: Question, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._theme = session, theme
        self._opener, self._question = opener, question
        self._window = window
        self._status_line: StatusLine | None = None
        self._told: Checkpoints | None = None
        self.form: CheckpointForm | None = None  # made when it is first asked for
        saving = session.saving
        saving.asked.connect(self._on_asked)
        saving.exists.connect(self._on_exists)
        saving.saved.connect(self._on_saved)
        session.checkpoints_changed.connect(self._on_checkpoints)

    def use(self, status_line: StatusLine) -> None:
        """Say there in a line what was saved."""
        self._status_line = status_line

    def handlers(self) -> "dict[str, Callable[[], None]]":
        """Return what carries out each action of its own."""
        return {"model.weights": self._opener.ask_weights, "run.checkpoints": self.show_form}

    def show_form(self) -> None:
        """Show what the run saves by itself, to be changed."""
        if self.form is None:
            from eqxviz.gui.window.checkpoint_form import CheckpointForm

            self.form = CheckpointForm(self._session, self._theme, self._window)
            form = self.form
            form.folder_browsed.connect(
                lambda: self._opener.ask_folder("Folder of the checkpoints", form.folder.setText)
            )
        self.form.ask()

    def close(self) -> None:
        """Hear no more of the session."""
        saving = self._session.saving
        saving.asked.disconnect(self._on_asked, missing_ok=True)
        saving.exists.disconnect(self._on_exists, missing_ok=True)
        saving.saved.disconnect(self._on_saved, missing_ok=True)
        self._session.checkpoints_changed.disconnect(self._on_checkpoints, missing_ok=True)
        if self.form is not None:
            self.form.close_session()

    def _on_asked(self, node: int) -> None:
        saving = self._session.saving
        name = saving.proposed_name(node)
        self._opener.ask_leaves_file(name, lambda path: saving.save(Wish(node, path)))

    def _on_exists(self, wish: Wish) -> None:
        replace = lambda: self._session.saving.save(wish, replaces=True)  # noqa: E731 - one of two answers
        answers = (("Replace", replace), ("Cancel", lambda: None))
        words = "The new one takes its place once it is written whole."
        title = f"Replace {Path(wish.path).name}?"
        self._question.ask(title, wish.path, words, answers)

    def _on_saved(self, saved: "Saved") -> None:
        self._say(saved_text(saved))

    def _on_checkpoints(self) -> None:
        now = self._session.saving.state
        if now is not None and (news := news_text(self._told, now)):
            self._say(news)
        self._told = now

    def _say(self, words: str) -> None:
        if self._status_line is not None:
            self._status_line.say(words)
