"""`python eqxviz/worker/__main__.py serve|run`: how the engine starts a worker.

It is started by its path, in whatever Python the script is to run in: nothing of that Python's
search path is changed but what the script itself changes.
"""

import argparse
import faulthandler
import io
import os
import signal
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from eqxviz.records import Record

_ROOT = Path(__file__).resolve().parents[2]
_STDERR = 2


def main() -> int:
    """Read the command line, do the work, and return the exit code."""
    # Until the script runs there is nothing to tidy up, and nothing worth a traceback. A shell has
    # what it starts in the background ignore interrupts; a stop is one.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if not __package__ and not sys.flags.safe_path:
        # The script's folder takes this place; until then nothing is found in it.
        sys.path[0] = os.devnull
    # The script's own options, "--" among them, are none of the parser's business.
    own, script = _split(sys.argv[1:])
    options = _parser().parse_args(own)
    if options.kind == "run" and not script:
        sys.exit("no script: write it after --")
    if not __package__:
        _find_eqxviz(options)
    token = options.token_file.read_text().strip()
    if options.kind == "serve":
        _buffer_lines()
        from eqxviz.worker.serve import serve

        return serve(options.socket.absolute(), token)
    # Of a crash only the thread that crashed is told: others are eqxviz's own.
    faulthandler.enable(_STDERR, all_threads=False)
    if options.cores:
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    if not options.keep_streams:
        _buffer_lines()
    from eqxviz.worker.observed import Meeting
    from eqxviz.worker.run import RunCommand, run

    folder, socket = options.folder.absolute(), options.socket.absolute()
    file = options.file or script[0]
    meeting = Meeting(socket, token, folder, file, tuple(script[1:]))
    bequest, is_module = options.keep_streams, options.module
    wishes = _decoded(options.ask)
    return run(RunCommand(meeting, options.hold, script[0], is_module, bequest, wishes))


def _decoded(words: "list[str]") -> "tuple[Record, ...]":
    if not words:
        return ()
    from eqxviz.engine.wishes import from_word

    return tuple(map(from_word, words))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="eqxviz worker", allow_abbrev=False)
    kinds = parser.add_subparsers(dest="kind", required=True)
    serve_parser = kinds.add_parser("serve", help="open files when asked")
    run_parser = kinds.add_parser("run", help="run a script under capture")
    for each in (serve_parser, run_parser):
        each.add_argument("--socket", type=Path, required=True)
        each.add_argument("--token-file", type=Path, required=True)
        each.add_argument("--own", action="store_true", help="this is the Python of eqxviz")
        each.add_argument("--lend", action="append", default=[], help="where lent packages are")
    run_parser.add_argument("--folder", type=Path, required=True)
    run_parser.add_argument("--hold", action="store_true", help="pause before the first call")
    run_parser.add_argument(
        "--ask", action="append", default=[], help="a request, obeyed before the script starts"
    )
    run_parser.add_argument("--module", action="store_true", help="the script is a module's name")
    run_parser.add_argument("--file", help="the script's whole path, as the run is known by")
    run_parser.add_argument("--cores", type=int, help="of the CPU that may be used")
    run_parser.add_argument(
        "--keep-streams",
        type=lambda text: tuple(map(int, text.split(","))),
        default=(),
        help="the standard streams are the script's; by these it reads on when nobody else does",
    )
    return parser


def _find_eqxviz(options: argparse.Namespace) -> None:
    """Let this Python import the eqxviz that this file belongs to."""
    # By its path: another eqxviz may be installed here.
    spec = spec_from_file_location("lending", Path(__file__).with_name("lending.py"))
    assert spec is not None
    assert spec.loader is not None
    lending = module_from_spec(spec)
    spec.loader.exec_module(lending)
    lending.lend(_ROOT, options.lend)
    if options.own and str(_ROOT) not in sys.path:
        # Processes that the script spawns find eqxcore, too, where eqxviz is not installed.
        sys.path.append(str(_ROOT))


def _buffer_lines() -> None:
    for stream in (sys.stdout, sys.stderr):
        # The streams are files that the window follows as they grow.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Return what stands before the first "--", and what stands after it."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


if __name__ == "__main__":
    sys.exit(main())
