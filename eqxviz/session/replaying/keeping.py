"""Whether calls are kept for replay, what that costs, and for which scripts it is wanted."""

from dataclasses import replace
from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.records import Done, KeepCalls, Problem, Record
from eqxviz.session import formatting

if TYPE_CHECKING:
    from eqxviz.session.selecting import SelectionPart

COST = "one more model and optimiser state"
OFFER = "Keep calls from now on"


class KeepSwitch:
    """Keeps the calls of the run for replay, and those of its script's next runs, or does not.

    Signals:
        changed: `is_on` or `words`.
    """

    changed = Signal()

    def __init__(self, session: "SelectionPart") -> None:
        self._session = session
        self._asked: bool | None = None  # what the run was told and has not said yet

    @property
    def can_switch(self) -> bool:
        """Whether there is a run that can keep calls, now or when it is run again."""
        run = self._session.run
        return run is not None and not self._session.is_run_kept

    @property
    def is_on(self) -> bool:
        """Whether calls of the run are kept; of one that has ended, those of its next start."""
        run = self._session.run
        if run is None:
            return False
        if not run.is_live:
            return run.script in self._session.kept_scripts
        if self._asked is not None:
            return self._asked
        return run.keeping is not None and run.keeping.is_on

    @property
    def words(self) -> str:
        """What is kept and what it costs: "keeps 28.3 MB: ...; donation is off"."""
        run = self._session.run
        if run is None or not self.is_on:
            return ""
        kept = run.keeping
        if not run.is_live and (kept is None or not kept.is_on):
            return f"calls will be kept when it is run again: {COST}"
        if kept is None or not kept.is_on or (kept.function < 0 and not kept.why_not):
            return f"the next call is kept: {COST}"
        if kept.why_not:
            return f"the latest call cannot be replayed: {kept.why_not}"
        cost = f"keeps {formatting.n_bytes(kept.n_bytes)}: {COST}"
        return f"{cost}; donation is off" if kept.n_copied_bytes else cost

    def switch(self) -> None:
        """Keep calls from now on, or do so no longer; the next runs of the script do the same."""
        self.want(not self.is_on)

    def want(self, is_on: bool) -> None:
        """Keep calls from now on, or do not."""
        session, run = self._session, self._session.run
        if run is None:
            return
        session.remember_keeping(run.script, is_on)
        if session.launch is not None:
            session.launch = replace(session.launch, keep_calls=is_on)
        if run.is_live:
            self._tell(is_on)
        self.changed.emit()

    def run_again(self) -> None:
        """Run the script again from the start, its calls kept, until something is not finite."""
        session, launch = self._session, self._session.launch
        if session.run is None or launch is None:
            return
        session.remember_keeping(session.run.script, True)
        stops = launch.stops if "nan" in launch.stops else (*launch.stops, "nan")
        session.start_launch(replace(launch, keep_calls=True, stops=stops))

    @property
    def can_run_again(self) -> bool:
        """Whether the script can be started again from here."""
        run = self._session.run
        return run is not None and self._session.launch is not None and not run.is_captured

    def on_run_begun(self) -> None:
        """There is another run, which was launched with its calls kept, or not."""
        self._asked = None
        self.changed.emit()

    def on_keeping(self) -> None:
        """The run has said what it keeps."""
        run = self._session.run
        if run is not None and run.keeping is not None and run.keeping.is_on == self._asked:
            self._asked = None
        self.changed.emit()

    def _tell(self, is_on: bool) -> None:
        run = self._session.run

        def answered(answer: Record) -> None:
            if run is not self._session.run:
                return
            if isinstance(answer, Problem):
                self._asked = None
                self._session.report(answer)
                self.changed.emit()
            else:
                assert isinstance(answer, Done)

        self._asked = is_on
        if not self._session.ask_run(KeepCalls(is_on), answered):
            self._asked = None
