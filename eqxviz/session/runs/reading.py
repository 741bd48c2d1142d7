"""A run that was kept, read from its folder as the window knew it."""

from pathlib import Path

from eqxviz.engine.output import end_of
from eqxviz.session.ending import tell_end
from eqxviz.session.run_view import MAX_OUTPUT_CHARS, RunView
from eqxviz.store import RunStore
from eqxviz.store.summary import Labels

_OUTPUT_FILE = "output.txt"


def read_run(folder: Path, *, is_live: bool = False) -> RunView:
    """Return all that is known of the run in `folder`; it belongs to no thread until then.

    With `is_live` its process is still there; else a run that never told its end has died, or, if
    this is a copy, goes on elsewhere.

    Raises:
        StoreError: If its store is not there, or cannot be read.
    """
    with RunStore.open(folder) as store:
        view = RunView(store.meta.script, store.meta.argv, str(folder), None)
        view.take_in(store)
        is_copy = store.meta.is_copy
    view.name = Labels.read(folder).name
    if view.is_live and not is_live:
        tell_end(view, folder, is_copy=is_copy)
    printed = end_of(folder / _OUTPUT_FILE, MAX_OUTPUT_CHARS)
    view.add_output(printed.decode("utf-8", "replace"))
    return view
