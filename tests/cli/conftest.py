"""The command line as a user runs it, on a machine without a display."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(repository: Path, tmp_path: Path) -> Run:
    """Call `eqxviz` with some words and return how it ended."""

    def run(*words: object) -> "subprocess.CompletedProcess[str]":
        displays = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        kept = {name: value for name, value in os.environ.items() if name not in displays}
        return subprocess.run(
            [sys.executable, "-m", "eqxviz", *map(str, words)],
            env={**kept, "PYTHONPATH": str(repository)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=110,
            check=False,
        )

    return run
