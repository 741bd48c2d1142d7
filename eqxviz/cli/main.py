"""The words of the command line, and what carries each of them out."""

import argparse
import os
import signal
import sys
from collections.abc import Sequence

from eqxviz.cli import attach, check, graph, learn, model, run, runs
from eqxviz.cli.commands import adding
from eqxviz.cli.without_window import FAILED, INTERRUPTED, USAGE, why_not_writable
from eqxviz.session.command import WindowCommand, WindowKind, has_display

_NO_DISPLAY = """\
eqxviz: there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set.
  On a remote machine, connect with `ssh -X`. Without any display these work as well:
    eqxviz open FILE.py --format text       print the model's tree
    eqxviz open FILE.py -o tree.html        write it to a page
    eqxviz open FILE.py --screenshot OUT.png
    eqxviz graph FILE.py:FUNCTION -o OUT.svg  draw a jaxpr; .png, .dot, .json and .txt too
    eqxviz run SCRIPT.py --headless         run it, say how far it is, and keep it
    eqxviz run SCRIPT.py --screenshot OUT.png
    eqxviz attach --headless                watch a process that runs already
    eqxviz demo                             pictures of the demonstration, in ./eqxviz-demo"""

_EXAMPLES = """\
examples:
  eqxviz                                    open the window
  eqxviz open model.py                      show the model that model.py makes
  eqxviz open model.py:make_model           one of several, by its name
  eqxviz open model.py:make --weights m.eqx its arrays from a file
  eqxviz open model.py:make --shapes        larger than the memory: shapes alone
  eqxviz open weights.safetensors           weights alone; .npz and .npy too
  eqxviz open model.py -o model.eqxviz      what is seen, without the code
  eqxviz graph model.py                     the jaxpr of the model's call
  eqxviz graph train.py:loss --of gradient --args "model f32[8,3]" -o loss.svg
  eqxviz graph new.py:loss --against old.py:loss  how two jaxprs differ
  eqxviz compare model.py:a model.py:b      how two models differ, by path
  eqxviz run train.py -- --steps 500        watch a training script, unchanged
  eqxviz run train.py --headless            no window: a line in the terminal
  eqxviz run --python .venv -m package.train  a module, in another environment
  eqxviz check train.py                     find mistakes, with line and fix
  eqxviz attach                             watch a process that runs already
  eqxviz runs                               the runs that were kept
  eqxviz learn                              lessons on PyTrees and filtering
  eqxviz demo                               see it all on a bundled example"""


_PASSING = ("run", "check")  # commands that give a script what follows `--`


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit code: 0 done, 1 a problem, 2 not understood."""
    if not _is_somewhere():
        print("eqxviz: the working directory was deleted: go to another one first", file=sys.stderr)
        return FAILED
    try:
        return _carry_out(argv)
    except KeyboardInterrupt:
        return INTERRUPTED


def _is_somewhere() -> bool:
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _carry_out(argv: Sequence[str] | None) -> int:
    words = list(sys.argv[1:] if argv is None else argv)
    at = words.index("--") if "--" in words else len(words)
    parser = _parser()
    options, unknown = parser.parse_known_args(words[:at])
    if unknown:
        own = options.command in _PASSING and "; what the script is to be given comes after --"
        parser.error(f"unrecognized arguments: {' '.join(unknown)}{own or ''}")
    script_words = tuple(words[at + 1 :])
    if script_words and options.command not in _PASSING:
        parser.error("only `eqxviz run` and `eqxviz check` pass on what follows `--`")
    if options.command == "open":
        if wrong := model.what_contradicts(options):
            parser.error(wrong)
        if options.format or options.output:
            return model.export_model(options)
    if options.command == "graph":
        if options.batch and options.drawn_as == "forward":
            options.drawn_as = "vmap"
        if wrong := graph.what_contradicts(options):
            parser.error(wrong)
        if options.against is not None:
            return graph.compare_graphs(options)
        if options.format or options.output:
            return graph.export_graph(options)
    if options.command == "explain":
        return check.explain(options.code)
    if options.command == "check":
        return _check(parser, options, script_words)
    if options.command == "run":
        if wrong := run.what_contradicts(options):
            parser.error(wrong)
        if options.headless:
            # Before NumPy is imported, whose threads would take them: the run waits for interrupts.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            from eqxviz.cli.headless import run_headless

            return run_headless(run.launch_of(options, script_words))
    if options.command == "attach" and (code := attach.carry_out(options)) is not None:
        return code
    if options.command == "learn":
        if wrong := learn.what_contradicts(options):
            parser.error(wrong)
        code = learn.carry_out(options)
        return _open_window(learn.window_command(options)) if code is None else code
    if options.command == "compare":
        return model.compare_models(options)
    if options.command == "runs":
        if options.what != "open":
            return runs.carry_out(options)
        if not (id := runs.id_to_open(options.run)):
            return FAILED
        options.target = id
    return _open_window(_window_command(options, script_words))


def _check(
    parser: argparse.ArgumentParser, options: argparse.Namespace, words: tuple[str, ...]
) -> int:
    if wrong := check.what_contradicts(options):
        parser.error(wrong)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # as for a run without a window
    from eqxviz.cli.checked import check as carry_out

    launch, name = check.launch_of(options, words)
    return carry_out(launch, name, options.steps, options.timeout, options.format)


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
    add = adding(parser.add_subparsers(dest="command", metavar="COMMAND"))
    opening = add("open", parents=[window], help="open a model and show its tree")
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
        "--format",
        choices=model.FORMS,
        help="print the tree, or write it with -o, and open no window",
    )
    opening.add_argument(
        *("-o", "--output"), metavar="OUT", help="write the tree; its suffix is the format"
    )
    opening.add_argument("--process", metavar="FOLDER", help=argparse.SUPPRESS)
    graph.add_parser(add, window)
    run.add_parser(add, window)
    check.add_parsers(add)
    attach.add_parser(add, window)
    runs.add_parser(add, window)
    learn.add_parser(add, window)
    comparing = add(
        "compare",
        help="say how two models differ",
        description="Says how two models differ. The exit code is 0 if they are equal, 1 if they "
        "differ or if values could not be compared, 2 for trouble.",
    )
    comparing.add_argument("target", metavar="A[:NAME]", help="a file, and what to open of it")
    comparing.add_argument("other", metavar="B[:NAME]", help="what it is compared with")
    comparing.add_argument("--format", choices=("text", "json"), default="text")
    add("demo", parents=[window], help="see it all on a bundled example")
    return parser


class _Version(argparse.Action):
    """Prints the version; it is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import eqxviz

        print(f"eqxviz {eqxviz.__version__}")
        parser.exit()


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
        target=process or getattr(options, "target", "") or "",
        arguments=getattr(options, "arguments", ""),
        drawn_as=getattr(options, "drawn_as", "forward"),
        batch=graph.batch_of(options),
        weights=getattr(options, "weights", None) or "",
        shapes_only=getattr(options, "shapes", False),
        launch=run.launch_of(options, script_words) if options.command == "run" else None,
        token=getattr(options, "token", None) or "",
        screenshot=getattr(options, "screenshot", None),
        exit_after=getattr(options, "exit_after", None),
        offscreen=not has_display(),
    )


def _window_kind(options: argparse.Namespace) -> WindowKind:
    if getattr(options, "process", None):
        return "process-graph" if options.command == "graph" else "process"
    return "kept" if options.command == "runs" else options.command or "start"


def _open_window(command: WindowCommand) -> int:
    if command.offscreen:
        if command.screenshot is None and command.kind != "demo":
            print(_NO_DISPLAY, file=sys.stderr)
            return USAGE
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    # The demonstration makes the folder of its pictures.
    written = command.screenshot if command.kind != "demo" else None
    if written and (wrong := why_not_writable(written)):
        print(wrong, file=sys.stderr)
        return FAILED
    from eqxviz.gui.window import start

    return start(command)
