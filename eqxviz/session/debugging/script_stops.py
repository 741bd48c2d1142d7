"""The stops of the script that is run or open: remembered for it, and set by words."""

import contextlib
import os
from typing import TYPE_CHECKING, Protocol

from eqxviz.engine.stop_words import StopWordsError, stop_of
from eqxviz.records import Stop
from eqxviz.session.debugging.stop_list import NoCodeError, StopList

if TYPE_CHECKING:
    from eqxviz.engine.launch import Launch


class StopMemory(Protocol):
    """Where the stops of each script are remembered."""

    def stops_of(self, script: str) -> str:
        """Return what was kept last, "" for nothing."""
        ...

    def keep(self, script: str, stops: str) -> None:
        """Remember the stops of a script, as `StopList.saved` says them."""
        ...


class ScriptStops:
    """Fills the list of stops for one script after another; words are read as of that script."""

    def __init__(self, stops: StopList, memory: StopMemory | None) -> None:
        self._stops = stops
        self._memory = memory
        self._taken: tuple[str, tuple[str, ...]] = ("", ())  # a script, and what its launch said
        self.script = ""

    def show(self, script: str) -> None:
        """Bring the stops of a script."""
        if script != self.script:
            self.script = script
            self._stops.restore(self._memory.stops_of(script) if self._memory is not None else "")

    def keep(self) -> None:
        """Remember the stops as they are."""
        if self._memory is not None and self.script:
            self._memory.keep(self.script, self._stops.saved())

    def take_words(self, launch: "Launch | None") -> None:
        """Have the stops that a launch names, which may have been taken away since."""
        if launch is None or self._taken == (launch.place, launch.stops):
            return
        self._taken = launch.place, launch.stops
        for words in launch.stops:
            with contextlib.suppress(StopWordsError, NoCodeError):  # the launch is checked for them
                self._stops.add(stop_of(words, 0, str(launch.working_folder), self.script))

    def read_words(self, words: str) -> Stop:
        """Return the stop that `words` mean.

        Raises:
            StopWordsError: If they mean none; it says which words do.
        """
        return stop_of(words, 0, os.path.dirname(self.script), self.script)

    def add_words(self, words: str, *, once: bool = False) -> Stop:
        """Set the stop that `words` mean; one that is met `once` goes then.

        Raises:
            StopWordsError: If they mean none.
        """
        try:
            return self._stops.add(self.read_words(words), once=once)
        except NoCodeError as error:
            raise StopWordsError(str(error)) from error

    def change_words(self, id: int, words: str) -> None:
        """Put the stop that `words` mean in the place of another; "" takes that away.

        Raises:
            StopWordsError: If they mean none.
        """
        before = self._stops.get(id)
        words = words.strip().removesuffix(" if")
        if before is None:
            return
        if not words:
            self._stops.remove(id)
            return
        made = self.read_words(words)
        if made.kind is before.kind and made.function == before.function:
            # The words have no place of a function, and the short name of a file.
            made = Stop(
                *(id, made.kind, made.file or before.file, made.line or before.line),
                *(made.function, made.condition, before.is_enabled),
            )
        try:
            self._stops.change(id, made)
        except NoCodeError as error:
            raise StopWordsError(str(error)) from error
