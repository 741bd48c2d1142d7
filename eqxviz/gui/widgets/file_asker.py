"""The question for a file or a folder, which stops nothing while it is open."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

_Chosen = Callable[[str], None]


class FileAsker(QObject):
    """Asks for one path at a time, over `window`: a second question brings the first to the front.

    `chosen` is called with the path, and not at all if there is none.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: QFileDialog | None = None

    def file(self, title: str, kinds: str, folder: str, chosen: _Chosen) -> None:
        """Ask for a file that is there, of one of `kinds`: "Table (*.csv);;All files (*)"."""
        if (dialog := self._made(title, kinds, folder, chosen)) is not None:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.open()

    def folder(self, title: str, folder: str, chosen: _Chosen) -> None:
        """Ask for a folder."""
        if (dialog := self._made(title, "", folder, chosen)) is not None:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
            dialog.open()

    def file_to_write(
        self, title: str, kinds: str, path: str, chosen: _Chosen, *, confirms: bool = True
    ) -> None:
        """Ask where to write, offering `path`, and in which of `kinds`; the first is offered.

        A file that is there is asked about, unless whoever writes does that: not `confirms`.
        """
        folder, _, name = path.rpartition("/")
        if (dialog := self._made(title, kinds, folder, chosen)) is not None:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, not confirms)
            dialog.setDefaultSuffix(_suffix(kinds.partition(";;")[0]))
            dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(_suffix(kind)))
            dialog.selectFile(name)
            dialog.open()

    def _made(self, title: str, kinds: str, folder: str, chosen: _Chosen) -> QFileDialog | None:
        if self._dialog is not None:
            self._dialog.raise_()
            return None
        dialog = self._dialog = QFileDialog(self._window, title, folder, kinds)
        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(lambda _result: self._on_finished())
        return dialog

    def _on_finished(self) -> None:
        if self._dialog is not None:
            self._dialog.deleteLater()
            self._dialog = None


def _suffix(kind: str) -> str:
    """Return the suffix of "Page (*.html)"."""
    return kind.rpartition("*.")[2].removesuffix(")")
