"""What a user fills in to run a script, and what is wrong with it, field by field."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from eqxviz.engine.launch import Launch
from eqxviz.engine.recent import Recent

_T = TypeVar("_T", int, float)


@dataclass(frozen=True)
class Filled:
    """The fields of the form as they stand. What is empty is left as it would be by itself."""

    script: str = ""
    is_module: bool = False
    arguments: str = ""  # quoted as in a shell
    folder: str = ""
    environment: tuple[tuple[str, str | None], ...] = ()  # None: the variable is taken away
    python: str = ""
    device: str = ""
    cpu_devices: str = ""
    cores: str = ""
    memory_fraction: str = ""
    preallocate: bool | None = None
    x64: bool | None = None
    debug: tuple[str, ...] = ()
    hold: bool = False
    stops: str = ""  # words for them, with semicolons between
    keep_calls: bool = False
    dynamics_every: str = ""
    save_every: str = ""
    save_at_end: bool = False
    save_to: str = ""
    save_as: str = ""
    save_what: str = ""
    save_last: str = ""

    @staticmethod
    def of(recent: Recent) -> "Filled":
        """Return the form of a launch; values that were not kept are empty."""
        launch = recent.launch
        return Filled(
            script=launch.script,
            is_module=launch.is_module,
            arguments=shlex.join(launch.argv),
            folder=launch.folder,
            environment=(*launch.environment, *((name, "") for name in recent.forgotten)),
            python=launch.python,
            device=launch.device or "",
            cpu_devices=_text(launch.cpu_devices),
            cores=_text(launch.cores),
            memory_fraction=_text(launch.memory_fraction),
            preallocate=launch.preallocate,
            x64=launch.x64,
            debug=launch.debug,
            hold=launch.hold,
            stops="; ".join(launch.stops),
            keep_calls=launch.keep_calls,
            dynamics_every=_text(launch.dynamics_every),
            save_every=_text(launch.save_every),
            save_at_end=launch.save_at_end,
            save_to=launch.save_to,
            save_as=launch.save_as,
            save_what=launch.save_what,
            save_last=_text(launch.save_last),
        )


@dataclass(frozen=True)
class Reading:
    """What a form says: the launch, as far as it can be read, and what is wrong, by field."""

    launch: Launch
    errors: dict[str, str]


def read(filled: Filled) -> Reading:
    """Return what a form says."""
    errors: dict[str, str] = {}
    try:
        argv = tuple(shlex.split(filled.arguments))
    except ValueError as error:
        argv = ()
        errors["arguments"] = f"{str(error).lower().capitalize()}: quote as in a shell."

    def number(field: str, kind: Callable[[str], _T], wanted: str) -> _T | None:
        text = getattr(filled, field).strip()
        try:
            return kind(text) if text else None
        except ValueError:
            errors[field] = f"{text!r} is no number: {wanted}."
            return None

    launch = Launch(
        script=filled.script.strip(),
        argv=argv,
        is_module=filled.is_module,
        folder=filled.folder.strip(),
        environment=tuple((n.strip(), v) for n, v in filled.environment if n.strip() or v),
        python=filled.python.strip(),
        device=filled.device.strip() or None,
        cpu_devices=number("cpu_devices", int, "4, for instance"),
        cores=number("cores", int, "2, for instance"),
        memory_fraction=number("memory_fraction", float, "0.5 is half of it"),
        preallocate=filled.preallocate,
        x64=filled.x64,
        debug=filled.debug,
        hold=filled.hold,
        stops=tuple(word for part in filled.stops.split(";") if (word := part.strip())),
        keep_calls=filled.keep_calls,
        dynamics_every=number("dynamics_every", int, "10, for instance"),
        save_every=number("save_every", int, "100, for instance"),
        save_at_end=filled.save_at_end,
        save_to=filled.save_to.strip(),
        save_as=filled.save_as.strip(),
        save_what=filled.save_what.strip(),
        save_last=number("save_last", int, "3, for instance"),
    )
    for fault in launch.faults():
        field = "arguments" if fault.field == "argv" else fault.field
        errors.setdefault(field, f"{fault.what[:1].upper()}{fault.what[1:]}. {fault.fix}.")
    return Reading(launch, errors)


def for_script(script: str, folder: str, last: Launch | None, device: str | None) -> Filled:
    """Return the form for `script`: as it was run `last`, or with all left as it is by itself."""
    if last is not None:
        return replace(Filled.of(Recent(last, ())), device=last.device or device or "")
    return Filled(script=script, folder=folder, device=device or "")


def _text(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
