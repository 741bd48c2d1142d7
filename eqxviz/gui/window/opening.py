"""Opening and running files: asking which, asking once whether, and remembering."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from eqxviz.gui.settings import ALLOWED_FILES, RECENT_FILES, RECENT_SCRIPTS, Settings
from eqxviz.gui.window.question import Question
from eqxviz.session.examples import is_bundled
from eqxviz.session.session import Session
from eqxviz.session.sources import split_target

_FILTER = "Python files (*.py);;All files (*)"


class Opener(QObject):
    """The one way by which a file gets into the session.

    Opening a Python file runs it. So the user is asked once for each file, unless the file was
    named on the command line or belongs to the application.

    Signals:
        opening: A file is about to be opened, the one that is open already perhaps.
    """

    opening = Signal()

    def __init__(
        self, session: Session, settings: Settings, question: Question, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._question = question
        self._window = window
        self._dialog: QFileDialog | None = None

    def open(self, target: str, *, is_trusted: bool = False) -> None:
        """Open "FILE.py" or "FILE.py:NAME", after asking if need be."""
        path, name = split_target(target)
        whole = str(Path(path).expanduser().absolute())
        target = f"{whole}:{name}" if name else whole

        def go() -> None:
            self.opening.emit()
            self._session.open(target)
            if not is_bundled(whole):
                self._settings.put_first(RECENT_FILES, target)

        self._with_consent(whole, is_trusted, "Opening a Python file runs it", "Open", go)

    def run(self, script: str, argv: Sequence[str] = (), *, is_trusted: bool = False) -> None:
        """Run `script`, after asking if need be; what the file offers is not opened."""
        whole = str(Path(script).expanduser().absolute())

        def go() -> None:
            self._session.start_run(whole, argv)
            if not is_bundled(whole):
                self._settings.put_first(RECENT_SCRIPTS, whole)

        self._with_consent(whole, is_trusted, "Run this script", "Run", go)

    def ask_file(self) -> None:
        """Let the user choose a file to open."""
        self._choose("Open a Python file", self.open)

    def ask_script(self) -> None:
        """Let the user choose a script to run."""
        self._choose("Run a Python script", self.run)

    def _choose(self, title: str, chosen: Callable[[str], None]) -> None:
        if self._dialog is not None:
            self._dialog.raise_()
            return
        dialog = QFileDialog(self._window, title, self._folder(), _FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(lambda _result: self._on_dialog_finished())
        self._dialog = dialog
        dialog.open()

    def _on_dialog_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _folder(self) -> str:
        """Return where the last file was, the working directory at first."""
        for recent in (*self._settings[RECENT_FILES], *self._settings[RECENT_SCRIPTS]):
            folder = Path(split_target(recent)[0]).parent
            if folder.is_dir():
                return str(folder)
        return str(Path.cwd())

    def _with_consent(
        self, path: str, is_trusted: bool, title: str, words: str, go: Callable[[], None]
    ) -> None:
        if is_trusted or is_bundled(path) or path in self._settings[ALLOWED_FILES]:
            go()
            return

        def agreed() -> None:
            self._settings.put_first(ALLOWED_FILES, path)
            go()

        text = "Its code runs with your rights, in a process of its own. You are asked once a file."
        self._question.ask(title, path, text, ((words, agreed), ("Cancel", lambda: None)))
