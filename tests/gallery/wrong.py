"""A wrong program, what its message must say, and what it does say.

A program is a function of a package (`equinox` or `eqxcore`), written as a user would write it by
mistake. It ends with an error, or gives a warning, of the kind that its entry names.
"""

import dis
import re
import tempfile
import types
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax

Program = Callable[[types.ModuleType], Any]

_REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Wrong:
    """A wrong program and what the message must hold.

    `kind` is that of the error; releases of JAX may differ in it. `where` is the field path or the
    argument, `value` what was found there, `fix` what to write instead: a text each, or several of
    which each must be there. `allowed` says what Equinox does where it raises nothing, or an error
    of another kind.
    """

    program: Program
    kind: type[BaseException] | tuple[type[BaseException], ...]
    where: tuple[str, ...]
    value: tuple[str, ...]
    fix: tuple[str, ...]
    allowed: str | None

    @property
    def name(self) -> str:
        """The program's name as a sentence."""
        return self.program.__name__.replace("_", " ")


def wrong(
    kind: type[BaseException] | tuple[type[BaseException], ...],
    *,
    where: str | tuple[str, ...],
    value: str | tuple[str, ...],
    fix: str | tuple[str, ...],
    allowed: str | None = None,
) -> Callable[[Program], Wrong]:
    """Return a decorator that makes an entry of the gallery of a program."""

    def decorate(program: Program) -> Wrong:
        return Wrong(program, kind, _texts(where), _texts(value), _texts(fix), allowed)

    return decorate


def entries(theme: types.ModuleType) -> list[Wrong]:
    """Return the wrong programs of a module, in the order in which they are written."""
    return [each for each in vars(theme).values() if isinstance(each, Wrong)]


@dataclass(frozen=True)
class Told:
    """What a program ended with: its error or warning, the whole text, and eqxcore's part of it."""

    raised: BaseException | None
    text: str
    own: str


def tell(entry: Wrong, package: types.ModuleType) -> Told:
    """Run the program of `entry` on `package` and return what it was told."""
    filtering = jax.config.jax_traceback_filtering
    # Unfiltered, the last line of a traceback is the one that raised.
    jax.config.update("jax_traceback_filtering", "off")
    try:
        raised = _ending(entry, package)
    finally:
        jax.config.update("jax_traceback_filtering", filtering)
    if raised is None:
        return Told(None, "", "")
    notes = list(getattr(raised, "__notes__", ()))
    first = (
        f"{type(raised).__name__}: {raised}"
        if _is_own(raised)
        else "(a message of JAX, NumPy or Python)"
    )
    return Told(raised, "\n".join([str(raised), *notes]), _normalised("\n".join([first, *notes])))


def _ending(entry: Wrong, package: types.ModuleType) -> BaseException | None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            entry.program(package)
        except Exception as error:  # noqa: BLE001  (whatever it raises is what is observed)
            return error
    given = (each.message for each in caught if issubclass(each.category, entry.kind))
    return next((each for each in given if isinstance(each, Warning)), None)


def _is_own(raised: BaseException) -> bool:
    """Return whether the text was written by eqxcore, and not by JAX, NumPy or Python."""
    if isinstance(raised, Warning) or type(raised).__module__.partition(".")[0] == "eqxcore":
        return True
    end = raised.__traceback__
    while end is not None and end.tb_next is not None:
        end = end.tb_next
    if end is None:
        return False
    # What code in C raises has the frame that called it, which is there for another instruction.
    instruction = dis.opname[end.tb_frame.f_code.co_code[end.tb_lasti]]
    module = end.tb_frame.f_globals.get("__name__", "")
    return module.partition(".")[0] == "eqxcore" and instruction == "RAISE_VARARGS"


def _normalised(text: str) -> str:
    """Return `text` without what differs from run to run: addresses, folders, lines, devices."""
    text = re.sub(re.escape(tempfile.gettempdir()) + r"/tmp\w+", "<folder>", text)
    text = re.sub(r"0x[0-9a-f]+", "0x...", text)
    text = text.replace(str(_REPOSITORY), "<repository>")
    text = re.sub(r"(\.py(?:\", line |:))\d+", r"\1<line>", text)
    text = re.sub(r"only \d+: \[.*?\]", "only <devices>", text)
    lines = [line.rstrip() for line in text.splitlines()]
    # Releases of Python mark other parts of a line.
    return "\n".join(line for line in lines if not re.fullmatch(r"\s*[~^]+", line))


def _texts(given: str | tuple[str, ...]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else given
