"""What is said over a replayed value: of which call and turn it is, and what else is there."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from eqxviz.gui.replay.turns_bar import TurnsBar
from eqxviz.gui.replay.working_line import WorkingLine
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import Chooser, LinkButton, ProseLabel
from eqxviz.records import ReplayState
from eqxviz.session.formatting import seconds
from eqxviz.session.replaying.choices import Choice, Turn, choices_of, turns_of
from eqxviz.session.replaying.keeping import COST, OFFER
from eqxviz.session.session import Session

_NOT_RUN = "This equation was not run: it is in a branch that the call did not take."
_NOTHING = "It reads and makes no arrays."


class ReplayHead(QWidget):
    """The values at the selected equation: which of them, in which turns; or why there are none."""

    def __init__(
        self, session: Session, theme: Theme, parent: QWidget, *, is_narrow: bool = False
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._values = session.replaying.values
        self.moment = QLabel(self)
        self.moment.setProperty("tone", "faint")
        self.chooser = Chooser(self)
        self.chooser.setAccessibleName("Which value of the equation")
        self.chooser.setMinimumContentsLength(12)
        self.chooser.activated.connect(self._on_chosen)
        self.turns = TurnsBar(self, is_narrow=is_narrow)
        self.turns.chosen.connect(self._values.choose_turn)
        self.working = WorkingLine(theme, self)
        self.working.cancelled.connect(self._values.cancel)
        self.note = ProseLabel("", self)
        self.note.setProperty("tone", "faint")
        self.offer = LinkButton("", self)
        self.offer.clicked.connect(self._on_offer)
        self.check_words = ProseLabel("", self)
        self.check_words.setProperty("tone", "faint")
        self.check = LinkButton("Compare the replay with the call", self)
        self.check.clicked.connect(session.replaying.check)
        top = QHBoxLayout()
        top.setSpacing(10)
        top.addWidget(self.chooser, 1)
        top.addWidget(self.moment)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(top)
        for widget in (self.turns, self.working, self.note, self.offer, self.check_words):
            column.addWidget(widget)
        column.addWidget(self.check)
        self._connect()
        self.refresh()

    @property
    def has_value(self) -> bool:
        """Whether there is a value of what is looked at, to be shown below."""
        values = self._values
        return values.is_wanted_shown and values.node >= 0 and values.state in _SHOWN

    def refresh(self) -> None:
        """Say what is so now."""
        values, replayed = self._values, self._values.replayed
        is_shown = values.is_wanted_shown and values.state in _SHOWN and replayed is not None
        self._refresh_choices(is_shown)
        self.moment.setText(f"in {values.moment}" if is_shown else "")
        if is_shown and replayed is not None:
            self.moment.setToolTip(f"Replayed in {seconds(replayed.seconds)}")
        self.moment.setVisible(is_shown)
        turns = self._turns() if is_shown else ()
        self.turns.show_turns(turns, values.is_current)
        if values.state == "working":
            self.working.show_working(self._working_words())
        else:
            self.working.show_idle()
        self._refresh_note(is_shown)
        self._refresh_check(is_shown)

    def _choices(self) -> tuple[Choice, ...]:
        return choices_of(self._values.replayed, self._values.graph)

    def _turns(self) -> tuple[Turn, ...]:
        wanted = self._values.wanted
        turns = wanted.turns if wanted is not None else ()
        return tuple(turns_of(turns, self._values.replayed, self._values.graph))

    def _refresh_choices(self, is_shown: bool) -> None:
        choices = self._choices() if is_shown else ()
        texts = [choice.text for choice in choices]
        chooser = self.chooser
        if texts != [chooser.itemText(i) for i in range(chooser.count())]:
            chooser.clear()
            chooser.addItems(texts)
        indices = [choice.index for choice in choices]
        shown = self._values.shown
        chooser.setCurrentIndex(indices.index(shown) if shown in indices else -1)
        chooser.setToolTip(chooser.currentText())
        chooser.setEnabled(self._values.is_current)
        chooser.setVisible(bool(choices) and self._values.node >= 0)

    def _working_words(self) -> str:
        done = self._values.progress
        share = f": {done.n_done / max(done.n_total, 1):.0%}" if done is not None else ""
        return f"Replaying the call{share}"

    def _refresh_note(self, is_shown: bool) -> None:
        values, replayed = self._values, self._values.replayed
        note = offer = ""
        if values.problem is not None:
            problem = values.problem
            note = " ".join(f"{s.rstrip('.')}." for s in (problem.title, problem.why) if s)
            offer = self._offered()
        elif values.state != "filled":
            pass  # it may be otherwise in the turn that is on its way
        elif is_shown and replayed is not None and not replayed.was_run:
            note = _NOT_RUN
        elif is_shown and values.node < 0:
            note = _NOTHING
        self.note.say(note)
        self.note.setVisible(bool(note))
        self.offer.set_text(offer, tooltip=f"It keeps {COST}" if offer == OFFER else "")
        self.offer.setVisible(bool(offer))

    def _offered(self) -> str:
        """Return the words for what can be done where there is no value."""
        problem, keeping = self._values.problem, self._session.replaying.keeping
        assert problem is not None
        if problem.code == ReplayState.NOT_KEPT.value:
            return "" if keeping.is_on or not keeping.can_switch else OFFER
        if problem.code == "running":
            return "Pause the run"
        return "" if self._values.state == "missed" else "Try again"

    def _refresh_check(self, is_shown: bool) -> None:
        replaying = self._session.replaying
        words = replaying.check_words if is_shown else ""
        if is_shown and replaying.checking.state == "working":
            words = "Comparing the replay with the call's own results…"
        self.check_words.say(words)
        self.check_words.setVisible(bool(words))
        self.check.setVisible(self.has_value and not words and self._values.is_current)

    def _on_chosen(self, row: int) -> None:
        self._values.choose(self._choices()[row].index)

    def _on_offer(self) -> None:
        offered = self._offered()
        if offered == OFFER:
            self._session.replaying.keeping.want(True)
        elif offered == "Pause the run":
            self._session.pause()
        elif offered:
            self._values.retry()

    def _connect(self) -> None:
        replaying = self._session.replaying
        signals = self._values.changed, replaying.checking.changed, replaying.keeping.changed
        for signal in signals:
            signal.connect(self.refresh)
        self.destroyed.connect(lambda: _disconnect(signals, self))


_SHOWN = ("filled", "working", "resting")


def _disconnect(signals: tuple, head: ReplayHead) -> None:
    for signal in signals:
        signal.disconnect(head.refresh, missing_ok=True)
