"""The command line. Importing it costs next to nothing; a command imports what it needs."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from eqxviz.session.command import WindowCommand

if TYPE_CHECKING:
    from eqxviz.records import OpenedModel, Problem

OK, FAILED, USAGE = 0, 1, 2

_PATIENCE_SECONDS = 10.0

_NO_DISPLAY = """\
eqxviz: there is no display to open a window on: neither DISPLAY nor WAYLAND_DISPLAY is set.
  On a remote machine, connect with `ssh -X`. Without any display these work as well:
    eqxviz open FILE.py --format text       print the model's tree
    eqxviz open FILE.py --screenshot OUT.png
    eqxviz run SCRIPT.py --screenshot OUT.png
    eqxviz demo                             pictures of the demonstration, in ./eqxviz-demo"""

_EXAMPLES = """\
examples:
  eqxviz                                    open the window
  eqxviz open model.py                      show the model that model.py makes
  eqxviz open model.py:make_model           one of several, by its name
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
    if options.command == "open" and options.format is not None:
        if getattr(options, "screenshot", None):
            parser.error("--format prints the tree and opens no window: drop it or --screenshot")
        return _print_model(options.target, options.format)
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
    opening.add_argument("target", metavar="FILE.py[:NAME]", help="a file, and what to open of it")
    opening.add_argument(
        "--format", choices=("text", "json"), help="print the tree instead of opening a window"
    )
    running = commands.add_parser(
        "run", parents=[window], help="run a training script and watch it", usage=_RUN_USAGE
    )
    running.add_argument("target", metavar="SCRIPT.py", help="the script; it needs no change")
    running.add_argument("--device", help='"cpu", "gpu" or "cuda:1"; as JAX chooses without')
    commands.add_parser("demo", parents=[window], help="see it all on a bundled example")
    return parser


_RUN_USAGE = "eqxviz run SCRIPT.py [--device DEVICE] [--screenshot OUT.png] [-- ARGUMENTS]"


class _Version(argparse.Action):
    """Prints the version; it is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        import eqxviz

        print(f"eqxviz {eqxviz.__version__}")
        parser.exit()


def _seconds(text: str) -> float:
    seconds = float(text)
    if not seconds >= 0:
        raise ValueError
    return seconds


def _window_command(options: argparse.Namespace, script_words: tuple[str, ...]) -> WindowCommand:
    return WindowCommand(
        kind=options.command or "start",
        target=getattr(options, "target", ""),
        argv=script_words,
        device=getattr(options, "device", None),
        screenshot=getattr(options, "screenshot", None),
        exit_after=getattr(options, "exit_after", None),
        offscreen=not _has_display(),
    )


def _has_display() -> bool:
    if sys.platform != "linux":
        return True
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    # A Qt platform that was chosen by hand needs no display of ours; "offscreen" is none.
    chosen = {name: os.environ.get(name, "") for name in names}
    return any(value and value != "offscreen" for value in chosen.values())


def _open_window(command: WindowCommand) -> int:
    if command.offscreen:
        if command.screenshot is None and command.kind != "demo":
            print(_NO_DISPLAY, file=sys.stderr)
            return USAGE
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from eqxviz.gui.window import start

    return start(command)


def _print_model(target: str, form: str) -> int:
    """Open `target` without a window, and print its tree or what went wrong."""
    import json

    from eqxviz.records import OpenedModel
    from eqxviz.session import listing

    answer = _open_model(target)
    if isinstance(answer, OpenedModel):
        if form == "json":
            _print(json.dumps(listing.tree_data(answer), indent=1))
        else:
            _print(listing.tree_text(answer))
        return OK
    if form == "json":
        _print(json.dumps(listing.problem_data(answer), indent=1))
    print(listing.problem_text(answer), file=sys.stderr)
    return FAILED


def _print(text: str) -> None:
    """Print `text` on a stdout of any encoding, and end quietly where nobody reads on."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), flush=True)
    except BrokenPipeError:
        # What Python flushes at its end goes nowhere, instead of into the closed pipe again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _open_model(target: str) -> "OpenedModel | Problem":
    """Return the model, waiting as long as its file takes to run."""
    import queue
    from collections.abc import Callable

    from eqxviz.session.session import Session

    posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    session = Session(posted.put)
    is_told = False
    try:
        session.open(target)
        while session.model_state == "working" or session.is_growing:
            try:
                posted.get(timeout=_PATIENCE_SECONDS)()
            except queue.Empty:
                if not is_told:
                    print(f"{session.model_activity} takes long; Ctrl+C ends it", file=sys.stderr)
                is_told = True
            except KeyboardInterrupt:
                session.cancel_open()
    finally:
        session.close(leave_run=False)
    answer = session.model or session.model_problem
    assert answer is not None  # the session is filled or failed
    return answer


if __name__ == "__main__":
    sys.exit(main())
