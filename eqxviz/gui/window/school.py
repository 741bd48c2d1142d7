"""What the window does about lessons: its layout, the view of a page, and the keyboard's way."""

from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow, QWidget

from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import EmptyState
from eqxviz.gui.window.centre import Centre
from eqxviz.gui.window.docks import LEARNING, Docks
from eqxviz.session.session import Session

_NARROW = 1240  # pixels: in a narrower window script and view stand below each other
_TREE = ("tree", "details")
_OUTPUT = ("output", "problems")
# What the view of a page shows once its script has run.
_PROMISES = {
    "tree": "its model appears here as a tree.",
    "graph": "its function appears here as a graph.",
    "curves": "its curves appear here.",
    "compile": "its compilations appear here, each with its cause.",
    "output": "what it prints appears.",
}


class School(QObject):
    """Lays the window out for a lesson, and shows the view that its page is about.

    `show` brings a view to the front and gives it the keyboard; `centre` and `actions` are made
    after this.
    """

    def __init__(
        self,
        session: Session,
        theme: Theme,
        docks: Docks,
        centre: Callable[[], Centre],
        actions: Callable[[], Mapping[str, QAction]],
        show: Callable[[str], None],
        ask_folder: Callable[[str, Callable[[str], None]], None],
        window: QMainWindow,
    ) -> None:
        super().__init__(window)
        self._session = session
        self._docks = docks
        self._made_centre = centre
        self._made_actions = actions
        self._ask_for_folder = ask_folder
        self._show = show
        self._window = window
        self._theme = theme
        self._prompt: EmptyState | None = None
        self._is_bound = False
        window.installEventFilter(self)
        docks.begun.connect(self._on_work_begun)
        self.destroyed.connect(lambda: _disconnect(session, self))

    def start(self) -> None:
        """Read what lessons there are, if nobody has; to be called after the first paint."""
        if self._is_bound:
            return
        self._is_bound = True
        learning = self._session.learning
        learning.asked.connect(self._on_asked)
        learning.page_shown.connect(self._on_page_shown)
        learning.trial.view_asked.connect(self._on_view_asked)
        learning.changed.connect(self._on_changed)
        learning.read()

    def begin(self, lesson: str, folder: str) -> None:
        """Show the lesson of that name; `folder`, if it is not "", is a teacher's."""
        self.start()
        if folder:
            self._session.learning.read(Path(folder))
        self._session.learning.begin(lesson)

    def handlers(self) -> dict[str, Callable[[], None]]:
        """Return what carries out the actions that are done here, by their names."""
        return {
            "learn.contents": self._switch_contents,
            "learn.text": self._show_text,
            "learn.script": self._show_script,
            "learn.view": self._show_view,
            "learn.folder": self._ask_folder,
        }

    @property
    def _centre(self) -> Centre:
        return self._made_centre()

    @property
    def is_open(self) -> bool:
        """Whether the window is laid out for a lesson."""
        return self._docks.work in LEARNING

    @property
    def has_run(self) -> bool:
        """Whether the window is laid out for a lesson, and the run is that of its page's script."""
        return self.is_open and self._session.learning.trial.has_run

    def _show_text(self) -> None:
        """Give the text of the page the keyboard, or the list of lessons."""
        if self.is_open:
            self._show("lesson")

    def _show_script(self) -> None:
        """Give the script of the page the keyboard."""
        if self.is_open:
            self._show("script")

    def _show_view(self) -> None:
        """Give what the page is about the keyboard."""
        page = self._session.learning.page
        if self.is_open and page is not None:
            if self._session.learning.trial.has_run:
                self._arrange(page.view)
                self._show(page.view)
            else:
                self._centre.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _switch_contents(self) -> None:
        """Show the list of all lessons in place of the page, or the page again."""
        from eqxviz.gui.learn import LessonView

        if self.is_open:
            view = self._docks.show("lesson").build()
            if isinstance(view, LessonView):
                view.switch_contents()
        else:
            self._session.learning.begin()

    def _ask_folder(self) -> None:
        def chosen(path: str) -> None:
            self._session.learning.read(Path(path))
            self._session.learning.begin()

        self._ask_for_folder("Open a folder of lessons", chosen)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._window and self.is_open:
            self._lay_out()
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        """Show the layout that the window has room for."""
        work = "learn narrow" if self._window.width() < _NARROW else "learn"
        if work != self._docks.work:
            self._docks.begin(work)
            self._show_what_there_is()

    def _on_work_begun(self, work: str) -> None:
        """Break long lines of the output beside a lesson: few are tables, and many are errors."""
        from eqxviz.gui.window.output_view import OutputView

        view = self._docks.places["output"].build()
        if isinstance(view, OutputView):
            view.wrap_lines(work in LEARNING)

    def _on_changed(self) -> None:
        self._centre.start_page.lessons.show_lessons(self._session.learning)

    def _on_asked(self) -> None:
        """A lesson is to be seen: show it, and give its text the keyboard."""
        self._centre.show_tabs()
        self._lay_out()
        self._show_what_there_is()
        for view in ("script", "lesson"):
            self._docks.show(view)
        self._show("lesson")

    def _on_page_shown(self) -> None:
        if not self.is_open:
            return
        if self._session.learning.page is None:
            self._made_actions()["file.start_page"].trigger()  # the lessons were left
            return
        self._show_what_there_is()

    def _show_what_there_is(self) -> None:
        """Show the page's view, or before its script has run what will be seen there."""
        learning = self._session.learning
        if learning.page is None:
            return
        if learning.trial.has_run:
            self._on_view_asked(learning.page.view)
            return
        focused = self._window.focusWidget()
        for view in (*_TREE, *_OUTPUT):
            self._docks.docks[view].hide()  # what they show is of another page
        prompt, promise = self._made_prompt(), _PROMISES[learning.page.view]
        prompt.set_text("Nothing to see yet", f"Run the script with Ctrl+Enter, and {promise}")
        self._centre.show()
        self._centre.show_over(prompt)
        self._docks.arrange_lesson()
        _give_back_focus(focused)

    def _on_view_asked(self, view: str) -> None:
        """Show a view of what the page's script does, and leave the keyboard where it is."""
        if not self.is_open:
            return
        focused = self._window.focusWidget()
        self._arrange(view)
        if self._session.learning.trial.problem is not None:
            self._docks.show("problems")
        _give_back_focus(focused)

    def _arrange(self, view: str) -> None:
        """Open what `view` needs, and close what would take its room."""
        is_tab = view in self._centre.places
        self._centre.setVisible(is_tab)
        # There the views have no room for it; their keys bring the others.
        self._centre.tabs.tabBar().setVisible(self._docks.work != "learn narrow")
        for name in _TREE:
            self._docks.docks[name].setVisible(view in _TREE)
            if view in _TREE:
                self._docks.places[name].build()
        if is_tab:
            self._centre.show_view(view)
        self._docks.docks["problems"].show()
        self._docks.show("output")
        self._docks.arrange_lesson()

    def _made_prompt(self) -> EmptyState:
        if self._prompt is None:
            self._prompt = EmptyState(
                self._theme,
                icon="mdi6.play-circle-outline",
                title="",
                text="",
                action=self._made_actions()["learn.run"],
                parent=self._centre,
            )
            self._prompt.setProperty("surface", "base")
            self._prompt.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        return self._prompt


def _give_back_focus(widget: QWidget | None) -> None:
    """Let `widget` have the keyboard again, which Qt gives to another as docks are moved."""
    if widget is not None and widget.isVisible():
        widget.setFocus(Qt.FocusReason.OtherFocusReason)


def _disconnect(session: Session, school: School) -> None:
    if not school._is_bound:
        return
    learning = session.learning
    learning.asked.disconnect(school._on_asked, missing_ok=True)
    learning.page_shown.disconnect(school._on_page_shown, missing_ok=True)
    learning.changed.disconnect(school._on_changed, missing_ok=True)
    learning.trial.view_asked.disconnect(school._on_view_asked, missing_ok=True)
