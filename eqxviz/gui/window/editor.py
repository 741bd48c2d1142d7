"""Opening a file at a line in the editor that the user likes."""

import shlex
import shutil

from PySide6.QtCore import QObject, QProcess, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QInputDialog, QWidget

from eqxviz.gui.settings import EDITOR, Settings
from eqxviz.session.session import Session

# The first of these that is installed is taken where the user has chosen none. Editors that need a
# terminal are not among them, and neither is what $EDITOR names, which mostly does.
EDITORS: tuple[str, ...] = (
    "code --goto {file}:{line}",
    "cursor --goto {file}:{line}",
    "codium --goto {file}:{line}",
    "zed {file}:{line}",
    "subl {file}:{line}",
    "pycharm --line {line} {file}",
    "charm --line {line} {file}",
    "kate --line {line} {file}",
    "gedit +{line} {file}",
    "gnome-text-editor +{line} {file}",
    "gvim +{line} {file}",
    "mousepad --line={line} {file}",
)
_HINT = (
    "The command that opens a file, with {file} and {line}; empty takes the first that is "
    "installed of code, cursor, subl, pycharm, kate, gedit and others:"
)


class Editor(QObject):
    """Opens files in the user's editor, as a setting says or as is found; says so if it cannot."""

    def __init__(self, session: Session, settings: Settings, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._window = window
        self._dialog: QInputDialog | None = None

    def open(self, file: str, line: int) -> None:
        """Open `file` at `line`. What fails becomes a problem of the session."""
        command = self._settings[EDITOR].strip()
        chosen = command or next((c for c in EDITORS if shutil.which(c.split()[0])), "")
        if chosen:
            try:
                self._start(chosen, file, line)
            except ValueError as error:
                self._report(f"The editor could not be started for {file}", str(error))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(file)):
            self._report(
                f"No editor was found for {file}",
                "None of the known ones is installed, and the desktop opens no Python files.",
            )

    def ask_command(self) -> None:
        """Let the user say which command opens a file."""
        if self._dialog is not None:
            self._dialog.raise_()
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle("Editor")
        dialog.setLabelText(_HINT)
        dialog.setTextValue(self._settings[EDITOR])
        dialog.textValueSelected.connect(self._choose)
        dialog.finished.connect(lambda _result: self._on_dialog_finished())
        self._dialog = dialog
        dialog.open()

    def _start(self, command: str, file: str, line: int) -> None:
        """Start `command`. Raises `ValueError` where it cannot be."""
        parts = shlex.split(command)
        if not any("{file}" in part for part in parts):
            parts.append("{file}")
        program, *arguments = [
            part.replace("{file}", file).replace("{line}", str(line)) for part in parts
        ]
        found = shutil.which(program)
        if found is None:
            raise ValueError(f"There is no program {program!r} on the PATH.")
        started = QProcess.startDetached(found, arguments)
        if not (started[0] if isinstance(started, tuple) else started):
            raise ValueError(f"{found} did not start.")

    def _choose(self, command: str) -> None:
        self._settings[EDITOR] = command.strip()

    def _on_dialog_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None

    def _report(self, title: str, why: str) -> None:
        from eqxviz.records import Problem, Severity

        fix = 'Name one with the action "Choose the editor", such as: code --goto {file}:{line}'
        self._session.report(Problem("no-editor", Severity.WARNING, title, why, fix))
