"""Running a script as `python SCRIPT` runs it, in a process that is already there."""

import atexit
import builtins
import contextlib
import ctypes
import gc
import importlib.util
import io
import os
import signal
import sys
import threading
import traceback
import types
from collections.abc import Callable, Sequence
from importlib.abc import InspectLoader
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from typing import Any, NamedTuple, cast

_BUFFERED = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)


class NoModuleError(SystemExit):
    """Raised for a module that is not there, or cannot be run; says it as Python does."""


class QuietStop(KeyboardInterrupt):
    """Ends a script as Ctrl+C does, without a traceback."""


class Outcome(NamedTuple):
    """How a script ended."""

    exit_code: int
    error: BaseException | None  # what it raised and did not catch; no SystemExit of 0


def run_script(
    script: str,
    argv: Sequence[str],
    *,
    is_module: bool = False,
    uncaught: Callable[[BaseException], None] = lambda error: None,
    instead: Callable[[], None] | None = None,
) -> Outcome:
    """Run `script` as `__main__` to its end, its threads and exit handlers included.

    Of a module, `script` is the name: it is run as `python -m` runs it. With `instead`, that is
    done in place of the script.

    `__main__` stays in `sys.modules` afterwards. What the script raises is printed as Python prints
    it, after `uncaught` was called with it. A child that the script forked ends here as it would
    end in Python, and does not return.
    """
    pid = os.getpid()
    exits = _ExitHandlers()
    error: BaseException | None = None
    exit_code = 0
    try:
        # From here on an interrupt is the script's. In the worker one that is earlier ends it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        execute = _execute_module if is_module else _execute
        execute(script, argv) if instead is None else instead()
    except SystemExit as stop:
        exit_code = _exit_code(stop)
        error = stop if exit_code else None
    except BaseException as raised:  # noqa: BLE001 - the end of the user's program
        error, exit_code = raised, 130 if isinstance(raised, KeyboardInterrupt) else 1
        uncaught(raised)
        if not isinstance(raised, QuietStop):
            _print(raised)
    _join_threads()
    exits.run()
    _end_daemons()
    _flush()
    if os.getpid() != pid:
        os._exit(exit_code)
    return Outcome(exit_code, error)


def as_main(path: Path, argv0: str, argv: Sequence[str]) -> types.ModuleType:
    """Return a new `__main__` for the file `path`, and make `sys` look as if Python ran it."""
    main = types.ModuleType("__main__")
    main.__dict__.update(
        __annotations__={},
        __file__=str(path),
        __builtins__=builtins,
        __cached__=None,
        __package__=None,
        __spec__=None,
        __loader__=SourceFileLoader("__main__", str(path)),
    )
    sys.modules["__main__"] = main
    sys.argv = [argv0, *argv]
    if not sys.flags.safe_path:
        # Links are followed, as Python follows them: what the script imports lies beside itself.
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    return main


def without_own_frames(tb: types.TracebackType | None) -> types.TracebackType | None:
    """Return `tb` without the frames of this application, those of its examples excepted."""
    kept: list[types.TracebackType] = []
    while tb is not None:
        if not _is_own(tb.tb_frame.f_code.co_filename):
            kept.append(tb)
        tb = tb.tb_next
    rest: types.TracebackType | None = None
    for each in reversed(kept):
        rest = types.TracebackType(rest, each.tb_frame, each.tb_lasti, each.tb_lineno)
    return rest


def _execute(script: str, argv: Sequence[str]) -> None:
    path = Path(os.path.abspath(script))
    if path.is_dir():
        path = path / "__main__.py"
    main = as_main(path, script, argv)
    with io.open_code(str(path)) as file:
        source = file.read()
    exec(compile(source, str(path), "exec", dont_inherit=True), main.__dict__)


def _execute_module(name: str, argv: Sequence[str]) -> None:
    main = as_main(Path.cwd() / "-m", "-m", argv)
    spec = _module_spec(name)
    assert spec.loader is not None
    code = cast(InspectLoader, spec.loader).get_code(spec.name)
    if code is None:
        raise NoModuleError(f"{sys.executable}: {name} holds no code that could be run")
    sys.argv[0] = str(spec.origin)
    main.__dict__.update(
        __file__=spec.origin,
        __cached__=spec.cached,
        __package__=spec.parent,
        __spec__=spec,
        __loader__=spec.loader,
    )
    exec(code, main.__dict__)


def _module_spec(name: str) -> ModuleSpec:
    """Return what `python -m name` runs; of a package, that is its `__main__`.

    Raises:
        NoModuleError: If there is no such module.
    """
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise  # what the package itself imports is missing
        found = None
    if found is None:
        raise NoModuleError(f"{sys.executable}: No module named {name}")
    if found.submodule_search_locations is None:
        return found
    if name.endswith(".__main__") or importlib.util.find_spec(f"{name}.__main__") is None:
        raise NoModuleError(
            f"{sys.executable}: {name!r} is a package and cannot be directly executed: it has no "
            "__main__"
        )
    return _module_spec(f"{name}.__main__")


def _exit_code(stop: SystemExit) -> int:
    if stop.code is None:
        return 0
    if isinstance(stop.code, int):
        return stop.code & 0xFF
    print(stop.code, file=sys.stderr)
    return 1


def _print(error: BaseException) -> None:
    """Print `error` as Python does at the end of a program, through the script's own hook."""
    error.__traceback__ = without_own_frames(error.__traceback__)
    try:
        sys.excepthook(type(error), error, error.__traceback__)
    except Exception:  # noqa: BLE001 - the user's hook: Python prints both errors as well
        traceback.print_exc()
        traceback.print_exception(error)


def _join_threads() -> None:
    """Wait for the threads that Python waits for; idle ones of executors end, as they do there."""
    executors = sys.modules.get("concurrent.futures.thread")
    if executors is not None:
        try:
            executors._python_exit()
        except KeyboardInterrupt:
            return
        finally:
            vars(executors)["_shutdown"] = False  # this process lives on
    for thread in threading.enumerate():
        if not thread.daemon and thread is not threading.main_thread():
            try:
                thread.join()
            except KeyboardInterrupt:
                return


def _end_daemons() -> None:
    """Ask the threads to end that in Python end with the process, which lives on here.

    One that waits in native code hears of it when it comes back.
    """
    for thread in threading.enumerate():
        if thread.daemon and thread.ident and not thread.name.startswith("eqxviz-"):
            number, error = ctypes.c_ulong(thread.ident), ctypes.py_object(SystemExit)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(number, error)


def _flush() -> None:
    """Have all that was written be where it belongs, streams that the script replaced included.

    Files that it left open Python closes when the process ends, which lives on here.
    """
    opened = [found for found in gc.get_objects() if issubclass(type(found), _BUFFERED)]
    texts = [found for found in opened if isinstance(found, io.TextIOWrapper)]
    # A text file hands on to a buffer, which may be one of the others.
    for file in (sys.stdout, sys.stderr, *texts, *opened):
        # The script may have closed it, or there may be none at all.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            file.flush()


def _is_own(file: str) -> bool:
    own = str(Path(__file__).resolve().parents[1]) + os.sep
    return file.startswith(own) and not file.startswith(own + "examples")


class _ExitHandlers:
    """Collects what the script registers with `atexit`, to be run when the script is over.

    The process lives on after the script, to be asked about it. JAX's own handlers take its
    backends away and therefore wait for the end of the process.
    """

    def __init__(self) -> None:
        self._handlers: list[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]] = []
        # The private ones are called by `multiprocessing` in a child that it forks.
        replaced = {
            "register": self.register,
            "unregister": self.unregister,
            "_clear": self.clear,
            "_run_exitfuncs": self.run_all,
        }
        self._own = {name: getattr(atexit, name) for name in replaced}
        self._put(replaced)

    def _put(self, functions: dict[str, Callable[..., Any]]) -> None:
        for name, function in functions.items():
            setattr(atexit, name, function)

    def register(self, func: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Stand in for `atexit.register`."""
        module = str(getattr(func, "__module__", None) or "").partition(".")[0]
        if module in ("jax", "jaxlib"):
            return self._own["register"](func, *args, **kwargs)
        self._handlers.append((func, args, kwargs))
        return func

    def unregister(self, func: Callable[..., Any], /) -> None:
        """Stand in for `atexit.unregister`."""
        self._handlers = [handler for handler in self._handlers if handler[0] != func]
        self._own["unregister"](func)

    def clear(self) -> None:
        """Stand in for `atexit._clear`."""
        self._handlers.clear()
        self._own["_clear"]()

    def run_all(self) -> None:
        """Stand in for `atexit._run_exitfuncs`."""
        self.run()
        self._own["_run_exitfuncs"]()

    def run(self) -> None:
        """Run the handlers, the last one first, and give `atexit` back."""
        self._put(self._own)
        while self._handlers:
            func, args, kwargs = self._handlers.pop()
            try:
                func(*args, **kwargs)
            except SystemExit:
                pass
            except BaseException as error:  # noqa: BLE001 - the user's: Python goes on likewise
                named = f" {func!r}:" if sys.version_info >= (3, 13) else f": {func!r}"
                print(f"Exception ignored in atexit callback{named}", file=sys.stderr)
                traceback.print_exception(
                    error.with_traceback(without_own_frames(error.__traceback__))
                )
