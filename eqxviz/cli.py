"""The command line. Importing it costs next to nothing; a command imports what it needs."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eqxviz.session.command import WindowCommand, WindowKind, has_display
from eqxviz.session.graphs import FIRST_BATCH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from eqxviz.records import Graph, OpenedModel, Problem, Record
    from eqxviz.session.session import Session

OK, FAILED, USAGE = 0, 1, 2

FORMS = ("text", "json", "csv", "html", "eqxviz")
GRAPH_FORMS = ("text", "json", "dot", "svg", "png")
DRAWN_AS = ("forward", "gradient", "step", "vmap")
_PICTURES = ("svg", "png")
_FILE_FORMS = ("html", "eqxviz")
_PATIENCE_SECONDS = 10.0
_MOST_VALUES = 500  # arrays whose statistics go into a file of records

_NO_DISPLAY = """\
eqxviz: there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set.
  On a remote machine, connect with `ssh -X`. Without any display these work as well:
    eqxviz open FILE.py --format text       print the model's tree
    eqxviz open FILE.py -o tree.html        write it to a page
    eqxviz open FILE.py --screenshot OUT.png
    eqxviz graph FILE.py:FUNCTION -o OUT.svg  draw a jaxpr; .png, .dot, .json and .txt too
    eqxviz run SCRIPT.py --screenshot OUT.png
    eqxviz demo                             pictures of the demonstration, in ./eqxviz-demo"""

_EXAMPLES = """\
examples:
  eqxviz                                    open the window
  eqxviz open model.py                      show the model that model.py makes
  eqxviz open model.py:make_model           one of several, by its name
  eqxviz open model.py:make --weights m.eqx its arrays from a file
  eqxviz open model.py:make --shapes        larger than the memory: shapes alone
  eqxviz open weights.safetensors           weights alone; .npz and .npy too
  eqxviz open model.py -o model.eqxviz      what is seen, for someone without the code
  eqxviz graph model.py                     the jaxpr of the model's call
  eqxviz graph train.py:loss --of gradient --args "model f32[8,3] f32[8]" -o loss.svg
  eqxviz graph new.py:loss --against old.py:loss  how two jaxprs differ, by structure
  eqxviz compare model.py:a model.py:b      how two models differ, by path
  eqxviz run train.py -- --steps 500        watch a training script, unchanged
  eqxviz demo                               see it all on a bundled example"""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code: 0 done, 1 a problem, 2 not understood."""
    words = list(sys.argv[1:] if argv is None else argv)
    at = words.index("--") if "--" in words else len(words)
    parser = _parser()
    options = parser.parse_args(words[:at])
    script_words = tuple(words[at + 1 :])
    if script_words and options.command != "run":
        parser.error("only `eqxviz run` passes on what follows `--`")
    if options.command == "open":
        if wrong := _what_contradicts(options):
            parser.error(wrong)
        if options.format or options.output:
            return _export_model(options)
    if options.command == "graph":
        if options.batch and options.drawn_as == "forward":
            options.drawn_as = "vmap"
        if wrong := _what_contradicts_graph(options):
            parser.error(wrong)
        if options.against is not None:
            return _compare_graphs(options)
        if options.format or options.output:
            return _export_graph(options)
    if options.command == "compare":
        return _compare_models(options)
    return _open_window(_window_command(options, script_words))


def _parser() -> argparse.ArgumentParser:
    # Suppressed, for else a command's own default would undo what was said before the command.
    window = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    window.add_argument(
        "--screenshot", metavar="OUT.png", help="write a picture of the window, display or not"
    )
    window.add_argument(
        "--exit-after", metavar="SECONDS", type=_seconds, help="close the window after that time"
    )
    parser = argparse.ArgumentParser(
        prog="eqxviz",
        description="A visual debugger for JAX. Without a command it opens its window.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        parents=[window],
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    opening = commands.add_parser("open", parents=[window], help="open a model and show its tree")
    opening.add_argument(
        "target",
        metavar="FILE[:NAME]",
        nargs="?",
        help="a file, and what to open of it: model.py:make, model.py:model.layers[0], "
        "weights.safetensors, .npz, .npy, records.eqxviz",
    )
    opening.add_argument(
        "--weights", metavar="FILE.eqx", help="read the model's arrays from a file of its leaves"
    )
    opening.add_argument(
        "--shapes", action="store_true", help="make the model without its arrays, as shapes"
    )
    opening.add_argument(
        "--format", choices=FORMS, help="print the tree, or write it with -o, and open no window"
    )
    opening.add_argument(
        *("-o", "--output"), metavar="OUT", help="write the tree; its suffix is the format"
    )
    opening.add_argument("--process", metavar="FOLDER", help=argparse.SUPPRESS)
    _add_graph_parser(commands.add_parser, window)
    running = commands.add_parser(
        "run", parents=[window], help="run a training script and watch it", usage=_RUN_USAGE
    )
    running.add_argument("target", metavar="SCRIPT.py", help="the script; it needs no change")
    running.add_argument("--device", help='"cpu", "gpu" or "cuda:1"; as JAX chooses without')
    comparing = commands.add_parser(
        "compare",
        help="say how two models differ; the exit code is 0 if they are equal, 1 if they differ or "
        "if values could not be compared, 2 for trouble",
    )
    comparing.add_argument("target", metavar="A[:NAME]", help="a file, and what to open of it")
    comparing.add_argument("other", metavar="B[:NAME]", help="what it is compared with")
    comparing.add_argument("--format", choices=("text", "json"), default="text")
    commands.add_parser("demo", parents=[window], help="see it all on a bundled example")
    return parser


def _add_graph_parser(
    add: "Callable[..., argparse.ArgumentParser]", window: argparse.ArgumentParser
) -> None:
    graph = add("graph", parents=[window], help="draw the jaxpr of a function, or a model's call")
    graph.add_argument(
        "target", metavar="FILE[:NAME]", nargs="?",
        help="a Python file, and what to draw of it: train.py:loss, model.py:make, "
        "model.py:model.layers[0]; without a name the model's call",
    )  # fmt: skip
    graph.add_argument(
        *("--args", "-a"), dest="arguments", metavar="ARGUMENTS", default="",
        help='what it is called with: shapes, Python values, variables of the file: "model '
        'f32[8,3] 0.1 n=3"; proposed without',
    )  # fmt: skip
    graph.add_argument(
        "--of", dest="drawn_as", choices=DRAWN_AS, default="forward",
        help="the gradient, a training step (of optax.adam), or vmapped over a batch",
    )  # fmt: skip
    graph.add_argument(
        "--batch", metavar="N", type=_length, default=0,
        help="add an axis of this length to the shapes, and map over it",
    )  # fmt: skip
    graph.add_argument(
        "--shapes", action="store_true", help="never make the model's arrays, only their shapes"
    )
    graph.add_argument(
        "--open", dest="depth", metavar="DEPTH", type=_depth,
        help="in a picture and in DOT: unfold groups down to this depth, or all",
    )  # fmt: skip
    graph.add_argument(
        "--format", choices=GRAPH_FORMS, help="print the graph, or write it with -o; no window"
    )
    graph.add_argument(
        *("-o", "--output"), metavar="OUT",
        help="write the graph; its suffix is the format: .svg, .png, .dot, .json, .txt",
    )  # fmt: skip
    graph.add_argument("--process", metavar="FOLDER", help=argparse.SUPPRESS)
    against = graph.add_argument_group(
        "comparing",
        "By structure, as text or JSON, without a window. The exit code is 0 if nothing differs "
        "but lines of source, 1 if something does, 2 for trouble.",
    )
    against.add_argument("--against", metavar="FILE[:NAME]", help="compare with another call")
    against.add_argument(
        "--against-args", metavar="ARGUMENTS", help="what that one is called with, if not the same"
    )
    against.add_argument(
        "--against-of", choices=DRAWN_AS, help="what of that one is drawn, if not the same"
    )


def _what_contradicts_graph(options: argparse.Namespace) -> str:
    """Return what is wrong with the options of `graph`, "" if nothing is."""
    if (options.target is None) == (options.process is None):
        return "name a file: eqxviz graph FILE.py:FUNCTION"
    is_written = options.format or options.output
    if options.against is not None:
        if options.output or options.format not in (None, "text", "json") or options.process:
            return "--against prints what differs: add no more than --format text or json"
    elif options.against_args is not None or options.against_of:
        return "--against-args and --against-of are for --against"
    if is_written and getattr(options, "screenshot", None):
        return "--format and -o open no window: drop them or --screenshot"
    if options.format in _PICTURES and not options.output:
        return f"--format {options.format} goes to a file: name it with -o"
    if options.depth is not None and not is_written:
        return "--open is for what -o writes; in the window, groups unfold by a click"
    return ""


def _what_contradicts(options: argparse.Namespace) -> str:
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


def _what_is_ignored(options: argparse.Namespace) -> str:
    """Return why an option says nothing about the file that is to be opened, "" if none is so."""
    from pathlib import Path

    from eqxviz.session.sources import RECORDS_FILE, WEIGHT_FILES, split_target

    path = Path(split_target(options.target or "")[0])
    option = "--weights" if options.weights else "--shapes" if options.shapes else ""
    if not option or path.suffix.lower() not in (*WEIGHT_FILES, RECORDS_FILE):
        return ""
    return f"{option} is for a Python file that makes a model; {path.name} holds what it holds"


def _why_not_writable(path: str) -> str:
    """Return what is wrong with the folder that `path` is to be written to, "" if nothing is."""
    folder = os.path.dirname(os.path.abspath(os.path.expanduser(path)))
    if os.path.isdir(folder):
        return ""
    what = "is no folder" if os.path.exists(folder) else "does not exist"
    return f"eqxviz: {path} cannot be written: the folder {folder} {what}"


_RUN_USAGE = "eqxviz run SCRIPT.py [--device DEVICE] [--screenshot OUT.png] [-- ARGUMENTS]"


class _Version(argparse.Action):
    """Prints the version; it is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import eqxviz

        print(f"eqxviz {eqxviz.__version__}")
        parser.exit()


def _length(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of an axis: say 8")
    return int(text)


def _depth(text: str) -> int:
    """Return a depth, -1 for "all"."""
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no depth: say 0, 2, or all")
    return -1 if text == "all" else int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds: say 5, or 0.5")
    return seconds


def _window_command(options: argparse.Namespace, script_words: tuple[str, ...]) -> WindowCommand:
    process = getattr(options, "process", None)
    return WindowCommand(
        kind=_window_kind(options),
        target=process or getattr(options, "target", ""),
        arguments=getattr(options, "arguments", ""),
        drawn_as=getattr(options, "drawn_as", "forward"),
        batch=_batch(options),
        weights=getattr(options, "weights", None) or "",
        shapes_only=getattr(options, "shapes", False),
        argv=script_words,
        device=getattr(options, "device", None),
        screenshot=getattr(options, "screenshot", None),
        exit_after=getattr(options, "exit_after", None),
        offscreen=not has_display(),
    )


def _batch(options: argparse.Namespace) -> int:
    """Return the length of the axis that is mapped over, 0 for none."""
    batch = getattr(options, "batch", 0)
    return batch or (FIRST_BATCH if getattr(options, "drawn_as", "") == "vmap" else 0)


def _window_kind(options: argparse.Namespace) -> WindowKind:
    if getattr(options, "process", None):
        return "process-graph" if options.command == "graph" else "process"
    return options.command or "start"


def _open_window(command: WindowCommand) -> int:
    if command.offscreen:
        if command.screenshot is None and command.kind != "demo":
            print(_NO_DISPLAY, file=sys.stderr)
            return USAGE
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # The demonstration makes the folder of its pictures.
    written = command.screenshot if command.kind != "demo" else None
    if written and (wrong := _why_not_writable(written)):
        print(wrong, file=sys.stderr)
        return FAILED
    from eqxviz.gui.window import start

    return start(command)


def _export_model(options: argparse.Namespace) -> int:
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
        if wrong := _why_not_writable(options.output):
            print(wrong, file=sys.stderr)
            return FAILED
    answer, answers = _open_model(options, with_values=form == "eqxviz")
    if not isinstance(answer, OpenedModel):
        if form == "json" and out is None:
            _print([json.dumps(listing.problem_data(answer), indent=1), "\n"])
        print(listing.problem_text(answer), file=sys.stderr)
        return FAILED
    for note in answer.notes:
        print(listing.problem_text(note), file=sys.stderr)
    if out is None:
        _print(export.TEXT_FORMS[form](answer))
        return OK
    try:
        export.export(answer, out, form, answers)
    except OSError as error:
        print(f"eqxviz: {out} cannot be written: {error.strerror or error}", file=sys.stderr)
        return FAILED
    print(f"Wrote {out}", file=sys.stderr)
    return OK


def _export_graph(options: argparse.Namespace) -> int:
    """Draw a call without a window, and print or write it; or tell what went wrong."""
    import json
    from pathlib import Path

    from eqxviz.records import Graph
    from eqxviz.session import listing
    from eqxviz.session.export import UnknownFormError
    from eqxviz.session.export import graph_writing as writing

    form, out = options.format, Path(options.output).expanduser() if options.output else None
    if out is not None:
        try:
            form = form or writing.graph_form_of(out)
        except UnknownFormError as error:
            print(f"eqxviz: {error}", file=sys.stderr)
            return USAGE
        if wrong := _why_not_writable(options.output):
            print(wrong, file=sys.stderr)
            return FAILED
    answer = _drawn_graph(options)
    if not isinstance(answer, Graph):
        if form == "json" and out is None:
            _print([json.dumps(listing.problem_data(answer), indent=1), "\n"])
        print(listing.problem_text(answer), file=sys.stderr)
        return FAILED
    graph, opened = writing.opened_to(answer, options.depth)
    if out is None:
        whole = answer if form in ("text", "json") else graph
        _print(writing.GRAPH_TEXT_FORMS[form](whole, opened))
        return OK
    try:
        if form in _PICTURES:
            _write_picture(out, form, graph, opened)
        else:
            writing.write_graph(out, form, graph if form == "dot" else answer, opened)
    except OSError as error:
        print(f"eqxviz: {out} cannot be written: {error.strerror or error}", file=sys.stderr)
        return FAILED
    print(f"Wrote {out}", file=sys.stderr)
    return OK


def _compare_graphs(options: argparse.Namespace) -> int:
    """Print how two graphs differ, and return whether they do: 0 if not, 1 if so, 2 for trouble."""
    import json

    from eqxviz.records import Problem
    from eqxviz.session import listing
    from eqxviz.session.graph_compare import compare
    from eqxviz.session.graph_compare.wording import difference_data, difference_text

    before = _drawn_graph(options)
    arguments = options.arguments if options.against_args is None else options.against_args
    changes = {"arguments": arguments, "drawn_as": options.against_of or options.drawn_as}
    other = argparse.Namespace(**vars(options) | changes | {"target": options.against})
    after = _drawn_graph(other)
    for answer in (before, after):
        if isinstance(answer, Problem):
            print(listing.problem_text(answer), file=sys.stderr)
    if isinstance(before, Problem) or isinstance(after, Problem):
        return USAGE
    difference = compare(before, after)
    if options.format == "json":
        _print([json.dumps(difference_data(difference), indent=1, ensure_ascii=False), "\n"])
    else:
        _print(difference_text(difference))
    return OK if difference.is_empty else FAILED


def _drawn_graph(options: argparse.Namespace) -> "Graph | Problem":
    """Return the graph that the options name, or why there is none."""
    session, live = _session()
    try:
        session.draw_call(
            options.target, options.arguments, options.drawn_as, _batch(options),
            shapes_only=options.shapes,
        )  # fmt: skip
        tab = session.graphs[0]
        live(lambda: tab.state == "working")
    finally:
        session.close(leave_run=False)
    answer = tab.graph or tab.problem
    assert answer is not None  # the tab is filled or failed
    return answer


def _write_picture(path: "Path", form: str, graph: "Graph", opened: frozenset[int]) -> None:
    """Paint `graph` as the window does, without a display."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PySide6.QtWidgets import QApplication

    from eqxviz.gui.graph.exporting import scene_of, write_picture
    from eqxviz.gui.theme import Theme

    app = QApplication(["eqxviz"])
    theme = Theme("light")
    theme.apply(app)
    write_picture(path, form, scene_of(graph, opened, theme), theme)


def _print(parts: "Iterable[str]") -> None:
    """Print `parts` on a stdout of any encoding, and end quietly where nobody reads on."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        for part in parts:
            sys.stdout.write(part.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # What Python flushes at its end goes nowhere, instead of into the closed pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_model(
    options: argparse.Namespace, *, with_values: bool
) -> "tuple[OpenedModel | Problem, Iterable[tuple[Record, Record]]]":
    """Return the whole model, waiting as long as its file takes, and what is known of it.

    `with_values` the statistics of its arrays are known too, of the first ones in a large model.
    """
    session, live = _session()
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


def _compare_models(options: argparse.Namespace) -> int:
    """Compare two models without a window, and print how they differ.

    Returns 0 only where nothing differs and all values were compared.
    """
    import json

    from eqxviz.session import listing
    from eqxviz.session.compare.compare_text import comparison_data, comparison_text

    session, live = _session()
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
        _print([json.dumps(comparison_data(comparison), indent=1), "\n"])
    else:
        _print(comparison_text(comparison))
    is_same = not len(comparison.table.rows()) and comparison.table.are_values_known
    return OK if is_same else FAILED


def _session() -> "tuple[Session, Callable[[Callable[[], bool]], None]]":
    """Return a session without a window, and what lets it live while something is to come."""
    import queue

    from eqxviz.session.session import Session

    posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    session = Session(posted.put)
    is_told = False

    def live(is_busy: "Callable[[], bool]") -> None:
        nonlocal is_told
        while is_busy():
            try:
                posted.get(timeout=_PATIENCE_SECONDS)()
            except queue.Empty:
                activity = next((tab.activity for tab in session.graphs), session.model_activity)
                if not is_told and activity:
                    print(f"{activity} takes long; Ctrl+C ends it", file=sys.stderr)
                is_told = True
            except KeyboardInterrupt:
                if session.model_state != "working":
                    raise
                session.cancel_open()

    return session, live


if __name__ == "__main__":
    sys.exit(main())
