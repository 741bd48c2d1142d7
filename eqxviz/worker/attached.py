"""`eqxviz.capture`: a process of the user's own is observed from here on, and stays the user's."""

import atexit
import contextlib
import multiprocessing
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

from eqxviz.capturing import Gate, is_installed, uninstall
from eqxviz.capturing.imports import ImportWatch
from eqxviz.engine import process
from eqxviz.engine.places import Place, Places, RunInfo, end_run, place_in, remove_folder
from eqxviz.records import GateCommand, Problem, Record, RunState, Severity
from eqxviz.store import StoreError
from eqxviz.store.summary import Labels
from eqxviz.worker import cards
from eqxviz.worker.diagnosing import diagnosis_of, with_diagnosis
from eqxviz.worker.listening import listen_on
from eqxviz.worker.observed import Meeting, Observed

_Hook = Callable[[type[BaseException], BaseException, TracebackType | None], Any]

_lock = threading.Lock()
_attached: "_Attached | None" = None


def capture(
    name: str, port: int | None, folder: "str | os.PathLike[str] | None", quiet: bool
) -> None:
    """Make this process observable. See `eqxviz.capture`."""
    global _attached
    with _lock:
        if _attached is None:
            if is_installed() or multiprocessing.parent_process() is not None:
                return
            try:
                _attached = _Attached(name, port, folder)
            except OSError as error:
                print(f"eqxviz: this process is not observed: {error}", file=sys.stderr)
                return
        if not quiet:
            print(_attached.how_to_attach(), file=sys.stderr)


class _Attached:
    """What makes this process observable, for as long as it lives."""

    def __init__(
        self, name: str, port: int | None, folder: "str | os.PathLike[str] | None"
    ) -> None:
        self._error: BaseException | None = None  # that ends the process
        self._diagnosis: list[Problem] = []  # of that error
        self._port = _listen(port)
        self._is_elsewhere = folder is not None
        script = _script()
        place = _place(folder, name or Path(script or _session_name()).stem)
        root = os.path.dirname(script) or os.getcwd()
        self._place = place
        self._script = script or _session_name()
        self._gate = Gate()
        meeting = Meeting(
            place.socket, place.token(), place.folder, self._script, tuple(sys.argv[1:]),
            name, is_captured=True, port=self._port,
        )  # fmt: skip
        try:
            self._observed = Observed(meeting, self._gate, root, self)
        except OSError:
            remove_folder(place)
            raise
        if name:
            with contextlib.suppress(StoreError):  # the store has told of the same
                Labels(name=name).write(place.folder)
        self._adopt(root)
        self._observed.start()
        stamp = process.stamp(os.getpid())
        info = RunInfo.of(
            place, os.getpid(), stamp, self._script, sys.argv[1:], name, is_captured=True
        )
        info.write()
        atexit.register(self._on_exit)
        # What JAX registers takes the arrays away of which the last points are to be read.
        self._jax = ImportWatch({"jax": lambda _: self._exit_before_jax()}, lambda error: None)
        self._jax.start()
        self._hook: _Hook | None = None
        if not _is_interactive():
            self._hook, sys.excepthook = sys.excepthook, self._on_uncaught
            self._observed.post_mortem.watch_threads()
        os.register_at_fork(after_in_child=self._forget)

    def how_to_attach(self) -> str:
        """Return the line that says how a window gets here."""
        what = str(self._place.folder) if self._is_elsewhere else str(os.getpid())
        words = f"eqxviz: watch this process with `eqxviz attach {what}`"
        if self._port is not None:
            port = self._port.getsockname()[1]
            host = socket.gethostname()
            words += (
                f"; from another machine, keep `ssh -L {port}:localhost:{port} {host}` open there "
                f"and run `eqxviz attach localhost:{port} --token "
                f'"$(ssh {host} cat {self._place.token_file})"`'
            )
        return words

    def stop(self) -> Record:
        """Refuse: the process is its user's."""
        return _not_yours(self._script)

    def take_input(self, text: str) -> Record:
        """Refuse: its input is its own."""
        why = "The process called eqxviz.capture(): its streams are left alone."
        return cards.own_input(self._script, why)

    def on_left_alone(self, on_purpose: bool) -> None:
        """Let a call that is held go on: nobody is there any more who could do so."""
        self._gate.command(GateCommand.CONTINUE)

    def on_abandoned(self) -> None:
        """Do nothing: the process is not there to be watched."""

    def _adopt(self, root: str) -> None:
        observer = self._observed.capture.observer
        if observer is None:
            return  # nothing can have been jitted
        from eqxviz.analysis.user_code import UserCode
        from eqxviz.capturing.earlier import adopt

        try:
            note = adopt(observer, UserCode(root))
        except Exception as error:  # noqa: BLE001 - what the user's objects raise when looked into
            observer.feed.failed(error)
        else:
            self._observed.journal.append([note] if note is not None else [])

    def _on_uncaught(
        self, kind: type[BaseException], error: BaseException, traceback: TracebackType | None
    ) -> None:
        """Stand in for `sys.excepthook`."""
        assert self._hook is not None
        self._error = error
        root = os.path.dirname(self._script)
        post_mortem = self._observed.post_mortem
        post_mortem.meet(error, lambda: with_diagnosis(self._card(error), error, root))
        self._hook(kind, error, traceback)
        if not post_mortem.has_told(error):
            # Now: once Python is about to end, no thread can be started for it.
            self._diagnosis = diagnosis_of(error, root)

    def _card(self, error: BaseException) -> Problem:
        title = f"The script raised {type(error).__name__}"
        return cards.raised(error, "script-raised", title, self._script).card

    def _exit_before_jax(self) -> None:
        atexit.unregister(self._on_exit)
        atexit.register(self._on_exit)

    def _on_exit(self) -> None:
        self._jax.stop()
        self._observed.checkpoints.finish()
        uninstall()  # to make the card imports JAX; and the end is the last that is told
        error = self._error
        if error is None:
            self._observed.end(RunState.FINISHED, -1, ())  # which code it will be is not known
        elif isinstance(error, KeyboardInterrupt):
            self._observed.end(RunState.STOPPED, -1, ())
        else:
            is_told = self._observed.post_mortem.has_told(error)
            told = () if is_told else (self._card(error), *self._diagnosis)
            self._observed.end(RunState.FAILED, 1, told)
        self._observed.close()
        end_run(self._place.folder)

    def _forget(self) -> None:
        """In a child after a fork: all of it belongs to the parent."""
        global _attached, _lock
        atexit.unregister(self._on_exit)
        self._jax.stop()
        if self._hook is not None and sys.excepthook == self._on_uncaught:
            sys.excepthook = self._hook
        _attached, _lock = None, threading.Lock()


def _listen(port: int | None) -> socket.socket | None:
    """Return a socket at `port`; none, and told why, where there is none to be had."""
    if port is None:
        return None
    try:
        return listen_on(port)
    except OSError as error:
        print(f"eqxviz: {error}. This process is met on its own machine only", file=sys.stderr)
        return None


def _place(folder: "str | os.PathLike[str] | None", name: str) -> Place:
    places = Places(Path(folder).expanduser().absolute() if folder is not None else None)
    return place_in(places.fresh_folder(name))


def _script() -> str:
    """Return the script of this process, "" in an interactive session."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.abspath(file) if file and os.path.isfile(file) else ""


def _session_name() -> str:
    """Return what an interactive session is called: its notebook, where that can be known."""
    main = sys.modules.get("__main__")
    notebook = os.environ.get("JPY_SESSION_NAME") or getattr(main, "__vsc_ipynb_file__", "")
    if notebook:
        return os.path.basename(str(notebook))
    return "Jupyter notebook" if "ipykernel" in sys.modules else "Python session"


def _is_interactive() -> bool:
    """Whether an exception that nobody catches leaves the process going on."""
    is_asked = bool(sys.flags.interactive or os.environ.get("PYTHONINSPECT"))
    return hasattr(sys, "ps1") or is_asked


def _not_yours(script: str) -> Problem:
    return Problem(
        "not-ended",
        Severity.NOTE,
        f"{os.path.basename(script)} is not ended from here",
        "The process called eqxviz.capture(): it belongs to whoever started it.",
        "Interrupt it where it was started.",
    )
