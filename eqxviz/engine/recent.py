"""What was run, as it is kept on disk: whole, but for what is secret."""

import json
from dataclasses import asdict, replace
from typing import Any, NamedTuple

from eqxviz.engine.launch import Launch

_SECRETS = ("TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD", "CREDENTIAL")


class Recent(NamedTuple):
    """A launch that was kept, and the variables of it whose values were not."""

    launch: Launch
    forgotten: tuple[str, ...]


def is_secret(name: str) -> bool:
    """Whether the value of an environment variable of that name is not to be kept."""
    return any(word in name.upper() for word in _SECRETS)


def to_text(launch: Launch) -> str:
    """Return `launch` as one line, without the values of variables whose names are of secrets."""
    secret = [name for name, value in launch.environment if value is not None and is_secret(name)]
    rest = tuple(pair for pair in launch.environment if pair[0] not in secret)
    default: dict[str, Any] = {**asdict(Launch("")), "forgotten": []}
    data = asdict(replace(launch, environment=rest)) | {"forgotten": secret}
    return json.dumps({name: value for name, value in data.items() if value != default[name]})


def from_text(text: str) -> Recent | None:
    """Return what `to_text` made a line of; None if it is of another version, or damaged."""
    try:
        data: dict[str, Any] = json.loads(text)
        forgotten = tuple(str(name) for name in data.pop("forgotten", ()))
        if any(type(value) not in _TYPES[name] for name, value in data.items()):
            return None
        for name in ("argv", "debug", "stops"):
            data[name] = tuple(str(word) for word in data.get(name, ()))
        pairs = data.get("environment", ())
        data["environment"] = tuple((str(n), None if v is None else str(v)) for n, v in pairs)
        launch = Launch(**data)
    except (ValueError, TypeError, AttributeError, KeyError):
        return None
    return Recent(launch, forgotten) if launch.script else None


_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("script", "folder", "python", "device"), (str,)),
    **dict.fromkeys(("save_to", "save_as", "save_what"), (str,)),
    **dict.fromkeys(("argv", "environment", "debug", "stops"), (list,)),
    **dict.fromkeys(("is_module", "preallocate", "x64", "hold"), (bool,)),
    **dict.fromkeys(("keep_calls", "save_at_end"), (bool,)),
    **dict.fromkeys(("cpu_devices", "cores", "save_every", "save_last"), (int,)),
    "dynamics_every": (int,),
    "memory_fraction": (int, float),
}
