"""Opening, running and writing files: asking which, asking once whether, and remembering."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from eqxviz.engine.launch import Launch
from eqxviz.engine.recent import from_text, to_text
from eqxviz.gui.settings import (
    ALLOWED_FILES,
    CONSTRUCTORS,
    RECENT_FILES,
    RECENT_LAUNCHES,
    Settings,
)
from eqxviz.gui.widgets import FileAsker
from eqxviz.gui.window.question import Question
from eqxviz.session.examples import is_bundled
from eqxviz.session.session import Session
from eqxviz.session.sources import OPENABLE, RUNS_FILE, ModelSource

if TYPE_CHECKING:
    from eqxviz.gui.window.constructor import ConstructorQuestion

_MODELS = (
    f"Models, weights and runs ({' '.join(f'*{suffix}' for suffix in OPENABLE)});;All files (*)"
)
_SCRIPTS = "Python files (*.py);;All files (*)"
_EXPORTS = (
    "Page (*.html);;Records, to be opened without the code (*.eqxviz);;Text (*.txt);;"
    "Table (*.csv);;JSON (*.json)"
)

_LEAVES = "Leaves of a PyTree (*.eqx);;All files (*)"
_GRAPHS = (
    "SVG, what is unfolded (*.svg);;PNG, what is unfolded (*.png);;DOT, what is unfolded (*.dot);;"
    "JSON, all of it (*.json);;Printed jaxpr (*.txt)"
)


class Opener(QObject):
    """The one way by which a file gets into the session.

    Opening a Python file runs it. So the user is asked once for each file, unless the file was
    named on the command line or belongs to the application. Of a file of leaves it is asked what
    makes the model that they belong to.

    Signals:
        opening: A file is about to be opened, the one that is open already perhaps.
        script_chosen: The script that is to be run.
        export_wanted: The file to write the model to.
    """

    opening = Signal()
    script_chosen = Signal(str)
    export_wanted = Signal(str)

    def __init__(
        self, session: Session, settings: Settings, question: Question, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session = session
        self._settings = settings
        self._question = question
        self._window = window
        self._asker = FileAsker(window)
        self._constructor: ConstructorQuestion | None = None

    def open(self, target: str, *, is_trusted: bool = False) -> None:
        """Open "FILE" or "FILE:NAME", after asking if need be."""
        source = ModelSource.of(target)
        if source.path.endswith(RUNS_FILE):
            self._session.runs.take_in(source.path)
        elif source.needs_constructor:
            self._ask_constructor(source.path)
        else:
            self.open_source(source, is_trusted=is_trusted)

    def open_source(self, source: ModelSource, *, is_trusted: bool = False) -> None:
        """Open what `source` names, after asking if that runs a file of the user's."""

        def go() -> None:
            self.opening.emit()
            self._session.open_source(source)
            if source.kind in ("file", "records") and not is_bundled(source.path):
                self._settings.put_first(RECENT_FILES, source.weights or source.target)

        if not source.runs_code:
            go()
            return
        self._with_consent(source.path, is_trusted, "Opening a Python file runs it", "Open", go)

    def run(self, launch: Launch, *, is_trusted: bool = False) -> None:
        """Run what `launch` names, after asking if need be; what the file offers is not opened."""
        launch = launch.anchored()
        last = self._session.launch
        is_trusted = is_trusted or (last is not None and last.place == launch.place)

        def go() -> None:
            self._session.start_launch(launch)
            if not is_bundled(launch.place):
                self._settings.put_first(RECENT_LAUNCHES, to_text(launch))

        self._with_consent(launch.place, is_trusted, "Run this script", "Run", go)

    def ask_file(self) -> None:
        """Let the user choose a file to open."""
        self._ask_file("Open a model", _MODELS, self.open)

    def ask_script(self) -> None:
        """Let the user choose a script, and how it is run."""
        self.ask_script_for(self.script_chosen.emit)

    def ask_script_for(self, chosen: Callable[[str], None]) -> None:
        """Let the user choose a script, and tell which."""
        self._ask_file("Run a Python script", _SCRIPTS, chosen)

    def ask_folder(self, title: str, chosen: Callable[[str], None]) -> None:
        """Let the user choose a folder, and tell which."""
        self._asker.folder(title, self._folder(), chosen)

    def compare(self, target: str, *, is_trusted: bool = False) -> None:
        """Compare the open model with "FILE" or "FILE:NAME", after asking if need be."""
        source = ModelSource.of(target)

        def go() -> None:
            self._session.comparison.compare_with_file(target)

        if not source.runs_code:
            go()
            return
        self._with_consent(source.path, is_trusted, "Opening a Python file runs it", "Compare", go)

    def ask_compared(self) -> None:
        """Let the user choose what the open model is compared with."""
        self._ask_file("Compare with a file", _MODELS, self.compare)

    def ask_export(self) -> None:
        """Let the user choose where the model is written to, and in which form."""
        name = Path(self._session.path or "model").stem
        path = f"{self._folder()}/{name}"
        self._asker.file_to_write("Export the model", _EXPORTS, path, self.export_wanted.emit)

    def ask_graph_export(self, name: str, chosen: Callable[[str], None]) -> None:
        """Let the user choose where a graph called `name` is written to, and in which form."""
        self._asker.file_to_write("Export the graph", _GRAPHS, f"{self._folder()}/{name}", chosen)

    def ask_weights(self) -> None:
        """Let the user choose the file that the open model's arrays are read from."""
        self._ask_file("Open weights", _LEAVES, self._session.saving.open_weights)

    def ask_leaves_file(self, name: str, chosen: Callable[[str], None]) -> None:
        """Let the user choose where a part of the model is saved; `chosen` asks what to replace."""
        path = f"{self._folder()}/{name}"
        self._asker.file_to_write("Save in Equinox's format", _LEAVES, path, chosen, confirms=False)

    def _ask_constructor(self, weights: str) -> None:
        """Ask what makes the model whose leaves are in the file `weights`, and open it."""
        from eqxviz.gui.window.constructor import ConstructorQuestion

        if self._constructor is None:
            self._constructor = ConstructorQuestion(self._window)
            self._constructor.browse_wanted.connect(self._browse_constructor)
            self._constructor.answered.connect(self._on_constructor)
        remembered = dict(pair.split("\t", 1) for pair in self._settings[CONSTRUCTORS])
        scripts = [t for t in self._settings[RECENT_FILES] if ModelSource.of(t).script]
        guess = remembered.get(weights, "")
        self._constructor.ask(weights, [t for t in (guess, *scripts) if t])

    def _browse_constructor(self) -> None:
        constructor = self._constructor
        if constructor is not None:
            self._ask_file("What makes the model", _SCRIPTS, constructor.set_target)

    def _on_constructor(self, weights: str, target: str) -> None:
        source = ModelSource.of(target, weights)
        others = [p for p in self._settings[CONSTRUCTORS] if not p.startswith(f"{weights}\t")]
        self._settings[CONSTRUCTORS] = tuple(others)
        self._settings.put_first(CONSTRUCTORS, f"{weights}\t{source.target}")
        self.open_source(source)

    def _ask_file(self, title: str, kinds: str, chosen: Callable[[str], None]) -> None:
        self._asker.file(title, kinds, self._folder(), chosen)

    def _folder(self) -> str:
        """Return where the last file was, the working directory at first."""
        scripts = [r.launch.file for t in self._settings[RECENT_LAUNCHES] if (r := from_text(t))]
        for recent in (*self._settings[RECENT_FILES], *filter(None, scripts)):
            folder = Path(ModelSource.of(recent).path).parent
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
