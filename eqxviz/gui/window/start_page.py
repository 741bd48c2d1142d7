"""Where one begins: open, run, what was open last, what still runs, the examples, the lessons."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent, QPixmap
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from eqxviz.engine.launch import Launch
from eqxviz.engine.recent import Recent, from_text
from eqxviz.gui.actions import Actions
from eqxviz.gui.settings import RECENT_FILES, RECENT_LAUNCHES, Settings
from eqxviz.gui.theme import Theme, asset
from eqxviz.gui.widgets import ElidedLabel, KeyButton, LinkButton
from eqxviz.gui.window.attach_form import run_words
from eqxviz.gui.window.lesson_shelf import LessonShelf
from eqxviz.session.examples import Example, examples
from eqxviz.session.launching.command_line import command_line, launch_words

if TYPE_CHECKING:
    from eqxviz.engine.engine import RunInfo
    from eqxviz.store import RunSummary

_PAGE_WIDTH = 920
_SPACE = 20  # between two cards
_CARD_MARGIN = 16
N_RECENT = 6
_LEFT = Qt.AlignmentFlag.AlignLeft  # else a lone column would stand in the middle


class StartPage(QScrollArea):
    """The page of an empty window. It asks for nothing by itself.

    Signals:
        open_wanted: A file, or "FILE.py:NAME", to open.
        run_wanted: A `Launch` to be run.
        form_wanted: A `Recent` launch of which something is to be filled in.
        attach_wanted: A `RunInfo` of a live run.
        kept_wanted: The id of a run that was kept.
    """

    open_wanted = Signal(str)
    run_wanted = Signal(object)
    form_wanted = Signal(object)
    attach_wanted = Signal(object)
    kept_wanted = Signal(str)

    def __init__(
        self, theme: Theme, settings: Settings, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = theme
        self._settings = settings
        self._live: tuple[RunInfo, ...] = ()
        self._kept: list[RunSummary] = []
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName("Start page")
        page = QWidget(self)
        page.setProperty("surface", "base")
        inner = QWidget(page)
        inner.setMaximumWidth(_PAGE_WIDTH)
        outer = QHBoxLayout(page)
        outer.setContentsMargins(32, 0, 32, 0)
        outer.addWidget(inner)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 44, 0, 32)
        column.setSpacing(0)
        column.addLayout(self._head(actions))
        column.addSpacing(28)
        column.addWidget(self._heading("Examples"))
        column.addSpacing(10)
        shown = examples()
        width = (_PAGE_WIDTH - (len(shown) - 1) * _SPACE) // len(shown) - 2 * _CARD_MARGIN - 2
        self.cards = [ExampleCard(theme, example, width, inner) for example in shown]
        row = QHBoxLayout()
        row.setSpacing(_SPACE)
        for card in self.cards:
            card.open_wanted.connect(self.open_wanted)
            card.run_wanted.connect(lambda path: self.run_wanted.emit(Launch(path)))
            row.addWidget(card, 1)
        column.addLayout(row)
        column.addSpacing(28)
        self._lists = QGridLayout()
        self._lists.setHorizontalSpacing(20)
        self._lists.setVerticalSpacing(2)
        column.addLayout(self._lists)
        column.addLayout(self._lessons_head(actions))
        column.addSpacing(6)
        self.lessons = LessonShelf(theme, inner)
        column.addWidget(self.lessons)
        column.addStretch(1)
        self.setWidget(page)
        self.refresh(())

    def refresh(self, runs: "tuple[RunInfo, ...]") -> None:
        """List the recent files anew, and the live `runs` of other windows."""
        self._live = runs
        self._fill_lists()

    def show_kept(self, runs: "list[RunSummary]") -> None:
        """List runs that were kept, the newest first; those that go on are listed already."""
        self._kept = [run for run in runs if not run.is_live]
        self._fill_lists()

    def _fill_lists(self) -> None:
        runs = self._live
        while (item := self._lists.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        files = [(_short(path), path, path) for path in self._settings[RECENT_FILES]]
        lists = (
            ("Recent files", files, self.open_wanted.emit),
            ("Recent launches", self._launches(), self._on_launch),
            ("Recent runs", self._past_runs(), self.kept_wanted.emit),
        )
        at = 0
        if runs:
            self._lists.addWidget(self._heading("Running now"), 0, at)
            for row, run in enumerate(runs, start=1):
                whole = f"Attach to {run.script}"
                self._lists.addWidget(
                    self._entry(run_words(run), whole, run, self.attach_wanted.emit),
                    *(row, at, _LEFT),
                )
            at += 1
        for title, entries, chosen in lists:
            if entries:
                self._lists.addWidget(self._heading(title), 0, at)
                for row, entry in enumerate(entries[:N_RECENT], start=1):
                    self._lists.addWidget(self._entry(*entry, chosen), row, at, _LEFT)
                at += 1
        self._lists.setContentsMargins(0, 0, 0, 28 if at else 0)
        for column in range(4):
            self._lists.setColumnStretch(column, 1 if column < at else 0)

    def _past_runs(self) -> list[tuple[str, str, str]]:
        if not self._kept:
            return []
        from eqxviz.session.runs.columns import short_line  # it needs NumPy

        return [(short_line(run), _command(run), run.id) for run in self._kept]

    def _launches(self) -> list[tuple[str, str, Recent]]:
        kept = (from_text(text) for text in self._settings[RECENT_LAUNCHES])
        return [
            (launch_words(recent.launch), command_line(recent.launch), recent)
            for recent in kept
            if recent is not None
        ]

    def _on_launch(self, recent: Recent) -> None:
        """Run it again; what lacks a value that was not kept is filled in first."""
        if recent.forgotten:
            self.form_wanted.emit(recent)
        else:
            self.run_wanted.emit(recent.launch)

    def load_pictures(self) -> None:
        """Show the examples' pictures, as far as there are any."""
        for card in self.cards:
            card.load_picture()

    def _head(self, actions: Actions) -> QHBoxLayout:
        words = QVBoxLayout()
        words.setSpacing(4)
        name = QLabel("eqxviz", self)
        font = self._theme.font("title")
        font.setPixelSize(26)
        name.setFont(font)
        tagline = QLabel(
            "See a JAX model: its PyTree, its graph, what compiles, how it trains.", self
        )
        tagline.setProperty("tone", "faint")
        words.addWidget(name)
        words.addWidget(tagline)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addLayout(words, 1)
        for action_name, words_, kind in (
            ("run.attach", "Attach to a run", ""),
            ("file.run", "Run a script", ""),
            ("file.open", "Open a file", "primary"),
        ):
            action = actions.q[action_name]
            button = QPushButton(words_, self)
            button.setProperty("kind", kind)
            key = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
            drop = ", or drop a file on the window" if action_name == "file.open" else ""
            button.setToolTip(f"{action.text()}  {key}{drop}")
            button.clicked.connect(action.trigger)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        return row

    def _lessons_head(self, actions: Actions) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self._heading("Lessons"))
        row.addStretch(1)
        go_on = KeyButton(self._theme, "Go on with the lessons", self, kind="quiet")
        go_on.act(actions.q["learn.open"])
        row.addWidget(go_on)
        return row

    def _heading(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setFont(self._theme.font("strong"))
        return label

    def _entry(self, text: str, whole: str, value: object, chosen: object) -> QPushButton:
        button = LinkButton(text, self, tooltip=whole)
        button.setAccessibleName(whole)
        button.clicked.connect(lambda: chosen(value))  # type: ignore[operator]  # a bound emit
        return button


class ExampleCard(QFrame):
    """A bundled example with its picture, to be opened or run.

    Signals:
        open_wanted: The example's path.
        run_wanted: The example's path.
    """

    open_wanted = Signal(str)
    run_wanted = Signal(str)

    def __init__(self, theme: Theme, example: Example, picture_width: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._picture_width = picture_width
        self._theme = theme
        self._example = example
        self.setProperty("surface", "card")
        self.setAccessibleName(example.title)
        self.setAccessibleDescription(example.text)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._picture = QLabel(self)
        self._picture.setFixedHeight(0)
        self._picture.setProperty("surface", "picture")
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel(example.title, self)
        title.setFont(theme.font("strong"))
        title.setWordWrap(True)
        text = QLabel(example.text, self)
        text.setWordWrap(True)
        text.setProperty("tone", "faint")
        file = ElidedLabel(example.path.name, self)
        file.setFont(theme.font("mono"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(file, 1)
        for words, wanted in (("Open", self.open_wanted), ("Run", self.run_wanted)):
            button = QPushButton(words, self)
            button.setAccessibleName(f"{words} {example.title}")
            button.clicked.connect(lambda _on, w=wanted: w.emit(str(example.path)))
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(_CARD_MARGIN, 14, _CARD_MARGIN, 14)
        column.setSpacing(6)
        column.addWidget(self._picture)
        column.addWidget(title)
        column.addWidget(text)
        column.addStretch(1)
        column.addLayout(row)
        theme.changed.connect(self.load_picture)

    def load_picture(self) -> None:
        """Show the picture that goes with the theme; without one the card has only words."""
        path = asset(_picture_of(self._example, self._theme.is_dark))
        if not path.is_file():
            return
        ratio = self.devicePixelRatioF()
        picture = QPixmap(str(path)).scaledToWidth(
            round(self._picture_width * ratio), Qt.TransformationMode.SmoothTransformation
        )
        picture.setDevicePixelRatio(ratio)
        self._picture.setFixedHeight(round(picture.height() / ratio) + 2)
        self._picture.setPixmap(picture)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        inside = self.rect().contains(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and inside:
            self.open_wanted.emit(str(self._example.path))


def _command(run: "RunSummary") -> str:
    """Return what a run ran, and how it ended."""
    return f"{' '.join((run.script, *run.argv))}: {run.state.value}"


def _short(path: str) -> str:
    """Return the file's name and its folder, which is enough to know it again."""
    whole = Path(path)
    return f"{whole.name}  –  {whole.parent.name}" if whole.parent.name else whole.name


def _picture_of(example: Example, is_dark: bool) -> str:
    """Return the name of the asset that shows `example` in the window."""
    return f"example-{example.name}-{'dark' if is_dark else 'light'}.png"
