"""What a run has told of the dynamics of its model."""

from eqxviz.records import (
    DynamicsBatch,
    DynamicsHistogram,
    DynamicsLeaves,
    DynamicsState,
    Record,
    ReplayedGradients,
)
from eqxviz.session.norms.history import History

DYNAMICS = (
    DynamicsBatch,
    DynamicsHistogram,
    DynamicsLeaves,
    DynamicsState,
    ReplayedGradients,
)


class Measured:
    """The newest model of a run that was measured, and whether it still is."""

    def __init__(self) -> None:
        self.state = DynamicsState(is_on=False)
        self.history: History | None = None

    def add(self, record: Record) -> None:
        """Take in one of the records `DYNAMICS`."""
        history = self.history
        if isinstance(record, DynamicsState):
            self.state = record
        elif isinstance(record, DynamicsLeaves):
            if history is None or record.id > history.leaves.id:
                self.history = History(record)
        elif history is None:
            return
        elif isinstance(record, DynamicsBatch) and record.leaves == history.leaves.id:
            history.add(record)
        elif isinstance(record, DynamicsHistogram) and record.leaves == history.leaves.id:
            history.add_histogram(record)
        elif isinstance(record, ReplayedGradients) and record.leaves == history.leaves.id:
            history.add_replayed(record)
