"""`eqxviz.show`: a process shows an object of its own in a window, and goes on."""

import atexit
import contextlib
import importlib.util
import os
import queue
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from eqxviz import capturing
from eqxviz.engine import commands, process
from eqxviz.engine.output import last_lines
from eqxviz.engine.places import RunInfo, place_to_show, remove_folder
from eqxviz.records import (
    DrawShown,
    Graph,
    Lower,
    OpenedModel,
    OpenModel,
    Problem,
    Record,
    Severity,
    Shown,
    Target,
    TreeRows,
    Welcome,
)
from eqxviz.session.command import has_display
from eqxviz.worker import cancelling, cards
from eqxviz.worker.service import Answer, Service
from eqxviz.worker.shown_calls import HeldCall, draw_shown, held_call, print_jaxpr

_PATIENCE_SECONDS = 20.0  # for a window to get the tree of a process that is about to end
_NEEDED = ("PySide6", "qtawesome")


class _Object(NamedTuple):
    value: Any
    name: str
    notes: tuple[Problem, ...]

    @property
    def event(self) -> Record:
        return Shown(self.name)


def show(value: Any, name: str, wait: bool) -> None:
    """Show `value` in the window of this process. See `eqxviz.show`."""
    shown = _Object(*_without_tracers(value, name))
    why = _why_no_window("tree")
    if why:
        print(f"eqxviz: {why}", file=sys.stderr)
        _print_tree(shown)
    else:
        _show(shown, wait)


def show_jaxpr(fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Draw the jaxpr of `fn(*args, **kwargs)` in the window. See `eqxviz.show_jaxpr`.

    Raises:
        TypeError: If `fn` cannot be called.
    """
    if not callable(fn):
        raise TypeError(
            f"show_jaxpr got {type(fn).__name__}, which cannot be called; it takes a function or a "
            "Module, and the arguments of a call: show_jaxpr(fn, x, y)"
        )
    call = held_call(fn, args, kwargs)
    why = _why_no_window("jaxpr")
    if why:
        print(f"eqxviz: {why}", file=sys.stderr)
        with capturing.muted():
            print_jaxpr(call, _root())
    else:
        _show(call, wait=False)


def _show(shown: "_Object | HeldCall", wait: bool) -> None:
    global _showing
    with _lock:
        if _showing is None or not _showing.replace(shown):
            _showing = _Showing(shown)
        showing = _showing
    if wait:
        showing.wait()


_lock = threading.Lock()
_showing: "_Showing | None" = None


class _Showing:
    """A window of its own process, and the thread of this one that answers it.

    Holds an object, and a call, until another takes its place or the window is closed.
    """

    def __init__(self, shown: "_Object | HeldCall") -> None:
        self._shown: _Object | None = None
        self._call: HeldCall | None = None
        self._n_calls = 0
        self._is_open = True
        self._hold(shown)
        self._is_delivered = threading.Event()  # the window has the whole tree, or never will
        self._jobs: queue.SimpleQueue[tuple[Record, Answer] | None] = queue.SimpleQueue()
        self._place = place_to_show()
        script = _script()
        token = self._place.token_file.read_text().strip()
        welcome = Welcome(os.getpid(), sys.executable, "", script)
        self._service = Service(
            self._place.socket, token, welcome, self._handle, abandoned=lambda: None
        )
        self._service.start()
        stamp = process.stamp(os.getpid())
        RunInfo.of(self._place, os.getpid(), stamp, script, sys.argv[1:]).write()
        self._answering = threading.Thread(target=self._answer, name="eqxviz-show", daemon=True)
        self._answering.start()
        self._window = _window(self._place.folder, self._place.output, isinstance(shown, HeldCall))
        threading.Thread(target=self._await_window, name="eqxviz-window", daemon=True).start()
        atexit.register(self._on_exit)
        os.register_at_fork(after_in_child=self._forget)

    def replace(self, shown: "_Object | HeldCall") -> bool:
        """Show something else in the same window; False if the window is closed."""
        if not self._is_open or self._window.poll() is not None:
            return False
        self._is_delivered.clear()
        self._service.tell(self._hold(shown).event)
        return True

    def wait(self) -> None:
        """Return when the window is closed."""
        self._window.wait()

    def _hold(self, shown: "_Object | HeldCall") -> "_Object | HeldCall":
        if isinstance(shown, HeldCall):
            shown = self._call = shown._replace(number=self._n_calls)
            self._n_calls += 1
        else:
            self._shown = shown
        self._latest = shown
        return shown

    def _handle(self, request: Record, answer: Answer) -> None:
        self._jobs.put((request, answer))

    def _answer(self) -> None:
        # Only here: it imports JAX, for which the caller is not to wait.
        from eqxviz.worker.models import Models

        models = Models()
        while (job := self._jobs.get()) is not None:
            request, answer = job
            if answer.is_cancelled():
                continue
            models.serve(answer.asker)
            held = (self._shown, self._call)
            latest = self._latest
            with capturing.muted(), cancelling.working(answer.is_cancelled):
                found = cards.answered(
                    request, lambda job=job, held=held: _work(models, job[0], *held)
                )
            answer(found)
            if latest is self._latest and _is_all(found, isinstance(latest, HeldCall)):
                self._is_delivered.set()
            del held, latest, job, answer  # nothing is held while the window asks nothing

    def _await_window(self) -> None:
        code = self._window.wait()
        if code and not self._is_delivered.is_set():
            said = last_lines(self._place.output, 1)
            reason = said[-1] if said else process.describe_exit(code)
            print(f"eqxviz: the window could not be opened: {reason}", file=sys.stderr)
        self._close()

    def _close(self) -> None:
        self._let_go()
        self._is_delivered.set()
        self._jobs.put(None)
        self._service.close()
        remove_folder(self._place)
        atexit.unregister(self._on_exit)

    def _on_exit(self) -> None:
        """Let the window have the tree before the process goes, and end the thread in order.

        It may be within native code, which a thread must not be in when the interpreter ends.
        """
        self._is_delivered.wait(_PATIENCE_SECONDS)
        self._jobs.put(None)
        self._answering.join(2.0)
        self._close()
        # The window lives on; nothing for a destructor to warn of.
        self._window.returncode = 0

    def _forget(self) -> None:
        """In a child after a fork: window, socket and threads belong to the parent."""
        global _showing, _lock
        if not self._is_open:
            return
        self._let_go()
        self._service.forget()
        self._window.returncode = 0
        atexit.unregister(self._on_exit)
        _showing, _lock = None, threading.Lock()

    def _let_go(self) -> None:
        self._is_open = False
        self._shown = self._call = self._latest = None


def _work(models: Any, request: Record, shown: _Object | None, call: HeldCall | None) -> Record:
    if isinstance(request, OpenModel):
        return _opened(models, request, shown)
    if isinstance(request, DrawShown):
        return draw_shown(request, call, _root())
    if isinstance(request, Lower):
        from eqxviz.worker.lowering import answer_lowered

        return answer_lowered(request, lambda drawing: _work(models, drawing, shown, call))
    from eqxviz.worker.questions import answer

    return answer(models, request)


def _is_all(answer: Record, of_call: bool) -> bool:
    """Whether nothing of the tree is still to come after `answer`, or it is the graph of a call."""
    if of_call:
        return isinstance(answer, (Graph, Problem))
    if isinstance(answer, TreeRows):
        return answer.end is not None
    return isinstance(answer, Problem) or (
        isinstance(answer, OpenedModel) and answer.tree.is_complete
    )


def _opened(models: Any, request: OpenModel, shown: _Object | None) -> Record:
    if not request.beside:
        models.close()
    if shown is None:
        raise cards.error(
            "nothing-to-open", "Nothing is shown any more", "The object was let go of.",
            "Call eqxviz.show() again.",
        )  # fmt: skip
    script = _script()
    target = Target(shown.name, type(shown.value).__name__, 0)
    opened = models.open(shown.value, script, target, (target,), _root())
    return replace(opened, notes=shown.notes)


def _print_tree(shown: _Object) -> None:
    """Print the tree of `shown` where there is no window for it."""
    from eqxviz.session import listing
    from eqxviz.session.export.text import text
    from eqxviz.worker.models import Models

    request = OpenModel("", shown.name)
    with capturing.muted():
        opened = cards.answered(request, lambda: _opened(Models(), request, shown))
    if isinstance(opened, OpenedModel):
        # In one piece: other threads may print a tree at the same time.
        with _lock:
            sys.stdout.write(f"{''.join(text(opened))}\n")
            sys.stdout.flush()
    elif isinstance(opened, Problem):
        print(listing.problem_text(opened), file=sys.stderr)


def _why_no_window(what: str) -> str:
    """Return why no window can be opened, in which `what` would be seen; "" if one can."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        packages = " ".join("PySide6-Essentials" if n == "PySide6" else n for n in missing)
        return f"no window without {', '.join(missing)}: pip install {packages}"
    if not has_display():
        return f"no display to open a window on; this is the {what} as text"
    return "" if sys.executable else "no window: this Python does not know its own executable"


def _window(folder: Path, output: Path, of_call: bool) -> "subprocess.Popen[bytes]":
    """Return the process of a window that shows what is met in `folder`: an object, or a call."""
    with open(output, "wb") as stream:
        return subprocess.Popen(
            commands.window_command(folder, "graph" if of_call else "open"),
            env=commands.window_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,  # Ctrl+C in the terminal is not meant for it
        )


def _script() -> str:
    """Return the script of this process, "" in an interactive session."""
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.abspath(file) if file and os.path.isfile(file) else ""


def _root() -> str:
    """Return the folder of the user's code."""
    return os.path.dirname(_script()) or os.getcwd()


def _without_tracers(value: Any, name: str) -> tuple[Any, str, tuple[Problem, ...]]:
    """Return `value` with shapes in place of tracers, `name`, and a note if there were any.

    A tracer has no values, and is not to outlive the function that is being traced.
    """
    jax = sys.modules.get("jax")
    if jax is None:
        return value, name, ()
    with contextlib.suppress(Exception):  # flattening is the user's code; it is shown as it is
        leaves, treedef = jax.tree_util.tree_flatten(value)
        is_traced: list[bool] = [isinstance(leaf, jax.core.Tracer) for leaf in leaves]
        if any(is_traced):
            from eqxviz.analysis.tracing import shape_of

            shapes = [
                shape_of(leaf) if traced else leaf
                for leaf, traced in zip(leaves, is_traced, strict=True)
            ]
            return treedef.unflatten(shapes), name, (_traced_note(name),)
    return value, name, ()


def _traced_note(name: str) -> Problem:
    return Problem(
        "shown-traced",
        Severity.NOTE,
        f"{name} was shown while JAX traced it",
        "Within a jitted or otherwise transformed function arrays have shapes and no values yet; "
        "the shapes are shown.",
        "Show what the function returns, outside of it, to see values.",
    )
