"""The lessons, the page that is shown of one, and how far the learner is."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.learning.cards import mistake_problem, no_such_lesson
from eqxviz.session.learning.desk import Desk
from eqxviz.session.learning.diary import Diary
from eqxviz.session.learning.help import Help
from eqxviz.session.learning.judging import Judging
from eqxviz.session.learning.notebook import Notebook, PageMark, Progress, own_notebook
from eqxviz.session.learning.shelf import Shelf, ShelvedLesson, read_shelf
from eqxviz.session.learning.trial import Trial
from eqxviz.session.lessons import Mistake

if TYPE_CHECKING:
    from eqxviz.records import Problem
    from eqxviz.session.lessons import Exercise, Lesson, Page
    from eqxviz.session.selecting import SelectionPart

_Found = tuple[Notebook, Path | None, Shelf, dict[str, Progress]]


class Learning:
    """Lessons as they are followed.

    Nothing is read before `read` or `begin` is called, and that is done in the background. Parts:
    `desk` has the learner's text of the page, `trial` runs it, `judging` judges it, and `help` has
    the hints and the solution.

    Of `prepares` and `holds` see `Trial`.

    Signals:
        changed: The lessons, the page, progress, or what `help` has; not what the other parts tell.
        page_shown: Another page is shown; after `changed`, when `desk` has its text.
        asked: A lesson is to be seen: the user asked for one, and it is there.
    """

    changed = Signal()
    page_shown = Signal()
    asked = Signal()

    def __init__(
        self,
        session: "SelectionPart",
        notebook: Notebook | None = None,
        prepares: Callable[[str], None] = lambda script: None,
        holds: Callable[[], bool] = lambda: False,
    ) -> None:
        self._session = session
        self._diary = Diary(session, notebook)
        self.shelf = Shelf()
        self.is_read = False
        self.problems: tuple[Problem, ...] = ()  # of lessons that can't be read
        self.teachers_folder: Path | None = None
        self.current: ShelvedLesson | None = None
        self.page_index = 0
        self.desk = Desk(self._diary)
        self.help = Help(session, self.desk, self._diary)
        self.trial = Trial(session, self.desk, prepares, holds)
        self.judging = Judging(session, self.desk, self._diary)
        self._wanted: str | None = None  # the lesson to begin with, once they are read
        self._towards: tuple[ShelvedLesson, int] | None = None  # the page that is shown, or next
        self._n_reading = 0  # how often lessons are being read
        self._prefers_teachers = False  # a folder of lessons was just opened
        for part in (self._diary, self.help):
            part.changed.connect(lambda: self.changed.emit())  # noqa: PLW0108 - psygnal would call emit

    @property
    def lessons(self) -> tuple[ShelvedLesson, ...]:
        """The lessons that can be followed, in their order; empty until they are read."""
        return self.shelf.lessons

    @property
    def lesson(self) -> "Lesson | None":
        """The lesson that is followed."""
        return self.current.lesson if self.current is not None else None

    @property
    def page(self) -> "Page | None":
        """The page that is shown."""
        return self.desk.page

    @property
    def exercise(self) -> "Exercise | None":
        """The exercise of the page; None on a page that asks for nothing."""
        return self.desk.exercise

    # Finding lessons.

    def read(self, teachers_folder: Path | None = None) -> None:
        """Read the lessons and how far the learner is; `teachers_folder` is remembered.

        What is begun next without a name is one of that folder, if it has any.
        """
        self._n_reading += 1
        self._prefers_teachers = self._prefers_teachers or teachers_folder is not None

        def work() -> _Found:
            notebook = self._diary.notebook or own_notebook()
            folder = teachers_folder or notebook.teachers_folder()
            shelf = read_shelf(folder)
            return notebook, folder, shelf, {e.key: notebook.progress(e.key) for e in shelf.lessons}

        self._session.in_background(work, self._on_read)

    def forget_folder(self) -> None:
        """Follow the bundled lessons only; what was done in the others stays known."""
        self._diary.write(lambda book: book.keep_teachers_folder(None), self.read)

    def begin(self, name: str = "") -> None:
        """Show the lesson called `name`, "" for the one to go on with, at the page left last.

        Lessons are read first if they were not. One that is not there is told as a problem.
        """
        self._wanted = name
        if self.is_read and not self._n_reading:
            self._begin_wanted()
        elif not self._n_reading:
            self.read()

    # Walking through one.

    def show_page(self, index: int, lesson: ShelvedLesson | None = None) -> None:
        """Show a page of `lesson`, else of the one that is followed; its script is read first."""
        if lesson is None and self._towards is not None:
            lesson = self._towards[0]
        if lesson is not None and 0 <= index < len(lesson.lesson.pages):
            self._show(lesson, index)

    def turn(self, steps: int) -> None:
        """Show a page further on or back; beyond the last page comes the next lesson."""
        place = self._place_after(steps)
        if place is not None:
            self._show(*place)

    def can_turn(self, steps: int) -> bool:
        """Whether there is such a page."""
        return self._place_after(steps) is not None

    def close(self) -> None:
        """Follow no lesson."""
        self.trial.clear()
        self.judging.forget()
        self.current = self._towards = None
        self.desk.clear()
        self.changed.emit()
        self.page_shown.emit()

    # How far the learner is.

    def mark(self, lesson: ShelvedLesson, index: int) -> PageMark:
        """Return whether a page was seen, or its exercise solved."""
        return self._diary.progress(lesson.key).mark(lesson.lesson.pages[index])

    def n_done(self, lesson: ShelvedLesson) -> int:
        """Return how many pages of a lesson are done: seen, and solved where they ask for that."""
        return self._diary.progress(lesson.key).n_done(lesson.lesson)

    def _on_read(self, found: _Found) -> None:
        self._n_reading -= 1
        if self._n_reading:
            return  # they are read anew already, with another folder perhaps
        notebook, self.teachers_folder, self.shelf, progress = found
        self._diary.open(notebook, progress)
        if (folder := self.teachers_folder) is not None:
            self._diary.write(lambda book: book.keep_teachers_folder(folder))
        self.is_read = True
        for problem in self.problems:
            self._session.dismiss(problem)
        self.problems = tuple(map(mistake_problem, self.shelf.mistakes))
        self.changed.emit()
        for problem in self.problems:
            self._session.report(problem)
        if self._wanted is not None:
            self._begin_wanted()
        else:
            self._stay()

    def _begin_wanted(self) -> None:
        name, self._wanted = self._wanted or "", None
        lesson = self.shelf.named(name) if name else self._to_go_on_with()
        self._prefers_teachers = False
        if lesson is None:
            self._session.report(no_such_lesson(name, self.shelf))
            return
        headings = [page.heading for page in lesson.lesson.pages]
        last = self._diary.progress(lesson.key).page
        self._show(lesson, headings.index(last) if last in headings else 0, is_begun=True)

    def _to_go_on_with(self) -> ShelvedLesson | None:
        """Return the first lesson that was begun and is not done, else the first not done."""
        teachers = [e for e in self.lessons if self._prefers_teachers and not e.is_bundled]
        lessons = teachers or self.lessons
        undone = [each for each in lessons if self.n_done(each) < len(each.lesson.pages)]
        begun = (each for each in undone if self._diary.progress(each.key).seen)
        return next(begun, None) or next(iter(undone or lessons), None)

    def _place_after(self, steps: int) -> tuple[ShelvedLesson, int] | None:
        """Return the page so many pages on: it may be the next lesson's first, or the last's."""
        if self._towards is None:
            return None
        lesson, index = self._towards
        places = [(each, i) for each in self.lessons for i in range(len(each.lesson.pages))]
        found = [n for n, (each, i) in enumerate(places) if (each.key, i) == (lesson.key, index)]
        at = found[0] + steps if found else -1
        return places[at] if 0 <= at < len(places) else None

    def _show(self, lesson: ShelvedLesson, index: int, *, is_begun: bool = False) -> None:
        """Read the script of a page, and show that."""
        book, page = self._diary.notebook, lesson.lesson.pages[index]
        assert book is not None
        self.desk.leave()
        towards = self._towards = lesson, index

        def work() -> "tuple[str, str] | Problem":
            try:
                own = page.script.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                return mistake_problem(Mistake(page.script, 1, f"the file can't be read: {error}"))
            return own, book.text_of(lesson.key, page.script, own)

        def shown(found: "tuple[str, str] | Problem") -> None:
            if self._towards is not towards:
                return  # the user has turned on meanwhile
            if not isinstance(found, tuple):
                self._session.report(found)
                found = "", ""
            if (self.desk.key, self.desk.page) != (lesson.key, page):
                self.trial.clear()
            self.judging.forget()
            self.help.keep_trying()
            self.current, self.page_index = lesson, index
            self.desk.lay(lesson.key, page, *found)
            self._diary.put(lesson.key, self._diary.progress(lesson.key).with_seen(page.heading))
            self.page_shown.emit()
            if page.exercise is not None:
                self.judging.warm_up()
            if is_begun:
                self.asked.emit()

        self._session.in_background(work, shown)

    def _stay(self) -> None:
        """Go on with the page that is shown, in the lessons as they were just read again."""
        if self._towards is None:
            return
        before, index = self._towards
        same = next((each for each in self.lessons if each.key == before.key), None)
        if same is None:
            self.close()
        else:
            self._show(same, min(index, len(same.lesson.pages) - 1))
