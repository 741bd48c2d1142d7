"""Which line of source the selection stands for."""

import os

from eqxviz.session.selection import Selection
from eqxviz.session.session import Session


def text_then(session: Session, file: str) -> str | None:
    """Return the text of `file` when the run of the past that is shown was started.

    None where that is not known: only that of its script is kept.
    """
    run = session.run
    if run is None or not session.is_run_kept or run.description is None or not file:
        return None
    told = run.description
    script = os.path.join(told.folder, told.script)
    return told.script_text if os.path.realpath(script) == os.path.realpath(file) else None


def has_changed(file: str, text: str) -> bool:
    """Return whether `file` is there no more, or does not hold `text`."""
    try:
        with open(file, "rb") as found:
            return found.read(len(text) * 4 + 1).decode("utf-8", "replace") != text
    except OSError:
        return True


def source_of(session: Session, selection: Selection) -> tuple[str, int] | None:
    """Return `(file, line)` of what is selected, None where no line of source is known."""
    file, line = "", 0
    run = session.run
    if selection.kind == "source":
        file, line = selection.file, selection.line
    elif selection.kind == "function" and run is not None:
        seen = run.functions.get(selection.function)
        file, line = (seen.file, seen.line) if seen is not None else ("", 0)
    elif selection.kind == "compile" and run is not None:
        event = run.ledger.event(selection.compile)
        file, line = (event.file, event.line) if event is not None else ("", 0)
    elif selection.kind == "series" and run is not None:
        curve = run.series.get(selection.series)
        file, line = (curve.series.file, curve.series.line) if curve is not None else ("", 0)
    elif selection.kind == "equation":
        tab = session.graph(selection.graph)
        graph = tab.graph if tab is not None else None
        source = int(graph.equation_source[selection.equation]) if graph is not None else -1
        if graph is not None and source >= 0:
            file, line = graph.text(graph.source_file[source]), int(graph.source_line[source])
    elif selection.kind == "node" and session.model is not None:
        tree = session.model.tree
        known = selection.node < len(tree) and bool(tree.path(selection.node))
        kind = int(tree.type[selection.node]) if known else -1
        if kind >= 0 and int(tree.type_line[kind]) > 0:
            file, line = tree.strings[int(tree.type_file[kind])], int(tree.type_line[kind])
    return (file, line) if file and line > 0 else None
