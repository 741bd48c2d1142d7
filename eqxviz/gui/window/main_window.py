"""The main window: it puts the parts together, and carries out what only a window can do."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from eqxviz.gui.actions import Actions
from eqxviz.gui.replay.resting import ReplayRest
from eqxviz.gui.settings import GEOMETRY, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.window.answers import Answers
from eqxviz.gui.window.appearance import Appearance
from eqxviz.gui.window.attach_form import AttachForm
from eqxviz.gui.window.building import ViewBuilding
from eqxviz.gui.window.centre import Centre
from eqxviz.gui.window.debugging import Debugging
from eqxviz.gui.window.docks import Docks, Work
from eqxviz.gui.window.editor import Editor
from eqxviz.gui.window.finder import Finder
from eqxviz.gui.window.finished import FinishedRuns
from eqxviz.gui.window.graph_commands import GraphCommands
from eqxviz.gui.window.launching import Launching
from eqxviz.gui.window.leaving import Leaving
from eqxviz.gui.window.opening import Opener
from eqxviz.gui.window.question import Question
from eqxviz.gui.window.run_bar import RunBar
from eqxviz.gui.window.run_controls import RunControls
from eqxviz.gui.window.saving import SavingCommands
from eqxviz.gui.window.school import School
from eqxviz.gui.window.start_page import N_RECENT, StartPage
from eqxviz.gui.window.status_line import StatusLine
from eqxviz.gui.window.target_picker import TargetPicker
from eqxviz.gui.window.view_commands import ViewCommands
from eqxviz.gui.window.views import ViewPlace
from eqxviz.gui.window.watching import FileWatch
from eqxviz.session.headline import window_title
from eqxviz.session.session import Session
from eqxviz.session.sources import OPENABLE

_SIZE = 1360, 860
_SMALLEST = 640, 420
_PROBLEMS_SHARE = 0.45  # of the height, for what a check finds


class MainWindow(QMainWindow):
    """One session on the screen.

    What imports much (icons, plots) waits for `complete`, which is called after the first paint.

    Signals:
        first_painted: The window was drawn for the first time.
    """

    first_painted = Signal()

    def __init__(self, session: Session, theme: Theme, settings: Settings) -> None:
        super().__init__()
        self.session = session
        self.theme = theme
        self._settings = settings
        self._was_painted = False
        self._may_close = False
        self._leaves_run = False
        self._drawn_for: object = None
        self._shown = (None, "")  # the run and the path that the layout was last chosen for
        self.setMinimumSize(*_SMALLEST)
        self.setAcceptDrops(True)
        self.question = Question(theme, self)
        self._leaving = Leaving(session, self.question, self.finish, self)
        self.opener = Opener(session, settings, self.question, self)
        self.watch = FileWatch(session, settings, self)
        self.editor = Editor(session, settings, self)
        self.appearance = Appearance(theme, settings)
        self.docks = Docks(session, theme, settings, self)
        self.run_controls = RunControls(session, theme, settings, self.docks.title("tree"), self)
        self.debugging = Debugging(session, settings, self.show_view, self.docks, self)
        self.saving = SavingCommands(session, theme, self.opener, self.question, self)
        self.school = self._make_school()
        # The finder lists the actions, and three of the actions are the finder's.
        self.finder = Finder(session, theme, lambda: self.actions_table, self.opener.open, self)
        self._view_commands = ViewCommands(
            self.place,
            self.show_view,
            lambda: "" if self.centre.is_start else self.centre.view_name,
        )
        self.actions_table = Actions(session, theme, self, self._handlers())
        self.actions_table.fill(self.menuBar())
        self.watch.bind(self.actions_table.q["file.watch"])
        self.run_controls.bind(self.actions_table.q)
        self.start_page = StartPage(theme, settings, self.actions_table, self)
        self.centre = Centre(self.start_page, session, theme, self)
        self.setCentralWidget(self.centre)
        self.run_bar = RunBar(session, theme, self.actions_table, self)
        self.addToolBar(self.run_bar)
        self.status_line = StatusLine(session, theme, self.actions_table, self)
        self.setStatusBar(self.status_line)
        self.saving.use(self.status_line)
        self.target_picker = TargetPicker(session, self.opener.open_source, self)
        self.docks.title("tree").add(self.target_picker)
        self.finished = self._make_finished()
        self.launching = Launching(session, theme, settings, self.opener, self.centre)
        self._connect_start_page()
        self.attach_form = AttachForm(session, theme, self)
        self.attach_form.chosen.connect(session.attach)
        self._refresh_timer = QTimer(self, singleShot=True, interval=0)
        self._refresh_timer.timeout.connect(self._refresh)
        snapshot = self.actions_table.q["compare.snapshot"]
        self.graphs = GraphCommands(
            session, self.finder, self.opener, self.status_line, lambda: self.place("graph"), self
        )
        self._answers = Answers(session, self.status_line, snapshot, self.show_view)
        for signal in self._signals():
            signal.connect(self._on_session_changed)
        session.problem_seen.connect(self._on_problem_seen)
        self.opener.opening.connect(self._on_opening)
        self.opener.export_wanted.connect(self._answers.export)
        places = (*self.centre.places.values(), *self.docks.places.values())
        self._rest = ReplayRest(session, self)
        self._building = ViewBuilding(
            session, settings, self.actions_table, self.editor, places, self
        )
        self._building.problems_counted.connect(self._on_problems_counted)
        self._building.alarms_counted.connect(
            lambda n: self.centre.show_alarms("compile", n, "compiles at every step")
        )
        if not self.restoreGeometry(settings.bytes(GEOMETRY)):
            self.resize(*_SIZE)
        self._refresh()

    def complete(self) -> None:
        """Load the icons, then make the views one by one while nothing else is to be done."""
        self.actions_table.load_icons()
        self.run_bar.load_icons()
        self.status_line.load_icons()
        self.docks.load_icons()
        self.start_page.load_pictures()
        self._list_runs()
        self.school.start()
        self._building.start()

    def place(self, name: str) -> ViewPlace:
        """Return the place of a view, in a tab or a dock."""
        return self.centre.places.get(name) or self.docks.places[name]

    def show_view(self, name: str) -> None:
        """Bring a view to the front and give it the keyboard."""
        if self.docks.work is None:
            self._begin_work()
        if name in self.centre.places:
            place = self.centre.show_view(name)
        else:
            place = self.docks.show(name)
        place.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def finish(self, leave_run: bool) -> None:
        """Close the window without asking."""
        self._may_close = True
        self._leaves_run = leave_run
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        run = self.session.run
        # A process that is the user's own goes on in any case.
        if not self._may_close and run is not None and run.can_be_stopped:
            event.ignore()
            self._leaving.ask(Path(run.script).name)
            return
        if not self._may_close and self.session.is_saving_run:
            event.ignore()
            self._leaving.await_checkpoint()
            return
        self.docks.remember()
        self._settings.set_bytes(GEOMETRY, self.saveGeometry())
        self._answers.close()
        self._rest.close()
        self.saving.close()
        self.attach_form.close_session()
        for signal in self._signals():
            signal.disconnect(self._on_session_changed, missing_ok=True)
        self.session.problem_seen.disconnect(self._on_problem_seen, missing_ok=True)
        self.actions_table.disconnect_session()
        self.watch.close()
        self.session.close(leave_run=self._leaves_run)
        super().closeEvent(event)
        QApplication.quit()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if not self._was_painted and event.type() == QEvent.Type.Paint:
            self._was_painted = True
            QTimer.singleShot(0, self.first_painted.emit)
        return done

    def focusNextPrevChild(self, is_next: bool) -> bool:
        """Let Tab pass by what nobody would see there, behind the tab of another dock."""
        passed: set[QWidget] = set()  # where Tab began may be no stop, and never come again
        while super().focusNextPrevChild(is_next):
            focused = self.focusWidget()
            if focused is None or focused in passed or not self.docks.is_unseen(focused):
                return True
            passed.add(focused)
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_file(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_file(event)
        if path:
            event.acceptProposedAction()
            self.opener.open(path)

    def _connect_start_page(self) -> None:
        session, page = self.session, self.start_page
        page.open_wanted.connect(self.opener.open)
        page.run_wanted.connect(self.opener.run)
        page.form_wanted.connect(self.launching.open_recent)
        page.attach_wanted.connect(session.attach)
        page.lessons.chosen.connect(lambda key: session.learning.begin(key))  # noqa: PLW0108 - made later
        page.kept_wanted.connect(lambda id: session.runs.open(id))  # noqa: PLW0108 - made later

    def _handlers(self) -> dict[str, Callable[[], None]]:
        """Return what carries out each action that only the window can do."""
        views = (
            *("graph", "values", "filter", "sharing", "compare", "curves", "compile", "source"),
            *(
                "dynamics",
                "runs",
                "tree",
                "details",
                "problems",
                "output",
                "system",
                "debugger",
                "console",
            ),
        )
        shown = {f"view.{name}": lambda name=name: self.show_view(name) for name in views}
        shown |= self.run_controls.handlers() | self._view_commands.handlers()
        shown |= self.debugging.handlers() | self.saving.handlers() | self.school.handlers()
        return shown | {
            "file.open": self.opener.ask_file,
            "file.run": self.opener.ask_script,
            "run.attach": lambda: self.attach_form.ask(tuple(self.session.running())),
            "run.with": lambda: self.launching.open_current(),  # noqa: PLW0108 - made later
            "check.start": self._check,
            "compare.file": self.opener.ask_compared,
            "file.export": self.opener.ask_export,
            "file.watch": self.watch.switch,
            "file.editor": self.editor.ask_command,
            "file.start_page": self._show_start,
            "file.quit": self.close,
            "graph.function": lambda: self.graphs.ask_function(),  # noqa: PLW0108 - made later
            "graph.export": lambda: self.graphs.ask_export(),  # noqa: PLW0108 - made later
            "go.to": self.finder.ask_place,
            "view.reset": self.docks.reset,
            "theme.switch": self.appearance.switch,
            "theme.still": self.appearance.switch_motion,
            "theme.system": self.appearance.follow_system,
            "help.palette": self.finder.ask_action,
            "help.keys": self.finder.show_keys,
        }

    def _on_session_changed(self) -> None:
        self._refresh_timer.start()

    def _on_opening(self) -> None:
        self._shown = (self.session.run, "")

    def _on_problem_seen(self, problem: object) -> None:
        """Bring the list of problems to the front for one that no view shows in its own place."""
        session = self.session
        in_place = (session.model_problem, *(tab.problem for tab in session.graphs))
        if session.run is not None:
            in_place = (*in_place, session.replaying.search.listed)
        if self.docks.work is not None and not any(problem is shown for shown in in_place):
            self.docks.show("problems")

    def _refresh(self) -> None:
        session = self.session
        self.setWindowTitle(window_title(session))
        self.run_bar.refresh()
        self.status_line.refresh()
        self.target_picker.refresh()
        self._draw_at_first()
        shown = (session.run, session.path)
        if shown == self._shown:
            return
        is_new_run = session.run is not None and session.run is not self._shown[0]
        is_asked = not self._shown[1]  # the user opened something
        is_live = session.run is not None and session.run.is_live
        is_of_lesson = self.school.has_run and (
            is_new_run or _is_of_run(session) or session.path == self._shown[1]
        )
        self._shown = shown
        if is_of_lesson:
            return  # the lesson shows it
        if is_new_run:
            self._begin_work()
            self.show_view("curves")
            self.docks.show("output")
        elif _is_of_run(session) or (session.path and is_live and not is_asked):
            # The arguments of a call, or the model that had given way to them: the tree shows it.
            if self.docks.work != "debug":
                self.docks.begin("run")
            self.docks.show("tree")
        elif session.path:
            self.docks.begin("inspect")
            self.show_view("graph")

    def _draw_at_first(self) -> None:
        """Draw a model that was just opened, where it is known what a call of it takes."""
        model = self.session.model
        if model is None or model is self._drawn_for:
            return
        self._drawn_for = model
        is_own = self.session.source is None or self.session.source.is_replaceable
        if self.session.selection.kind != "none":
            return  # the user is at work: it was read again, or the rest of it has come
        is_drawn = any(tab.node == 0 or tab.path == model.path for tab in self.session.graphs)
        if is_own and model.inputs and not is_drawn:
            self.session.draw_model()

    def _begin_work(self) -> None:
        session = self.session
        work: Work = "watch" if session.model_state == "empty" else "run"
        if session.run is None:
            work = "inspect"
        elif self.debugging.is_stopped:
            work = "debug"
        self.docks.begin(work)
        self.centre.show_tabs()

    def _make_school(self) -> School:
        """Return what leads through the lessons."""
        return School(
            self.session,
            self.theme,
            self.docks,
            lambda: self.centre,
            lambda: self.actions_table.q,
            self.show_view,
            self.opener.ask_folder,
            self,
        )

    def _make_finished(self) -> FinishedRuns:
        """Return what tells of runs that have ended while something else was looked at."""
        return FinishedRuns(
            self.session,
            self.theme,
            lambda: (
                self.school.has_run
                or (not self.centre.is_start and self.centre.view_name == "curves")
            ),
            lambda: self.show_view("curves"),
            self,
        )

    def _list_runs(self) -> None:
        """List on the start page the runs that go on, and those that were kept last."""
        self.start_page.refresh(tuple(self.session.running()))
        self.session.runs.recent(N_RECENT, self.start_page.show_kept)

    def _check(self) -> None:
        """Check what is open, where what is found will be."""
        self.session.checking.start()
        self.show_view("problems")
        self.docks.make_room("problems", _PROBLEMS_SHARE)

    def _show_start(self) -> None:
        self.docks.leave()
        self._list_runs()
        self.centre.show_start()
        self.start_page.setFocus()

    def _on_problems_counted(self, n_problems: int) -> None:
        title = f"Problems {n_problems}" if n_problems else "Problems"
        self.docks.docks["problems"].setWindowTitle(title)
        self._on_session_changed()

    def _signals(self) -> tuple:
        s = self.session
        return (
            *(s.model_changed, s.run_changed, s.progressed, s.graphs_changed),
            *(s.selection_changed, s.problem_seen, s.problem_gone, s.tree_grew),
        )


def _is_of_run(session: Session) -> bool:
    return session.source is not None and session.source.kind == "run"


def _dropped_file(event: QDropEvent) -> str:
    """Return the file that is being dropped, "" if it opens no model."""
    for url in event.mimeData().urls():
        if url.isLocalFile() and url.toLocalFile().endswith(OPENABLE):
            return url.toLocalFile()
    return ""
