"""`python -m eqxviz.worker serve|run`: how the engine starts a worker."""

import argparse
import io
import os
import sys
from pathlib import Path


def main() -> int:
    """Read the command line, do the work, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m eqxviz.worker", allow_abbrev=False)
    kinds = parser.add_subparsers(dest="kind", required=True)
    serve_parser = kinds.add_parser("serve", help="open files when asked")
    run_parser = kinds.add_parser("run", help="run a script under capture")
    for each in (serve_parser, run_parser):
        each.add_argument("--socket", type=Path, required=True)
        each.add_argument("--token-file", type=Path, required=True)
    run_parser.add_argument("--folder", type=Path, required=True)
    run_parser.add_argument("--hold", action="store_true", help="pause before the first call")
    _restore_import_path()
    # The script's own options, "--" among them, are none of the parser's business.
    own, script = _split(sys.argv[1:])
    options = parser.parse_args(own)
    if options.kind == "run" and not script:
        parser.error("no script: write it after --")
    token = options.token_file.read_text().strip()
    for stream in (sys.stdout, sys.stderr):
        # The streams are files that the window follows as they grow.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    if options.kind == "serve":
        from eqxviz.worker.serve import serve

        return serve(options.socket.absolute(), token)
    from eqxviz.worker.observed import Meeting
    from eqxviz.worker.run import RunCommand, run

    folder, socket = options.folder.absolute(), options.socket.absolute()
    meeting = Meeting(socket, token, folder, script[0], tuple(script[1:]))
    return run(RunCommand(meeting, options.hold))


def _restore_import_path() -> None:
    """Take out of the environment what let this process import eqxviz from a checkout.

    The processes that the script starts find what they would find without eqxviz.
    """
    added = os.environ.pop("EQXVIZ_IMPORT_PATH", "")
    if added:
        before = os.environ.pop("PYTHONPATH", "").removesuffix(added).removesuffix(os.pathsep)
        if before:
            os.environ["PYTHONPATH"] = before


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    """Return what stands before the first "--", and what stands after it."""
    at = words.index("--") if "--" in words else len(words)
    return words[:at], words[at + 1 :]


if __name__ == "__main__":
    sys.exit(main())
