"""`eqxviz runs`: the runs that were kept, listed, shown, labelled, compared, exported, deleted."""

import argparse
import json
import shutil
import sys
import time
from typing import TYPE_CHECKING

from eqxviz.cli.commands import adding
from eqxviz.cli.without_window import FAILED, OK, USAGE, print_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from eqxviz.store import Library, RunSummary

_EXAMPLES = """\
A run is named by its id, the beginning or the last part of it, the name you
gave it, `last`, or `last-1` for the one before the last.

  eqxviz runs                               list them
  eqxviz runs --find "tag:good loss<0.1"    as the window's search line does
  eqxviz runs show last
  eqxviz runs tag last baseline
  eqxviz runs compare last last-1
  eqxviz runs export last -o points.csv     or .json; a folder for TensorBoard
  eqxviz runs export last -o last.eqxrun    all of it, for someone else
  eqxviz runs import last.eqxrun            who takes it in so
  eqxviz runs open last                     the window, as it was
  eqxviz runs delete 3f2a 91bc"""
_FORMS = ("csv", "wide-csv", "tensorboard", "json", "archive")
_NAMES = "its id, the beginning or end of it, its name, last, or last-1"
_TOLD_SECONDS = 0.5


def add_parser(
    add: "Callable[..., argparse.ArgumentParser]", window: argparse.ArgumentParser
) -> None:
    """Add the options of `eqxviz runs`; its `open` takes those of all window commands along."""
    runs = add(
        "runs",
        help="list, compare, export and delete the runs that were kept",
        description="The runs that were kept.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    runs.add_argument(
        "--find",
        metavar="QUERY",
        default="",
        help='list those alone that are like "failed loss<0.1 tag:x"',
    )
    runs.add_argument("-n", "--newest", metavar="N", type=_count, help="list the newest N alone")
    runs.add_argument(
        "--format", choices=("text", "json"), default="text", help="for people, or for programs"
    )
    word = adding(runs.add_subparsers(dest="what", metavar="WHAT"))
    show = word("show", help="all that is known of a run")
    tag = word("tag", help="tag a run")
    untag = word("untag", help="take tags from a run")
    note = word("note", help='write a note on a run; "" takes it away')
    name = word("name", help='give a run a name; "" takes it away')
    delete = word("delete", help="delete runs with all their files")
    compare = word("compare", help="what differs between runs")
    export = word("export", help="write points as CSV or for TensorBoard, JSON, or whole runs")
    taken = word("import", help="take in whole runs that were exported as OUT.eqxrun")
    taken.add_argument("files", metavar="FILE", nargs="+", help="an archive of runs")
    opened = word("open", help="show a run in the window, as it was", parents=[window])
    for parser in (show, tag, untag, note, name, opened):
        parser.add_argument("run", metavar="RUN", help=_NAMES)
    for parser in (tag, untag):
        parser.add_argument("tags", metavar="TAG", nargs="+")
    note.add_argument("text", metavar="TEXT")
    name.add_argument("text", metavar="NAME")
    for parser in (delete, compare, export):
        parser.add_argument("runs", metavar="RUN", nargs="+", help=_NAMES)
    for parser in (show, compare):
        # Suppressed, for else its own default would undo what was said before the word.
        parser.add_argument(
            *("--format",), choices=("text", "json"), default=argparse.SUPPRESS,
            help="for people, or for programs",
        )  # fmt: skip
    delete.add_argument("--yes", action="store_true", help="do not ask")
    compare.add_argument("--all", action="store_true", help="also what is the same")
    export.add_argument(
        *("-o", "--output"), metavar="OUT", required=True,
        help="a .csv file of points, a folder for TensorBoard's event files, or a .json file of "
        "what is known besides the points, or an .eqxrun file of whole runs",
    )  # fmt: skip
    export.add_argument(
        *("--format", "--form"),
        dest="form",
        choices=_FORMS,
        metavar="FORM",
        help="csv (a row for each point), wide-csv (a row for each step, a column for each "
        "curve), tensorboard, json or archive; else as the suffix of OUT says",
    )
    export.add_argument(
        "--curve", metavar="NAME", action="append", help="this curve alone; may be repeated"
    )


def carry_out(options: argparse.Namespace) -> int:
    """Do what `eqxviz runs` asks for, all but opening the window; return the exit code."""
    from eqxviz.session.export.forms import UnknownFormError
    from eqxviz.session.runs.naming import UnknownRunError
    from eqxviz.store import StoreError

    work: dict[str | None, Callable[[Library, argparse.Namespace], int]] = {
        None: _list, "show": _show, "tag": _tag, "untag": _tag, "note": _label, "name": _label,
        "delete": _delete, "compare": _compare, "export": _export,
        "import": _import,
    }  # fmt: skip
    try:
        return work[options.what](library(), options)
    except (UnknownRunError, UnknownFormError, StoreError) as error:
        print(f"eqxviz: {error}", file=sys.stderr)
    except OSError as error:
        print(f"eqxviz: {error.filename or 'it'}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("eqxviz: given up; nothing was written", file=sys.stderr)
    return FAILED


def library() -> "Library":
    """Return the runs of this user."""
    from eqxviz.engine.places import Places, is_live_run
    from eqxviz.store import Library

    return Library(Places(None).runs_folder(), is_live_run)


def id_to_open(word: str) -> str:
    """Return the id of the run to be opened in the window; "" if there is none, and say so."""
    from eqxviz.session.runs.naming import UnknownRunError, run_named

    try:
        return run_named(library().runs(), word).id
    except UnknownRunError as error:
        print(f"eqxviz: {error}", file=sys.stderr)
        return ""


def _named(library: "Library", words: "Sequence[str]") -> "list[RunSummary]":
    """Return the runs that `words` name, each once.

    Raises:
        UnknownRunError: If one of them names none, or several.
    """
    from eqxviz.session.runs.naming import run_named

    runs = library.runs()
    return list({(run := run_named(runs, word)).id: run for word in words}.values())


def _list(library: "Library", options: argparse.Namespace) -> int:
    from eqxviz.session.runs.query import found_by, query_of
    from eqxviz.session.runs.summary_data import run_data
    from eqxviz.session.runs.text import list_text

    runs = library.runs()
    query = query_of(options.find, runs)
    if query.problem:
        print(f"eqxviz: {query.problem}", file=sys.stderr)
        return USAGE
    found = found_by(query, runs)[: options.newest]
    if options.format == "json":
        _print_json([run_data(run) for run in found])
    elif found:
        print_parts(list_text(found, runs, _width()))
    elif runs:
        print(f"None of {len(runs):,} runs is found by {options.find}", file=sys.stderr)
    else:
        print("No runs are kept yet; `eqxviz run SCRIPT.py` makes one", file=sys.stderr)
    return OK


def _show(library: "Library", options: argparse.Namespace) -> int:
    from eqxviz.session.runs.summary_data import run_data, whole_data
    from eqxviz.session.runs.text import run_text
    from eqxviz.store import StoreError

    [run] = _named(library, [options.run])
    code = OK
    try:
        data = whole_data(library, run)
    except StoreError as error:
        print(f"eqxviz: {error}", file=sys.stderr)
        data, code = run_data(run), FAILED
    if options.format == "json":
        _print_json(data)
    else:
        print_parts(run_text(run, data))
    return code


def _tag(library: "Library", options: argparse.Namespace) -> int:
    [run] = _named(library, [options.run])
    tags = [tag for word in options.tags for part in word.split(",") if (tag := part.strip())]
    if not tags:
        print("eqxviz: name a tag: eqxviz runs tag last baseline", file=sys.stderr)
        return USAGE
    kept = [tag for tag in run.tags if tag not in tags]
    if options.what == "untag":
        if absent := [tag for tag in tags if tag not in run.tags]:
            print(f"eqxviz: {run.id} has no tag {', '.join(absent)}", file=sys.stderr)
            return FAILED
        library.tag(run.id, kept)
    else:
        library.tag(run.id, (*run.tags, *tags))
    now = library.run(run.id).tags
    print(f"{run.id}: {', '.join(now) or 'no tags'}", file=sys.stderr)
    return OK


def _label(library: "Library", options: argparse.Namespace) -> int:
    [run] = _named(library, [options.run])
    if options.what == "note":
        library.note(run.id, options.text)
    else:
        library.rename(run.id, options.text)
    print(f"{run.id}: {options.text or f'no {options.what}'}", file=sys.stderr)
    return OK


def _delete(library: "Library", options: argparse.Namespace) -> int:
    from eqxviz.session.formatting import n_bytes

    runs = _named(library, options.runs)
    if not options.yes:
        if not sys.stdin.isatty():
            print("eqxviz: add --yes to delete without being asked", file=sys.stderr)
            return USAGE
        size = n_bytes(sum(run.n_bytes for run in runs))
        what = ", ".join(run.id for run in runs)
        print(f"Delete {what} ({size}) for good? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            print("Nothing was deleted", file=sys.stderr)
            return FAILED
    library.delete([run.id for run in runs])
    print(f"Deleted {', '.join(run.id for run in runs)}", file=sys.stderr)
    return OK


def _compare(library: "Library", options: argparse.Namespace) -> int:
    from eqxviz.session.runs.comparing import compare_runs
    from eqxviz.session.runs.text import comparison_text

    runs = _named(library, options.runs)
    if len(runs) < 2:
        print("eqxviz: name two runs or more: eqxviz runs compare last last-1", file=sys.stderr)
        return USAGE
    comparison = compare_runs(library, runs)
    if options.format == "json":
        rows = [row for row in comparison.rows if options.all or row.differs]
        _print_json(
            {
                "runs": [run.id for run in runs],
                "rows": [
                    {"section": r.section, "name": r.name, "values": list(r.values)} for r in rows
                ],
                "texts": [{"title": text.title, "text": text.text} for text in comparison.texts],
            }
        )
    else:
        print_parts(comparison_text(comparison, _width(), whole=options.all))
    return OK


def _export(library: "Library", options: argparse.Namespace) -> int:
    from pathlib import Path

    from eqxviz.session.runs.exporting import RunExport, form_of, write_export
    from eqxviz.session.runs.naming import UnknownRunError

    runs = tuple(_named(library, options.runs))
    names = frozenset(options.curve) if options.curve else None
    known = {name: None for run in runs for name, _ in run.finals}
    if names is not None and (absent := names - known.keys()):
        there = ", ".join(known) or "no curves"
        raise UnknownRunError(f"there is no curve {', '.join(sorted(absent))}; there are {there}")
    target = Path(options.output).expanduser()
    n_points = max(sum(run.n_points for run in runs), 1)
    is_told, told_at = False, time.monotonic()

    def go(n: int) -> None:
        nonlocal is_told, told_at
        if sys.stderr.isatty() and time.monotonic() - told_at > _TOLD_SECONDS:
            is_told, told_at = True, time.monotonic()
            print(f"\r{min(n / n_points, 1):4.0%} of {n_points:,} points", end="", file=sys.stderr)

    export = RunExport(runs, options.form or form_of(options.output), target, names)
    try:
        files = write_export(library, export, go)
    finally:
        if is_told:
            print("\r\x1b[K", end="", file=sys.stderr)
    for run in runs:
        if names is not None and names.isdisjoint(name for name, _ in run.finals):
            print(f"{run.id} has no such curve, and gives no points", file=sys.stderr)
    for file in files:
        print(f"Wrote {file}", file=sys.stderr)
    return OK


def _import(library: "Library", options: argparse.Namespace) -> int:
    from pathlib import Path

    for file in options.files:
        for id in library.take_in(Path(file).expanduser()):
            print(f"Took in {id}", file=sys.stderr)
    return OK


def _print_json(data: object) -> None:
    print_parts([json.dumps(data, indent=1, ensure_ascii=False), "\n"])


def _width() -> int:
    """Return how wide the terminal is, 0 where the output goes elsewhere."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of runs: say 10")
    return int(text)
