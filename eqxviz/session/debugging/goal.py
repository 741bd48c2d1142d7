"""What a run goes on to: a stop that is met once."""

from typing import TYPE_CHECKING

from eqxviz.session.debugging.paused_frames import paused_status

if TYPE_CHECKING:
    from eqxviz.records import Halt, Stop
    from eqxviz.session.debugging.script_stops import ScriptStops
    from eqxviz.session.debugging.stop_list import StopList
    from eqxviz.session.selecting import SelectionPart


class RunGoal:
    """The one stop of the list that goes as soon as it was met, or the run is over."""

    def __init__(
        self, session: "SelectionPart", stops: "StopList", of_script: "ScriptStops"
    ) -> None:
        self._session = session
        self._stops = stops
        self._of_script = of_script

    @property
    def stop(self) -> "Stop | None":
        """The stop that the run goes on to, and that then goes."""
        return next((stop for stop in self._stops if self._stops.is_once(stop.id)), None)

    def run_to(self, words: str) -> None:
        """Let the run go on until it meets what `words` mean, once.

        Raises:
            StopWordsError: If they mean no stop.
        """
        self.forget()
        self._of_script.add_words(words, once=True)
        if paused_status(self._session) is not None:
            self._session.resume()

    def forget(self) -> None:
        """Go on to nothing in particular any more."""
        self._stops.remove(*[stop.id for stop in self._stops if self._stops.is_once(stop.id)])

    def meet(self, halt: "Halt | None") -> None:
        """Let the goal go if it is why the run has paused."""
        if halt is not None and self._stops.is_once(halt.stop):
            self._stops.remove(halt.stop)
