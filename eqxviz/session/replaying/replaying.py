"""What the session does with calls that are kept and replayed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from eqxviz.records import RunState
from eqxviz.session.replaying.asking import ReplayQueue
from eqxviz.session.replaying.blaming import NonFiniteSearch
from eqxviz.session.replaying.checking import ReplayChecking
from eqxviz.session.replaying.graph_marks import GraphMarks
from eqxviz.session.replaying.graph_values import GraphValues
from eqxviz.session.replaying.keeping import KeepSwitch
from eqxviz.session.replaying.places import is_replayed, place_of
from eqxviz.session.selection import Selection

if TYPE_CHECKING:
    from eqxviz.session.exploring import Exploring
    from eqxviz.session.selecting import SelectionPart


class Replaying:
    """The switch, the values on the graph, the search for a NaN, and how good the replay is."""

    def __init__(self, session: "SelectionPart", exploring: "Callable[[], Exploring]") -> None:
        self._session = session
        self._still: object = None  # the moment at which the run stands still; None: it does not
        self.keeping = KeepSwitch(session)
        self._queue = queue = ReplayQueue(session)
        self.marks = GraphMarks(session)
        self.values = GraphValues(session, queue, self.marks)
        self.search = NonFiniteSearch(session, exploring, queue, self.values, self.marks)
        self.checking = ReplayChecking(queue)
        session.run_changed.connect(self._on_run_changed)
        session.keeping_changed.connect(self.keeping.on_keeping)
        session.graphs_changed.connect(self.search.on_graphs_changed)
        session.selection_changed.connect(self._on_selection_changed)
        self.search.changed.connect(self._check_found)
        self._checked: object = None  # what was found, and checked by itself

    def on_run_begun(self) -> None:
        """Forget what was of the run before."""
        self._still = None
        self._queue.clear()
        self.values.clear()
        self.search.dismiss()
        self.checking.clear()
        self.keeping.on_run_begun()

    @property
    def check_words(self) -> str:
        """How the replay of the call that is shown compares with the call, "" if not known."""
        shown = self.values.replayed or self.search.blame
        return self.checking.words(shown.function, shown.call) if shown is not None else ""

    @property
    def can_check(self) -> bool:
        """Whether there is a kept call whose results can be compared, and where that is told."""
        return self.search.can_find and self._place_of_check() is not None

    def check(self) -> None:
        """Compare the replayed results of the kept call with its own.

        How they compare is told with the values of the selection: where that has none, a result
        of the call is selected.
        """
        run, place = self._session.run, self._place_of_check()
        if run is not None and run.keeping is not None and self.can_check and place is not None:
            if place != self._session.selection:
                self._session.select(place)
            self.checking.ask(run.keeping.function)

    def _place_of_check(self) -> Selection | None:
        """Return the selection, if its values are of the kept call, else a result of that call."""
        session, run = self._session, self._session.run
        kept = run.keeping.function if run is not None and run.keeping is not None else -1
        found = place_of(session, session.selection)
        if found is not None and found.function == kept:
            return session.selection
        for tab in session.graphs:
            if tab.graph is None or tab.function != kept or not is_replayed(tab):
                continue
            for value in tab.graph.outputs.tolist():
                result = Selection(kind="value", graph=tab.key, value=value)
                if place_of(session, result) is not None:
                    return result
        return None

    def _on_selection_changed(self) -> None:
        self.values.follow(self._session.selection)

    def _on_run_changed(self) -> None:
        """Follow the run from one pause to the next."""
        run = self._session.run
        still = run.status.moment if run is not None and run.is_still else None
        if still == self._still:
            return
        self._still = still
        if run is None or still is None:
            self.values.on_going_on()
            self.search.on_going_on()
            self.checking.cancel()
        elif run.status.state is RunState.PAUSED:
            self.checking.clear()
            self.values.on_paused()
            self.search.on_paused(run.status.halt)
        else:
            self.values.changed.emit()

    def _check_found(self) -> None:
        """Compare the replay with the call, once something was found by it."""
        blame = self.search.blame
        if blame is not None and blame is not self._checked:
            self.checking.ask(blame.function)
        self._checked = blame
