"""The words by which a user says where a run is to stop, and the stops that they mean."""

import os
import re
from collections.abc import Sequence
from dataclasses import replace

from eqxviz.engine.comparisons import Comparison, ComparisonError
from eqxviz.records import Stop, StopKind

_WORDS = {
    "nan": StopKind.NONFINITE,
    "recompile": StopKind.RECOMPILE,
    "exception": StopKind.EXCEPTION,
}
# "nan in loss", "recompile of train_step": what follows narrows it.
_NARROWED = re.compile(r"(nan\s+in|recompile\s+of)\s+(.+)", re.DOTALL)
_GUARDED = re.compile(r"(.+?)\s+if\s+(.+)", re.DOTALL)
_LINE = re.compile(r"(.*):(\d+)", re.DOTALL)
_FUNCTION = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_COMPARISON = re.compile(r"<=|>=|==|!=|<|>")

FORMS = (
    "'loss > 10' (a curve), nan, 'nan in loss', recompile, 'recompile of NAME', exception, "
    "FILE.py:LINE, or the NAME of a jitted function; after the last two, 'if EXPRESSION'"
)


class StopWordsError(ValueError):
    """Raised for words that name no place to stop at."""


def stop_of(words: str, id: int, folder: str = "", script: str = "") -> Stop:
    """Return the stop that `words` mean.

    A file is found from `folder`, the working directory where that is "", else beside `script`;
    ":41" is a line of that.

    Raises:
        StopWordsError: If they mean none. It says which words do.
    """
    text = words.strip()
    if not text:
        raise StopWordsError(f"There is nothing to stop at in {words!r}: write {FORMS}.")
    if (kind := _WORDS.get(text.lower())) is not None:
        return Stop(id, kind)
    if narrowed := _NARROWED.fullmatch(text):
        word, name = narrowed.groups()
        if word.startswith("nan"):
            return Stop(id, StopKind.NONFINITE, condition=name)
        return Stop(id, StopKind.RECOMPILE, function=_function(name, words))
    guarded = _GUARDED.fullmatch(text)
    place, condition = guarded.groups() if guarded else (text, "")
    if condition:
        _check_expression(condition, words)
    if (line := _LINE.fullmatch(place)) and not _COMPARISON.search(line[1]):
        file, number = line.groups()
        stop = Stop(id, StopKind.LINE, _file(file, folder, script, words), _line(number, words))
        return replace(stop, condition=condition)
    if not condition and _COMPARISON.search(text):
        _check_comparison(text)
        return Stop(id, StopKind.CONDITION, condition=text)
    return Stop(id, StopKind.CALL, function=_function(place, words), condition=condition)


def stops_of(words: Sequence[str], folder: str, script: str) -> tuple[Stop, ...]:
    """Return the stops that several words mean, numbered from 0. Raises as `stop_of` does."""
    return tuple(stop_of(each, i, folder, script) for i, each in enumerate(words))


def words_of(stop: Stop) -> str:
    """Return the words that mean `stop`, as `stop_of` takes them."""
    if stop.kind is StopKind.NONFINITE:
        return f"nan in {stop.condition}" if stop.condition else "nan"
    if stop.kind is StopKind.RECOMPILE:
        return f"recompile of {stop.function}" if stop.function else "recompile"
    if stop.kind is StopKind.EXCEPTION:
        return "exception"
    if stop.kind is StopKind.CONDITION:
        return stop.condition
    place = f"{stop.file}:{stop.line}" if stop.kind is StopKind.LINE else stop.function
    return f"{place} if {stop.condition}" if stop.condition else place


def _file(file: str, folder: str, script: str, words: str) -> str:
    if not file:
        if not script:
            raise StopWordsError(f"{words!r} names no file: write it before the colon.")
        return os.path.abspath(script)
    tried = [os.path.abspath(os.path.join(folder, os.path.expanduser(file)))]
    if script:
        tried.append(os.path.join(os.path.dirname(os.path.abspath(script)), file))
    found = next((path for path in tried if os.path.isfile(path)), None)
    if found is None:
        raise StopWordsError(f"There is no file {' nor '.join(dict.fromkeys(tried))}.")
    return found


def _line(number: str, words: str) -> int:
    if not int(number):
        raise StopWordsError(f"{words!r} names line 0: lines are counted from 1.")
    return int(number)


def _function(name: str, words: str) -> str:
    if not _FUNCTION.fullmatch(name):
        raise StopWordsError(f"{words!r} is nothing to stop at: write {FORMS}.")
    return name


def _check_comparison(text: str) -> None:
    try:
        Comparison(text)
    except ComparisonError as error:
        raise StopWordsError(f"{error} {error.fix}") from error


def _check_expression(text: str, words: str) -> None:
    try:
        compile(text, "<stop>", "eval")
    except SyntaxError as error:
        raise StopWordsError(f"{text!r} in {words!r} is no expression: {error.msg}.") from error
