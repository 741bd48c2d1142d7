"""`eqxviz graph`: the jaxpr of a call, drawn, written or compared."""

import argparse
import os
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
from eqxviz.session.graphs import FIRST_BATCH

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from eqxviz.records import Graph, Problem

FORMS = ("text", "json", "dot", "svg", "png")
DRAWN_AS = ("forward", "gradient", "step", "vmap")
_PICTURES = ("svg", "png")


def add_parser(
    add: "Callable[..., argparse.ArgumentParser]", window: argparse.ArgumentParser
) -> None:
    """Add the options of `eqxviz graph`, which take those of all window commands along."""
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
        help="the gradient (of the scalar that is returned, alone or first in a tuple; else of the "
        "sum), a training step (of optax.adam), or vmapped over a batch",
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
        "--format", choices=FORMS, help="print the graph, or write it with -o; no window"
    )
    graph.add_argument(
        *("-o", "--output"), metavar="OUT",
        help="write the graph; its suffix is the format: .svg, .png, .dot, .json, .txt",
    )  # fmt: skip
    graph.add_argument("--process", metavar="FOLDER", help=argparse.SUPPRESS)
    against = graph.add_argument_group(
        "comparing",
        "By structure, as text or JSON, without a window: what was added, removed or changed since "
        "that other call. The exit code is 0 if nothing differs but lines of source, 1 if "
        "something does, 2 for trouble.",
    )
    against.add_argument(
        "--against", metavar="FILE[:NAME]",
        help="what it is compared with: another call, as it was before, or a graph that -o wrote "
        "as .json",
    )  # fmt: skip
    against.add_argument(
        "--against-args", metavar="ARGUMENTS", help="what that one is called with, if not the same"
    )
    against.add_argument(
        "--against-of", choices=DRAWN_AS, help="what of that one is drawn, if not the same"
    )


def what_contradicts(options: argparse.Namespace) -> str:
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


def batch_of(options: argparse.Namespace) -> int:
    """Return the length of the axis that is mapped over, 0 for none."""
    batch = getattr(options, "batch", 0)
    return batch or (FIRST_BATCH if getattr(options, "drawn_as", "") == "vmap" else 0)


def export_graph(options: argparse.Namespace) -> int:
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
        if wrong := why_not_writable(options.output):
            print(wrong, file=sys.stderr)
            return FAILED
    answer = _drawn_graph(options)
    if not isinstance(answer, Graph):
        if form == "json" and out is None:
            print_parts([json.dumps(listing.problem_data(answer), indent=1), "\n"])
        print(listing.problem_text(answer), file=sys.stderr)
        return FAILED
    graph, opened = writing.opened_to(answer, options.depth)
    if options.drawn_as != "forward":
        print(answer.title, file=sys.stderr)  # a jaxpr does not say of what it is the gradient
    if out is None:
        whole = answer if form in ("text", "json") else graph
        print_parts(writing.GRAPH_TEXT_FORMS[form](whole, opened))
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


def compare_graphs(options: argparse.Namespace) -> int:
    """Print what became of the graph that is compared against, and return whether it changed.

    That is 0 if not, 1 if so, 2 for trouble.
    """
    import json

    from eqxviz.records import Problem
    from eqxviz.session import listing
    from eqxviz.session.graph_compare import compare
    from eqxviz.session.graph_compare.wording import difference_data, difference_text

    arguments = options.arguments if options.against_args is None else options.against_args
    changes = {"arguments": arguments, "drawn_as": options.against_of or options.drawn_as}
    other = argparse.Namespace(**vars(options) | changes | {"target": options.against})
    graphs: list[Graph] = []
    for each in (options, other):
        answer = _drawn_graph(each)
        if isinstance(answer, Problem):
            print(listing.problem_text(answer), file=sys.stderr)
            return USAGE
        graphs.append(answer)
    after, before = graphs
    difference = compare(before, after)
    if options.format == "json":
        print_parts([json.dumps(difference_data(difference), indent=1, ensure_ascii=False), "\n"])
    else:
        print_parts(difference_text(difference))
    return OK if difference.is_empty else FAILED


def _drawn_graph(options: argparse.Namespace) -> "Graph | Problem":
    """Return the graph that the options name, drawn or saved before, or why there is none."""
    from pathlib import Path

    from eqxviz.session.export.graph_reading import saved_graph

    if options.target.endswith(".json"):
        return saved_graph(Path(options.target).expanduser())
    session, live = live_session()
    session.draw_call(
        options.target, options.arguments, options.drawn_as, batch_of(options),
        shapes_only=options.shapes,
    )  # fmt: skip
    tab = session.graphs[0]
    try:
        live(lambda: tab.state == "working")
    except KeyboardInterrupt:
        session.cancel_drawing()
    finally:
        session.close(leave_run=False)
    return tab.graph or tab.problem or _cancelled(options.target)


def _cancelled(target: str) -> "Problem":
    from eqxviz.records import Problem, Severity

    return Problem(
        "cancelled", Severity.NOTE, f"{target} was not drawn", "Drawing it was cancelled.",
        "Draw a function that it calls, or smaller shapes: tracing takes as long as the code does.",
    )  # fmt: skip


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


def _length(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of an axis: say 8")
    return int(text)


def _depth(text: str) -> int:
    """Return a depth, -1 for "all"."""
    if text != "all" and not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no depth: say 0, 2, or all")
    return -1 if text == "all" else int(text)
