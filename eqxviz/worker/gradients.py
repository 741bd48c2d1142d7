"""Answering what the gradients of the kept call are."""

from eqxviz.capturing.dynamics import Dynamics
from eqxviz.capturing.observer import Observer
from eqxviz.capturing.replayed_gradients import NoGradientsError, replayed_gradients
from eqxviz.records import ReplayedGradients, ReplayState
from eqxviz.worker import cards

_TITLE = "The gradients cannot be computed"


def gradients_of_kept(observer: Observer) -> ReplayedGradients:
    """Return the norms of the gradients that the kept call took; they are recorded as well.

    Raises:
        CardError: If no call is kept, it cannot be replayed, or takes no gradient of the model.
    """
    kept = observer.keeper.kept
    known: Dynamics | None = observer.dynamics
    target = known.target if known is not None else None
    if kept is None:
        raise cards.error(
            ReplayState.NOT_KEPT, _TITLE, "No call is kept.",
            "Switch keeping on, and let the run go on to a call.",
        )  # fmt: skip
    if kept.why_not:
        raise cards.error(
            ReplayState.DONATED, _TITLE, kept.why_not, "Let the run go on to the next call."
        )
    if target is None:
        raise cards.error(
            "not-measured", _TITLE, "The model of the run is not measured, so it is not known.",
            "Switch on the measuring of the model, and let the run go on for some steps.",
        )  # fmt: skip
    leaves, function, place = target
    if function != kept.function:
        raise cards.error(
            ReplayState.OTHER_CALL, _TITLE, "The kept call is none of the step function.",
            "Pause right after, or before, a call of the step function.",
        )  # fmt: skip
    row = observer.functions.get(function)
    n_since = row.calls - kept.call if row is not None else 0
    try:
        found = replayed_gradients(kept, place, leaves, max(observer.step - n_since, 0))
    except NoGradientsError as error:
        raise cards.error(
            "no-gradients", _TITLE, str(error), "Return the gradients from the step function."
        ) from error
    observer.feed.tell(found)
    return found
