"""A run that was kept, read from its folder as the window knew it."""

import os
from dataclasses import replace
from pathlib import Path

from eqxviz.records import RunState
from eqxviz.session.run_view import MAX_OUTPUT_CHARS, RunView
from eqxviz.store import RunStore

OUTPUT_FILE = "output.txt"


def read_run(folder: Path, *, is_live: bool = False) -> RunView:
    """Return all that is known of the run in `folder`; it belongs to no thread until then.

    With `is_live` its process is still there; else a run that never told its end has died.

    Raises:
        StoreError: If its store is not there, or cannot be read.
    """
    with RunStore.open(folder) as store:
        view = RunView(store.meta.script, store.meta.argv, str(folder), None)
        view.take_in(store)
    if view.is_live and not is_live:
        view.add(replace(view.status, state=RunState.DIED, at_function=-1))
    view.add_output(end_of_output(folder))
    return view


def end_of_output(folder: Path) -> str:
    """Return the end of what the script printed, "" where that was not kept."""
    try:
        with (folder / OUTPUT_FILE).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - MAX_OUTPUT_CHARS))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
