"""Strips below the table of runs: labels of a run, a question, an export."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import FileAsker
from eqxviz.session.formatting import count, n_bytes
from eqxviz.session.runs.exporting import Exporting, RunExport, RunForm
from eqxviz.session.sources import RUNS_FILE
from eqxviz.store import RunSummary

_MARGINS = (12, 6, 12, 6)
_NOTE_HINT, _OF_ONE = "what you want to remember of it", "of one run alone"
_FORMS: tuple[tuple[RunForm, str, str], ...] = (
    ("csv", "CSV, a row for each point", ".csv"),
    ("wide-csv", "CSV, a row for each step", ".csv"),
    ("tensorboard", "TensorBoard event files", ""),
    ("json", "JSON, without the points", ".json"),
    ("archive", "Whole runs, to be opened elsewhere", RUNS_FILE),
)
_OF_CURVES = ("csv", "wide-csv", "tensorboard")  # some of which can be chosen


class Strip(QFrame):
    """A row of things below a table; Escape closes it."""

    closed = Signal()

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setProperty("surface", "base")
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(*_MARGINS)
        self._rows.setSpacing(6)
        self.row = self.add_row()

    def add_row(self) -> QHBoxLayout:
        """Return another row, below those that there are."""
        row = QHBoxLayout()
        row.setSpacing(8)
        self._rows.addLayout(row)
        return row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.isVisible():
            self.hide()
            self.closed.emit()
        else:
            super().keyPressEvent(event)


class LabelStrip(Strip):
    """What the user writes on the selected runs: name, tags, note.

    Signals:
        named: The name of the one run that is selected.
        tagged: The tags of the one that is selected; those that several are given.
        noted: The note on the one that is selected.
    """

    named = Signal(str)
    tagged = Signal(list)
    noted = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Labels", parent)
        self._shown: tuple[str, ...] = ()
        self.name = self._field("Name", "the script's", 2)
        self.tags = self._field("Tags", "good, baseline", 2)
        self.note = self._field("Note", _NOTE_HINT, 4)
        self.name.editingFinished.connect(lambda: self._said(self.name, self.named.emit))
        self.note.editingFinished.connect(lambda: self._said(self.note, self.noted.emit))
        self.tags.editingFinished.connect(self._on_tags)

    def show_labels(self, runs: Sequence[RunSummary]) -> None:
        """Show what is written on the one run of `runs`; what several have in common."""
        self.setVisible(bool(runs))
        is_one = len(runs) == 1
        self.name.setEnabled(is_one)
        self.note.setEnabled(is_one)
        common = (
            [tag for tag in runs[0].tags if all(tag in run.tags for run in runs)] if runs else []
        )
        texts = (
            (self.name, runs[0].name if is_one else ""),
            (self.tags, ", ".join(common)),
            (self.note, runs[0].note if is_one else ""),
        )
        is_same = self._shown == tuple(run.id for run in runs)
        self._shown = tuple(run.id for run in runs)
        for field, text in texts:
            if not (is_same and field.hasFocus() and field.isModified()):
                field.setText(text)
        self.name.setPlaceholderText(Path(runs[0].script).name if is_one else _OF_ONE)
        self.note.setPlaceholderText(_NOTE_HINT if is_one else _OF_ONE)
        self.tags.setPlaceholderText("good, baseline" if is_one else f"tags for {len(runs)} runs")

    def _field(self, title: str, hint: str, stretch: int) -> QLineEdit:
        label, field = QLabel(title, self), QLineEdit(self)
        label.setProperty("tone", "faint")
        label.setBuddy(field)
        field.setPlaceholderText(hint)
        field.setAccessibleName(f"{title} of the selected run")
        self.row.addWidget(label)
        self.row.addWidget(field, stretch)
        return field

    def _said(self, field: QLineEdit, say: Callable[[str], None]) -> None:
        if field.isModified():
            field.setModified(False)
            say(field.text())

    def _on_tags(self) -> None:
        if self.tags.isModified():
            self.tags.setModified(False)
            words = self.tags.text().replace(",", " ").split()
            self.tagged.emit(list(dict.fromkeys(words)))


class QuestionStrip(Strip):
    """Asks one thing without stopping anything else."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__("Question", parent)
        self._act: Callable[[], None] = lambda: None
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.yes, self.no = QPushButton("Yes", self), QPushButton("Keep", self)
        self.yes.setProperty("kind", "primary")
        self.row.addWidget(self.words, 1)
        self.row.addWidget(self.yes)
        self.row.addWidget(self.no)
        self.yes.clicked.connect(self._on_yes)
        self.no.clicked.connect(self._on_no)
        self.hide()

    def ask(self, words: str, yes: str, act: Callable[[], None]) -> None:
        """Put the question; `act` is done if the answer is yes. What is safe has the keyboard."""
        self.words.setText(words)
        self.setAccessibleDescription(words)
        self.yes.setText(yes)
        self._act = act
        self.show()
        self.no.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_yes(self) -> None:
        self._on_no()
        self._act()

    def _on_no(self) -> None:
        self.hide()
        self.closed.emit()


class ExportStrip(Strip):
    """Which curves of the runs go where, and in which form; then how far the writing is.

    Signals:
        wanted: A `RunExport`.
    """

    wanted = Signal(object)

    def __init__(self, exporting: Exporting, theme: Theme, parent: QWidget) -> None:
        super().__init__("Export of runs", parent)
        self._exporting = exporting
        self._asker = FileAsker(self)
        self._runs: tuple[RunSummary, ...] = ()
        self.words = QLabel(self)
        self.forms = QComboBox(self)
        self.forms.setAccessibleName("Form")
        for form, title, _suffix in _FORMS:
            self.forms.addItem(title, form)
        self.curves = QToolButton(self)
        self.curves.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.curves.setProperty("kind", "field")
        self.curves.setAccessibleName("Curves")
        self._menu = QMenu(self.curves)
        self.curves.setMenu(self._menu)
        self.target = QLineEdit(self)
        self.target.setAccessibleName("File, or for TensorBoard a folder")
        self.choose, self.write = QPushButton("Choose", self), QPushButton("Write", self)
        self.choose.setAccessibleName("Choose the file")
        self.write.setProperty("kind", "primary")
        self.bar = QProgressBar(self)
        self.bar.setAccessibleName("How much is written")
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.cancel = QPushButton("Cancel", self)
        for widget, stretch in ((self.words, 0), (self.forms, 0), (self.curves, 0), (self.bar, 1)):
            self.row.addWidget(widget, stretch)
        self.row.addStretch(0)
        where = self.add_row()
        where.addWidget(self.target, 1)
        for button in (self.choose, self.write, self.cancel):
            where.addWidget(button)
        self.forms.currentIndexChanged.connect(lambda _at: self._on_form())
        self.target.returnPressed.connect(self._on_write)
        self.choose.clicked.connect(self._on_choose)
        self.write.clicked.connect(self._on_write)
        self.cancel.clicked.connect(self._on_cancel)
        exporting.progressed.connect(self._on_progressed)
        self.destroyed.connect(lambda: exporting.progressed.disconnect(self._on_progressed, True))
        self.hide()

    def ask(self, runs: Sequence[RunSummary]) -> None:
        """Offer to write `runs`."""
        if self._exporting.export is None:
            self._runs = tuple(runs)
            self._menu.clear()
            for name in dict.fromkeys(name for run in runs for name, _ in run.finals):
                action = self._menu.addAction(name)
                action.setCheckable(True)
                action.setChecked(True)
                action.toggled.connect(lambda _on: self._name_curves())
            self._on_form()
        self._show_parts()
        self.show()
        self.target.setFocus(Qt.FocusReason.OtherFocusReason)
        self.target.selectAll()

    def drop(self) -> None:
        """Offer nothing more; what is being written goes on, and says how far it is."""
        if self._exporting.export is None:
            self.hide()

    @property
    def names(self) -> frozenset[str] | None:
        """The curves that are chosen; None if all are."""
        actions = self._menu.actions()
        chosen = frozenset(action.text() for action in actions if action.isChecked())
        return None if len(chosen) == len(actions) else chosen

    @property
    def _form(self) -> tuple[RunForm, str, str]:
        return _FORMS[self.forms.currentIndex()]

    def _on_form(self) -> None:
        form, _title, suffix = self._form
        first = Path(self._runs[0].script).stem if self._runs else "runs"
        name = first if len(self._runs) == 1 else "runs"
        path = Path(self.target.text() or str(Path.home() / name)).with_suffix("")
        self.target.setText(str(path.with_name(f"{name}{suffix or '-tensorboard'}")))
        self.curves.setVisible(form in _OF_CURVES)
        self._name_curves()

    def _name_curves(self) -> None:
        names, n = self.names, len(self._menu.actions())
        self.curves.setText("All curves" if names is None else f"{len(names)} of {n} curves")
        self.write.setEnabled(names is None or bool(names) or self._form[0] not in _OF_CURVES)

    def _on_choose(self) -> None:
        form, title, suffix = self._form
        path, chosen = self.target.text(), self.target.setText
        if form == "tensorboard":
            self._asker.folder("Export runs", path, chosen)
        else:
            kind = f"{title.partition(',')[0]} (*{suffix})"
            self._asker.file_to_write("Export runs", kind, path, chosen)

    def _on_write(self) -> None:
        if self.write.isEnabled() and self.target.text() and self._exporting.export is None:
            target = Path(self.target.text()).expanduser()
            self.wanted.emit(RunExport(self._runs, self._form[0], target, self.names))

    def _on_cancel(self) -> None:
        if self._exporting.export is not None:
            self._exporting.cancel()
        else:
            self.hide()
            self.closed.emit()

    def _on_progressed(self) -> None:
        self.bar.setValue(round(100 * self._exporting.share))
        self._show_parts()
        if self._exporting.export is None and self.isVisible():
            self.hide()
            self.closed.emit()

    def _show_parts(self) -> None:
        export = self._exporting.export
        runs = self._runs if export is None else export.runs
        n = f"{len(runs)} runs" if len(runs) != 1 else runs[0].title
        self.words.setText(
            f"Export {n}"
            if export is None
            else f"Writing {count(sum(r.n_points for r in runs))} points"
        )
        for widget in (self.forms, self.curves, self.target, self.choose, self.write):
            widget.setVisible(export is None)
        self.bar.setVisible(export is not None)
        if export is None:
            self.curves.setVisible(self._form[0] in _OF_CURVES)


def deletion_words(runs: Sequence[RunSummary]) -> str:
    """Return what is asked before `runs` are deleted."""
    size = n_bytes(sum(run.n_bytes for run in runs))
    what = f"the run {runs[0].title}" if len(runs) == 1 else f"{len(runs)} runs"
    return f"Delete {what} ({size}) from the disk, with all points and output?"
