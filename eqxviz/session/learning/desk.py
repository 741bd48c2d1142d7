"""The page that is shown, and the learner's text of its script."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.learning.diary import Diary

if TYPE_CHECKING:
    from eqxviz.session.lessons import Exercise, Page


class Desk:
    """What the learner works at. The lesson's own files never change.

    `text` is kept on disk before the script is run or judged, and when the page is left; whoever
    shows it to be typed at calls `keep` also when the learner rests.

    Signals:
        replaced: `text` is another one, and not by `write`: that of another page (False), or one
            that takes the place of what the learner wrote (True), as an edit that can be undone.
        changed: `is_changed` is another one.
    """

    replaced = Signal(bool)
    changed = Signal()

    def __init__(self, diary: Diary) -> None:
        self._diary = diary
        self._own = ""  # the lesson's text
        self._is_kept = True
        self.key = ""  # of the lesson
        self.page: Page | None = None
        self.text = ""

    @property
    def exercise(self) -> "Exercise | None":
        """The exercise of the page; None on one that asks for nothing."""
        return self.page.exercise if self.page is not None else None

    @property
    def path(self) -> Path | None:
        """The file of the learner's text, which is run; None without a page."""
        book = self._diary.notebook
        return book.copy_of(self.key, self.page.script) if book and self.page else None

    @property
    def is_changed(self) -> bool:
        """Whether the learner has changed the lesson's script."""
        return self.text != self._own

    def write(self, text: str) -> None:
        """The learner has typed: this is the text now."""
        was_changed = self.is_changed
        self._is_kept = self._is_kept and text == self.text
        self.text = text
        if self.is_changed != was_changed:
            self.changed.emit()

    def put(self, text: str) -> None:
        """Put another text in the place of the learner's, as an edit that can be undone."""
        self.write(text)
        self.replaced.emit(True)

    def start_over(self) -> None:
        """Bring the lesson's own text back, as an edit that can be undone."""
        self.put(self._own)

    def keep(self, then: Callable[[], None] = lambda: None) -> None:
        """Write the text to its file; then call `then`."""
        if self.page is None:
            return
        key, script, text, own = self.key, self.page.script, self.text, self._own
        self._is_kept = True
        self._diary.write(lambda book: book.keep_text(key, script, text, own), then)

    def leave(self) -> None:
        """Keep the text of a page that is left, if the learner has written."""
        if not self._is_kept:
            self.keep()

    def lay(self, key: str, page: "Page", own: str, text: str) -> None:
        """Show another page, whose script is `own` in the lesson, and `text` as it was left."""
        self.key, self.page, self._own, self.text = key, page, own, text
        self._is_kept = True
        self.replaced.emit(False)
        self.changed.emit()

    def clear(self) -> None:
        """Show no page."""
        self.leave()
        self.page, self._own, self.text = None, "", ""
        self.replaced.emit(False)
        self.changed.emit()
