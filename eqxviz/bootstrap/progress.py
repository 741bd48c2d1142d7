"""What a person sees while the machine is being set up."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_TAIL_LINES = 15


class SetupError(Exception):
    """The machine cannot be set up; the message says what is missing and what to do."""


def say(text: str) -> None:
    """Print one line about the set-up, apart from the command's own output."""
    print(f"eqxviz: {text}", file=sys.stderr, flush=True)


def run_quietly(
    command: Sequence[str | Path],
    *,
    log: Path,
    failure: str,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run `command` with its output in `log` and, on a terminal, its current line in place.

    Raises:
        SetupError: If the command fails. It begins with `failure` and quotes the end of the output.
    """
    live = sys.stderr.isatty()
    with (
        log.open("a", encoding="utf-8") as written,
        subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, **(environment or {})},
        ) as process,
    ):
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            written.write(line)
            lines.append(line.rstrip())
            if live:
                print(f"\r\x1b[2K  {lines[-1][:76]}", end="", file=sys.stderr, flush=True)
    if live:
        print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
    if process.returncode:
        tail = "\n".join(f"  {line}" for line in lines[-_TAIL_LINES:])
        raise SetupError(f"{failure}\n{tail}\nThe whole output is in {log}.")
