"""The learner's text of a lesson's script."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from psygnal import Signal

if TYPE_CHECKING:
    from eqxviz.session.learning.learning import Learning


class Desk:
    """The script of the page that is shown, as the learner has it. The lesson's own never changes.

    `text` is kept on disk before the script is run or judged, and when the page is left; whoever
    shows it to be typed at calls `keep` also when the learner rests.

    Signals:
        replaced: `text` is another one, and not by `write`: that of another page (False), or one
            that takes the place of what the learner wrote (True), as an edit that can be undone.
        changed: `is_changed` is another one.
    """

    replaced = Signal(bool)
    changed = Signal()

    def __init__(self, learning: "Learning") -> None:
        self._learning = learning
        self._key = ""
        self._script: Path | None = None
        self._own = ""  # the lesson's text
        self._is_kept = True
        self.text = ""

    @property
    def path(self) -> Path | None:
        """The file of the learner's text, which is run; None without a page."""
        book = self._learning.notebook
        return book.copy_of(self._key, self._script) if book and self._script else None

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

    def start_over(self) -> None:
        """Bring the lesson's own text back, as an edit that can be undone."""
        self._replace(self._own)

    def put_solution(self) -> None:
        """Put the solution, once it was shown, in the place of the text; that can be undone."""
        if self._learning.help.solution:
            self._replace(self._learning.help.solution)

    def keep(self, then: Callable[[], None] = lambda: None) -> None:
        """Write the text to its file, unless that has it; then call `then`."""
        script = self._script
        if script is None:
            return
        key, text, own = self._key, self.text, self._own
        self._is_kept = True
        self._learning.keep(lambda book: book.keep_text(key, script, text, own), then)

    def leave(self) -> None:
        """Keep the text of a page that is left, if the learner has written."""
        if not self._is_kept:
            self.keep()

    def lay(self, key: str, script: Path, own: str, text: str) -> None:
        """Show the learner's text of another script."""
        self._key, self._script, self._own, self.text = key, script, own, text
        self._is_kept = True
        self.replaced.emit(False)
        self.changed.emit()

    def _replace(self, text: str) -> None:
        self.write(text)
        self.replaced.emit(True)
