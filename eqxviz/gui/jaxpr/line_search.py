"""The search in the lines of a pane."""

import re
from collections.abc import Callable

import numpy as np
from PySide6.QtWidgets import QWidget

from eqxviz.gui.jaxpr.lines_pane import LinesPane
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import SearchBar
from eqxviz.session.lines import Lines, LineText, WholeText, pattern_of
from eqxviz.session.session import Session

_LARGE = 20_000  # lines: more are read in a thread


class LineSearch(SearchBar):
    """Finds a text, or a regular expression after "/", in `pane`; hidden until it is asked for.

    `go` is called with the line to go to.
    """

    def __init__(
        self,
        session: Session,
        theme: Theme,
        placeholder: str,
        pane: LinesPane,
        go: Callable[[int], None],
        parent: QWidget,
    ) -> None:
        super().__init__(theme, placeholder, parent)
        self._session = session
        self._pane = pane
        self._go = go
        self._whole: tuple[LineText, WholeText] | None = None
        self._found: Lines = np.zeros(0, np.int64)
        self._at = -1
        self.setContentsMargins(8, 4, 8, 4)
        self.hide()
        self.searched.connect(self.find_all)
        self.stepped.connect(self.step)
        self.left.connect(self._on_left_line)

    def open(self) -> None:
        """Appear, and take the keyboard."""
        self.show()
        self.focus()

    def text_changed(self) -> None:
        """The pane shows another text: search it for the same."""
        self._whole = None
        self.find_all(self.text)

    def find_all(self, wanted: str) -> None:
        """Mark what is found, and count it."""
        self._show(self._found[:0], None)
        text = self._pane.text
        try:
            pattern = pattern_of(wanted)
        except ValueError as error:
            self.set_problem(str(error))
            return
        self.set_problem("")
        if pattern is None or text is None:
            return
        if self._whole is not None and self._whole[0] is text:
            self._show(self._whole[1].find(pattern), pattern)
        elif len(text) <= _LARGE:
            self._whole = text, WholeText.of(text)
            self._show(self._whole[1].find(pattern), pattern)
        else:
            self._session.in_background(
                lambda: WholeText.of(text), lambda whole: self._on_read(text, whole)
            )

    def step(self, step: int) -> None:
        """Go to the next place (`step` 1) or the one before (-1), around the ends."""
        if not len(self._found):
            return
        if self._at < 0:
            after = np.searchsorted(self._found, max(0, self._pane.current), "left")
            self._at = int(after) - (0 if step > 0 else 1)
        else:
            self._at += step
        self._at %= len(self._found)
        self.set_hits(self._at, len(self._found))
        self._go(int(self._found[self._at]))

    def _show(self, found: Lines, pattern: re.Pattern[str] | None) -> None:
        self._found, self._at = found, -1
        self._pane.show_found(found.tolist(), pattern)
        self.set_hits(-1, len(found))

    def _on_read(self, text: LineText, whole: WholeText) -> None:
        if self._pane.text is text:
            self._whole = text, whole
            self.find_all(self.text)

    def _on_left_line(self) -> None:
        self.hide()
        self._pane.setFocus()
