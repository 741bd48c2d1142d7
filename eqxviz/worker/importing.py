"""Loading a user's file as a module, anew each time, with the user's modules that it imports."""

import contextlib
import importlib
import io
import linecache
import sys
import types
from pathlib import Path
from typing import Any

from eqxviz.analysis.user_code import UserCode
from eqxviz.worker import cards

_MAX_HEARD = 1000  # characters of what a file printed


def load(path: str) -> types.ModuleType:
    """Return the module of `path`, executed now, with the user's modules that it imports."""
    folder, name = _import_root(Path(path))
    _forget_user_modules()
    if folder not in sys.path:
        sys.path.insert(0, folder)
    module = types.ModuleType(name)
    module.__file__ = path
    module.__package__ = name.rpartition(".")[0]
    heard: Any = _Heard(sys.stderr)
    try:
        code = _compiled(path)
        if module.__package__:
            importlib.import_module(module.__package__)
        sys.modules[name] = module
        with contextlib.redirect_stderr(heard):
            exec(code, module.__dict__)
    except SystemExit as stop:
        said = f" It said: {heard.last}" if heard.last else ""
        raise cards.error(
            "import-exit", "The file ended the program while it was loaded",
            f"It called sys.exit({stop.code!r}) at module level.{said}",
            "Put what runs the program under `if __name__ == '__main__':`.", path,
            _last_line(stop, path),
        ) from stop  # fmt: skip
    except BaseException as error:  # the user's code may raise anything
        title = f"The file raised {type(error).__name__} while it was loaded"
        raise cards.raised(error, "raised-on-import", title, path) from error
    return module


def refuse_bad_syntax(path: str) -> None:
    """Raise the `CardError` of a file that does not parse."""
    try:
        _compiled(path)
    except (SyntaxError, ValueError, OSError) as error:
        title = f"The file raised {type(error).__name__} while it was loaded"
        raise cards.raised(error, "raised-on-import", title, path) from error


class _Heard:
    """A stream that passes everything on, and keeps the end of what is written."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._kept = ""

    @property
    def last(self) -> str:
        """What was written last, at most some lines."""
        return self._kept.strip()

    def write(self, text: str) -> int:
        """Write `text` to the stream."""
        self._kept = (self._kept + text)[-_MAX_HEARD:]
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _compiled(path: str) -> types.CodeType:
    with io.open_code(path) as file:
        source = file.read()
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except ValueError as error:  # a null byte, before Python 3.11.4
        raise SyntaxError(str(error)) from error


def _import_root(path: Path) -> tuple[str, str]:
    """Return the folder to import from, and the name by which `path` is imported there."""
    folder, names = path.parent, [path.stem]
    while (folder / "__init__.py").is_file() and folder.name.isidentifier():
        names.insert(0, folder.name)
        folder = folder.parent
    top = names[0]
    known = sys.modules.get(top)
    is_same_package = str(folder / top) in getattr(known, "__path__", ())
    is_taken = top in sys.stdlib_module_names or (known is not None and not _is_users(known))
    if is_taken and not is_same_package:
        # It must not take the place of a module that others use.
        return str(path.parent), f"opened_{path.stem}"
    return str(folder), ".".join(names)


def _forget_user_modules() -> None:
    """Have the user's modules imported afresh: they may have been edited."""
    for name, module in list(sys.modules.items()):
        if name != "__main__" and _is_users(module):
            del sys.modules[name]
    importlib.invalidate_caches()
    linecache.checkcache()


_user_code = UserCode()


def _is_users(module: types.ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return bool(file) and _user_code.is_user(str(file))


def _last_line(error: BaseException, path: str) -> int:
    line, tb = 0, error.__traceback__
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == path:
            line = tb.tb_lineno
        tb = tb.tb_next
    return line
