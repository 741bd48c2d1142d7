"""`eqxviz open` and `eqxviz compare` without a window: the trees of models as text and files."""

import argparse
import sys
from typing import TYPE_CHECKING

from eqxviz.cli.without_window import (
    FAILED,
    OK,
    USAGE,
    live_session,
    print_parts,
    why_not_writable,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from eqxviz.records import OpenedModel, Problem, Record

FORMS = ("text", "json", "csv", "html", "eqxviz")
_FILE_FORMS = ("html", "eqxviz")
_MOST_VALUES = 500  # arrays whose statistics go into a file of records


def what_contradicts(options: argparse.Namespace) -> str:
    """Return what is wrong with the options of `open`, "" if nothing is."""
    if (options.target is None) == (options.process is None):
        return "name a file to open" if options.process is None else "--process names no file"
    if (wrong := _what_is_ignored(options)) and options.target is not None:
        return wrong
    if options.weights and options.shapes:
        return "--shapes leaves the arrays out that --weights names: drop one of them"
    if (options.format or options.output) and getattr(options, "screenshot", None):
        return "--format and -o open no window: drop them or --screenshot"
    if options.format in _FILE_FORMS and not options.output:
        return f"--format {options.format} goes to a file: name it with -o"
    return ""


def export_model(options: argparse.Namespace) -> int:
    """Open a model without a window, and print or write its tree; or tell what went wrong."""
    import json
    from pathlib import Path

    from eqxviz.records import OpenedModel
    from eqxviz.session import export, listing

    form, out = options.format, Path(options.output).expanduser() if options.output else None
    if out is not None:
        try:
            form = form or export.form_of(out)
        except export.UnknownFormError as error:
            print(f"eqxviz: {error}", file=sys.stderr)
            return USAGE
        if wrong := why_not_writable(options.output):
            print(wrong, file=sys.stderr)
            return FAILED
    answer, answers = _open_model(options, with_values=form == "eqxviz")
    if not isinstance(answer, OpenedModel):
        if form == "json" and out is None:
            print_parts([json.dumps(listing.problem_data(answer), indent=1), "\n"])
        print(listing.problem_text(answer), file=sys.stderr)
        return FAILED
    for note in answer.notes:
        print(listing.problem_text(note), file=sys.stderr)
    if out is None:
        print_parts(export.TEXT_FORMS[form](answer))
        return OK
    try:
        export.export(answer, out, form, answers)
    except OSError as error:
        print(f"eqxviz: {out} cannot be written: {error.strerror or error}", file=sys.stderr)
        return FAILED
    print(f"Wrote {out}", file=sys.stderr)
    return OK


def compare_models(options: argparse.Namespace) -> int:
    """Compare two models without a window, and print how they differ.

    Returns 0 only where nothing differs and all values were compared.
    """
    import json

    from eqxviz.session import listing
    from eqxviz.session.compare.compare_text import comparison_data, comparison_text

    session, live = live_session()
    comparison = session.comparison
    try:
        session.open(options.target)
        live(lambda: session.model_state == "working" or session.is_growing)
        if session.model is not None:
            comparison.compare_with_file(options.other)
            live(lambda: comparison.is_busy)
    finally:
        session.close(leave_run=False)
    problem = session.model_problem or comparison.problem
    if problem is not None or comparison.table is None:
        problems = [problem] if problem is not None else session.problems
        for problem in problems:
            print(listing.problem_text(problem), file=sys.stderr)
        return USAGE
    if options.format == "json":
        print_parts([json.dumps(comparison_data(comparison), indent=1), "\n"])
    else:
        print_parts(comparison_text(comparison))
    is_same = not len(comparison.table.rows()) and comparison.table.are_values_known
    return OK if is_same else FAILED


def _open_model(
    options: argparse.Namespace, *, with_values: bool
) -> "tuple[OpenedModel | Problem, Iterable[tuple[Record, Record]]]":
    """Return the whole model, waiting as long as its file takes, and what is known of it.

    `with_values` the statistics of its arrays are known too, of the first ones in a large model.
    """
    session, live = live_session()
    try:
        session.open(options.target, options.weights or "", options.shapes)
        live(lambda: session.model_state == "working" or session.is_growing)
        if with_values and session.model is not None:
            from eqxviz.session.values.statistics import arrays_below

            for node in arrays_below(session.model.tree, 0)[:_MOST_VALUES].tolist():
                session.ask_value(node)
                live(lambda: session.value is None)
    finally:
        session.close(leave_run=False)
    answer = session.model or session.model_problem
    if session.model is not None and not session.model.tree.is_complete:
        answer = session.problems[-1]  # why the rest of the tree did not come
    assert answer is not None  # the session is filled or failed
    return answer, tuple(session.answers)


def _what_is_ignored(options: argparse.Namespace) -> str:
    """Return why an option says nothing about the file that is to be opened, "" if none is so."""
    from pathlib import Path

    from eqxviz.session.sources import RECORDS_FILE, WEIGHT_FILES, split_target

    path = Path(split_target(options.target or "")[0])
    option = "--weights" if options.weights else "--shapes" if options.shapes else ""
    if not option or path.suffix.lower() not in (*WEIGHT_FILES, RECORDS_FILE):
        return ""
    return f"{option} is for a Python file that makes a model; {path.name} holds what it holds"
