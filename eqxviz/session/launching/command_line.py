"""The line that does in a terminal what a launch does."""

import shlex
from pathlib import Path

from eqxviz.engine.launch import Launch
from eqxviz.engine.recent import is_secret

_MAX_WORDS = 40


def command_line(launch: Launch) -> str:
    """Return the `eqxviz run` that starts `launch`, to be copied into a shell.

    A secret is not written out: it is taken from the shell's own environment.
    """
    words = ["eqxviz", "run"]
    for option, value in (
        ("--python", launch.python or None),
        ("--cwd", launch.folder or None),
        ("--device", launch.device),
        ("--cpus", launch.cpu_devices),
        ("--cores", launch.cores),
        ("--memory-fraction", launch.memory_fraction),
    ):
        words += [] if value is None else [option, str(value)]
    for option, flag in (("preallocate", launch.preallocate), ("x64", launch.x64)):
        words += [] if flag is None else [f"--{option}" if flag else f"--no-{option}"]
    for name, value in launch.environment:
        if value is not None and is_secret(name) and name.isidentifier():
            value = f"${name}"
        words += ["--unset", name] if value is None else ["--env", f"{name}={value}"]
    for name in launch.debug:
        words += ["--debug", name]
    words += ["--hold"] if launch.hold else []
    for stop in launch.stops:
        words += ["--stop", stop]
    words += ["--keep"] if launch.keep_calls else []
    words += ["--save-at-end"] if launch.save_at_end else []
    for option, value in (
        ("--dynamics", launch.dynamics_every),
        ("--save-every", launch.save_every),
        ("--save-to", launch.save_to or None),
        ("--save-as", launch.save_as or None),
        ("--save-what", launch.save_what or None),
        ("--save-last", launch.save_last),
    ):
        words += [] if value is None else [option, str(value)]
    words += ["-m", launch.script] if launch.is_module else [launch.script]
    words += ["--", *launch.argv] if launch.argv else []
    return " ".join(_quoted(word) for word in words)


def launch_words(launch: Launch) -> str:
    """Return "train.py --steps 5  –  project", which is enough to know a launch again."""
    words = " ".join([launch.title, *launch.argv])
    if len(words) > _MAX_WORDS:
        words = f"{words[: _MAX_WORDS - 1]}…"
    folder = Path(launch.file).parent.name if launch.file else launch.working_folder.name
    return f"{words}  –  {folder}" if folder else words


def _quoted(word: str) -> str:
    name, _, value = word.partition("=")
    return f'{name}="{value}"' if value == f"${name}" else shlex.quote(word)
