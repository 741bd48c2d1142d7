"""The end of a run whose process could not keep it: it was killed, or crashed."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from eqxviz.engine.deaths import death_problem
from eqxviz.engine.places import RunInfo
from eqxviz.records import Problem, RunState, RunStatus
from eqxviz.session.run_view import RunView
from eqxviz.store import RunStore, StoreError


def keep_end(folder: Path, end: RunStatus, problems: Sequence[Problem]) -> None:
    """Keep with the run in `folder` how its process ended, as who watched it knows.

    Where it has told of an end itself, or cannot be written, that is how it stays.
    """
    with contextlib.suppress(StoreError), RunStore.open(folder) as store:
        # That of the store counts the steps of all points.
        last = next(store.records_of(RunStatus), end)
        if not last.state.is_end:
            end = replace(last, state=end.state, exit_code=end.exit_code, at_function=-1)
            store.append(*problems, end)


def tell_end(view: RunView, folder: Path, *, is_copy: bool) -> None:
    """Have `view` tell that the run in `folder` is dead: nobody knows how its process ended.

    Of one whose copy this is, not even that is known.
    """
    state = RunState.ELSEWHERE if is_copy else RunState.DIED
    view.add(replace(view.status, state=state, at_function=-1))
    info = RunInfo.read(folder)
    if info is not None and not is_copy:
        output = info.place.output
        view.add(death_problem(None, "", output, view.script, was_asked=False, was_ready=True))
