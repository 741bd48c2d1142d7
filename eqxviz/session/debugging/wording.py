"""The debugger in words: what a stop waits for, what can be typed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from eqxviz.engine.stop_words import words_of
from eqxviz.records import Frame, Stop, StopKind

if TYPE_CHECKING:
    from eqxviz.session.debugging.stop_list import StopList
    from eqxviz.session.run_view import RunView

MODULE = "<module>"


def stop_title(stop: Stop) -> str:
    """Return what a stop waits for, in a few words: "train.py:41 if step > 7"."""
    if stop.kind is StopKind.LINE:
        place = f"{Path(stop.file).name}:{stop.line}"
        return f"{place} if {stop.condition}" if stop.condition else place
    if stop.kind is StopKind.CALL:
        name = f"call of {stop.function or 'any function'}"
        return f"{name} if {stop.condition}" if stop.condition else name
    if stop.kind is StopKind.NONFINITE:
        return f"NaN or Inf in {stop.condition or 'any curve'}"
    if stop.kind is StopKind.RECOMPILE:
        return f"{stop.function or 'any function'} compiled again"
    if stop.kind is StopKind.EXCEPTION:
        return "uncaught exception"
    return stop.condition


def stop_words(stop: Stop) -> str:
    """Return what a stop is as it is typed, with its file as short as it can be."""
    words = words_of(stop)
    return words.replace(stop.file, Path(stop.file).name, 1) if stop.file else words


def stop_note(stops: "StopList", stop: Stop) -> str:
    """Return what there is to say of a stop besides its title, as sentences."""
    notes: list[str] = []
    if moved := stops.moved_from(stop.id):
        notes.append(f"Line {moved} has no code: it stops at line {stop.line}.")
    if stops.is_once(stop.id):
        notes.append("Once: it goes when it was met.")
    if not stop.is_enabled:
        notes.append("Disabled: the run passes it.")
    if stop.kind is StopKind.LINE:
        notes.append(stop.file)
    return "\n".join(notes)


def frame_title(frame: Frame) -> str:
    """Return the function of a frame as it is shown: "make_step", or that it is of a module."""
    return "top level" if frame.function == MODULE else frame.function


def frame_place(frame: Frame) -> str:
    """Return the line of a frame: "train.py:41"."""
    return f"{Path(frame.file).name}:{frame.line}" if frame.line > 0 else Path(frame.file).name


def frames_title(frames: Sequence[Frame]) -> str:
    """Return what frames of libraries are in one line: "3 frames of eqxcore, jax"."""
    packages = dict.fromkeys(_package(Path(frame.file)) for frame in frames)
    return f"{len(frames)} frames of {', '.join(packages)}"


def _package(file: Path) -> str:
    parts = file.parts
    for place in ("site-packages", "dist-packages"):
        if place in parts[:-1]:
            return parts[parts.index(place) + 1].removesuffix(".py")
    if "eqxcore" in parts:
        return "eqxcore"
    is_standard = any(part.startswith("python3") for part in parts) or file.name.startswith("<")
    return "Python" if is_standard else file.parent.name or file.name


def completions(run: "RunView | None", script: str) -> list[str]:
    """Return what may be typed as a stop: kinds, curves, functions, the script's lines."""
    return list(dict.fromkeys(_completions(run, script)))


def _completions(run: "RunView | None", script: str) -> Iterator[str]:
    curves = [c.series.name for c in run.series.values() if not c.series.is_state] if run else []
    functions = [f.name for f in run.functions.values() if f.is_user] if run else []
    yield from ("nan", "recompile", "exception")
    for name in curves:
        yield f"{name} > "
        yield f"{name} < "
        yield f"nan in {name}"
    for name in functions:
        yield name
        yield f"recompile of {name}"
    if script.endswith(".py"):
        yield f"{Path(script).name}:"
