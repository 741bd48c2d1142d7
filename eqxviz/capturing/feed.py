"""What was seen and waits to be recorded: anyone adds to it, in any thread."""

from collections import deque
from collections.abc import Callable

from eqxviz.capturing.curves import Curves
from eqxviz.records import CAPTURE_FAILED, Problem, Record, Severity


class Feed:
    """Points and other records on their way to the recorder, which sleeps while nothing comes."""

    def __init__(self) -> None:
        self.curves = Curves(self.tell)
        self.records: deque[Record] = deque()
        self.wake: Callable[[], None] = lambda: None
        self.asleep = True  # whether the recorder waits for `wake`
        self.last_activity = 0.0  # of `time.perf_counter`
        self._told: set[str] = set()

    def tell(self, *records: Record) -> None:
        """Have `records` recorded, in this order."""
        self.records.extend(records)
        self.wake()

    def tell_once(self, problem: Problem) -> None:
        """Have `problem` recorded, unless its like was before."""
        key = problem.code + problem.why
        if key not in self._told:
            self._told.add(key)
            self.tell(problem)

    def failed(self, error: BaseException) -> None:
        """Tell, once for each kind, of an error that is not the user's."""
        self.tell_once(
            Problem(
                CAPTURE_FAILED,
                Severity.WARNING,
                "A call could not be observed",
                f"{type(error).__name__}: {error}",
                "The script is not affected. Please report this with the script.",
            )
        )
