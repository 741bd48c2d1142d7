"""`eqxviz attach`: which process is meant, and following it in a terminal."""

import argparse
import contextlib
import getpass
import os
import queue
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from eqxviz.cli.runs import library
from eqxviz.cli.without_window import FAILED, OK

if TYPE_CHECKING:
    from argparse import ArgumentParser

    from eqxviz.engine.places import RunInfo
    from eqxviz.engine.remote import Address
    from eqxviz.session.session import Session

TOKEN_VARIABLE = "EQXVIZ_TOKEN"
_TICK_SECONDS = 0.25
_EPILOGUE = f"""\
A process becomes one that can be attached to by calling eqxviz.capture(), or
by `eqxviz run`. Closing the window, or Ctrl+C, leaves it running; a call that
was paused goes on.

On another machine, have it call eqxviz.capture(port=7007), and here:
  ssh -L 7007:localhost:7007 HOST
  eqxviz attach localhost:7007 --token "$(ssh HOST cat TOKEN_FILE)"
It prints these lines itself. The token may be in the variable {TOKEN_VARIABLE},
too; without any, it is asked for.
"""


def add_parser(add: "Callable[..., ArgumentParser]", window: "ArgumentParser") -> None:
    """Add the parser of `attach`; `window` holds the options of all that opens a window."""
    parser = add(
        "attach",
        parents=[window],
        help="watch a process that runs already",
        description="Watches a process that runs already: the only one there is, or the one named.",
        epilog=_EPILOGUE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "target",
        metavar="PID | NAME | FOLDER | HOST:PORT",
        nargs="?",
        help="which one; without it, the only one there is, or a list",
    )
    parser.add_argument("--token", metavar="T", help="of a port: what the process asks for")
    parser.add_argument("--token-file", metavar="FILE", help="the file that holds it")
    parser.add_argument("--list", action="store_true", help="list what can be attached to")
    parser.add_argument(
        "--headless",
        action="store_true",
        help="open no window: a line in the terminal says how far it is",
    )


def carry_out(options: argparse.Namespace) -> int | None:
    """List, follow in the terminal, or tell what is wrong, and return the exit code.

    None if a window is to be opened: `options.target` is then the folder of a run, or "HOST:PORT"
    with `options.token`.
    """
    if options.list:
        return _list(_live_runs())
    if _is_address(options.target or ""):
        return _attach_to_port(options)
    run = _chosen(options.target or "", _live_runs())
    if run is None:
        return FAILED
    if options.headless:
        return _follow(lambda session: session.attach(run))
    options.target = run.folder
    return None


def _live_runs() -> "list[RunInfo]":
    from eqxviz.engine.places import Places

    return Places(None).live_runs()


def _is_address(text: str) -> bool:
    return text.rpartition(":")[2].isdecimal() and ":" in text and not os.path.exists(text)


def _chosen(text: str, runs: "Sequence[RunInfo]") -> "RunInfo | None":
    """Return the run that `text` names, "" the only one; None, and told why, if it is not clear."""
    from eqxviz.engine.places import RunInfo

    if os.path.isdir(text):
        found = RunInfo.read(Path(text))
        if found is None or not found.is_live:
            print(f"eqxviz: no live run is kept in {text}", file=sys.stderr)
            return None
        return found
    meant = [run for run in runs if not text or text in _names(run)]
    if len(meant) == 1:
        return meant[0]
    if not runs:
        print(_NOTHING, file=sys.stderr)
    elif not meant:
        print(f"eqxviz: no live process is called {text}; there are:", file=sys.stderr)
        _list(runs, sys.stderr)
    else:
        print("eqxviz: say which of them, by its number:", file=sys.stderr)
        _list(meant, sys.stderr)
    return None


def _names(run: "RunInfo") -> tuple[str, ...]:
    script = Path(run.script)
    return str(run.pid), run.name, run.title, run.script, script.name, script.stem


def _list(runs: "Sequence[RunInfo]", out: TextIO | None = None) -> int:
    from eqxviz.session import formatting

    kept = {summary.folder: summary for summary in library().runs()} if runs else {}
    for run in runs:
        summary = kept.get(Path(run.folder))
        if summary is None:
            continue  # it has ended meanwhile, and was deleted
        state = summary.state.value + (f", step {summary.steps:,}" if summary.steps else "")
        since = formatting.seconds(max(time.time() - run.started, 0.0))
        kind = "captured" if run.is_captured else "eqxviz run"
        print(f"{run.pid:>8}  {run.title:24}  {kind:10}  {state}, {since}", file=out or sys.stdout)
    if not runs and out is None:
        print(_NOTHING, file=sys.stderr)
    return OK


def _attach_to_port(options: argparse.Namespace) -> int | None:
    from eqxviz.engine.remote import Address, greet
    from eqxviz.records import Problem
    from eqxviz.session.listing import problem_text

    try:
        options.token = _token(options)
        address = Address.of(options.target, options.token)
    except (ValueError, OSError) as error:
        print(f"eqxviz: {error}", file=sys.stderr)
        return FAILED
    answer = greet(address)
    if isinstance(answer, Problem):
        print(problem_text(answer), file=sys.stderr)
        return FAILED
    return _follow_port(address) if options.headless else None


def _follow_port(address: "Address") -> int:
    return _follow(lambda session: session.attaching.ask(str(address), address.token))


def _token(options: argparse.Namespace) -> str:
    if options.token is not None:
        return options.token.strip()
    if options.token_file is not None:
        return Path(options.token_file).expanduser().read_text().strip()
    if TOKEN_VARIABLE in os.environ:
        return os.environ[TOKEN_VARIABLE].strip()
    if sys.stdin.isatty():
        return getpass.getpass(f"Token of {options.target}: ").strip()
    raise ValueError(
        f"{options.target} asks for a token: give it with --token, --token-file or {TOKEN_VARIABLE}"
    )


def _follow(attach: "Callable[[Session], None]") -> int:
    """Say in the terminal how far a process is, until it has ended or Ctrl+C is pressed."""
    from eqxviz.cli.screen import Screen
    from eqxviz.records import RunState
    from eqxviz.session.headline import headline
    from eqxviz.session.listing import problem_text
    from eqxviz.session.session import Session

    posted: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
    session, screen, wishes = Session(posted.put), Screen(), list[int]()
    session.problem_seen.connect(lambda problem: screen.say(problem_text(problem)))
    for number in (signal.SIGINT, signal.SIGTERM):
        # Between two events: what it would break off here may be half done.
        signal.signal(number, lambda number, _frame: posted.put(lambda: wishes.append(number)))
    try:
        attach(session)
        while not wishes and (session.run is None or session.run.is_live):
            with contextlib.suppress(queue.Empty):
                posted.get(timeout=_TICK_SECONDS)()
            while not posted.empty():
                posted.get()()
            screen.show(headline(session))
            if session.run is None and session.attaching.problem is not None:
                screen.say(problem_text(session.attaching.problem))
                return FAILED
        run = session.run
        if run is None or run.is_live:
            screen.say("eqxviz: detached; the process goes on")
            return OK
        screen.say(f"eqxviz: {headline(session)}; it is kept in {run.folder}")
        return OK if run.status.state is RunState.FINISHED else FAILED
    finally:
        session.close(leave_run=True)
        screen.close(0.0)


_NOTHING = """\
eqxviz: there is nothing to attach to: no process of this user runs under `eqxviz run`, and none
  has called eqxviz.capture(). For one behind a port, say where: eqxviz attach localhost:7007"""
