"""A visual debugger for JAX: PyTrees, filtering, jaxprs, compilation and training, seen live."""

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os

    __version__: str


def show(obj: Any, name: str = "model", *, wait: bool = False) -> None:
    """Open a window that shows `obj`, any PyTree, and return while it opens.

    The window is a process of its own: closing it harms nothing here, and this process goes on at
    once. While it lives, a thread of it answers what the window asks (values, graphs). A second
    call shows another object in the same window, or in a new one where that was closed. `obj` is
    held until then, and changes to it are seen when the window reads it again (Ctrl+R). At its end
    the process waits until the window has the tree, which stays; values go with the process.

    Works in scripts, `python -i`, notebooks and threads, and after a fork. Arrays that JAX is
    tracing are shown as shapes. Without a display, the tree is printed instead.

    Args:
        obj: What to look at: a Module, any PyTree that holds arrays.
        name: What the tree is called: paths read `name.layers[0].weight`.
        wait: Whether to return only when the window is closed.
    """
    from eqxviz.worker.showing import show as show_in_window

    show_in_window(obj, name, wait)


def show_jaxpr(fn: Any, *args: Any, **kwargs: Any) -> None:
    """Open a window that draws the jaxpr of `fn(*args, **kwargs)`, and return while it opens.

    Nothing is computed: `fn`, a function, jitted or not, or a Module, is traced for the shapes of
    its arguments; `jax.ShapeDtypeStruct` may stand for arrays. Leaves that are no arrays stay as
    they are. The window draws its gradient too, a training step, and other shapes. A second call
    draws in the same window, in a tab of its own. `fn` is held until then or until the window is
    closed, the arguments' arrays are not. What `fn` raises while it is traced is told in the
    window.

    Works wherever `show` does. Without a display, the jaxpr is printed instead.

    Raises:
        TypeError: If `fn` cannot be called.
    """
    from eqxviz.worker.showing import show_jaxpr as show_jaxpr_in_window

    show_jaxpr_in_window(fn, args, kwargs)


def log(step: Any = None, **values: Any) -> None:
    """Add a point to each of the curves `values` of a run that eqxviz watches; else do nothing.

    `eqxviz.log(loss=loss, acc=acc)` takes Python's, NumPy's and JAX's numbers; an array of JAX's is
    read later, so that nothing waits for the device. A dict adds a curve for each of its items, and
    other names are given as `eqxviz.log(**{"valid/loss": loss})`. Nothing is raised: the window
    tells what is no number.

    Args:
        step: Where the point stands, an integer of Python's, NumPy's or JAX's; without it, at the
            step that the run is at.
        **values: The numbers, by the names of their curves.
    """
    # Not imported: a script that nobody watches is not to wait for that.
    session = sys.modules.get("eqxviz.capturing.session")
    if session is not None:
        session.log(step, values)


def capture(
    name: str = "",
    *,
    port: int | None = None,
    folder: "str | os.PathLike[str] | None" = None,
    quiet: bool = False,
) -> None:
    """Make this process observable from now on, in a notebook, a REPL or a job.

    Its jitted calls, curves and compilations are kept as those of a run are, and a window may
    attach at any time, see all of it, and pause it between two calls: `eqxviz attach`. The
    process stays the caller's: it is never ended from a window, its streams and signals are
    left alone, and when the last window is gone a paused call goes on by itself. Functions
    that were jitted before are observed where they can be found.

    A second call changes nothing, nor does one under `eqxviz run` or in a process that
    `multiprocessing` started. What goes wrong is told on stderr, and raises nothing.

    Args:
        name: What it is called in lists; without it, as its script or notebook.
        port: Listen on this port of this machine too, on any that is free for 0. Whoever
            connects needs the token, which is in a file that only this user can read.
        folder: Where the run is kept, in place of the user's own library of runs.
        quiet: Do not print how to attach.
    """
    from eqxviz.worker.attached import capture as capture_process

    capture_process(name, port, folder, quiet)


def __getattr__(name: str) -> str:
    # Asking for the version reads files, which not every import of a module should wait for.
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("eqxviz")
    except PackageNotFoundError:
        return "0+checkout"
