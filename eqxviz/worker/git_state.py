"""What git says of a folder: commit, branch, and what differs from the commit."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

MAX_DIFF = 1_000_000  # bytes
_SECONDS = 10.0
# Reading takes no lock, starts no daemon, and runs no program that the repository names.
_GIT = ("git", "--no-optional-locks", "--no-pager", "-c", "core.fsmonitor=false")
_DIFF = ("diff", "--no-color", "--no-ext-diff", "--no-textconv", "HEAD")


class GitState(NamedTuple):
    """Empty texts where there is no repository, no commit, no branch, or no git."""

    commit: str
    branch: str
    diff: str


def git_state(folder: Path) -> GitState:
    """Return what git says of `folder`, within some seconds; the diff is that of tracked files."""
    commit = _answer(folder, "rev-parse", "--verify", "--quiet", "HEAD").strip()
    branch = _answer(folder, "symbolic-ref", "--short", "--quiet", "HEAD").strip()
    return GitState(commit, branch, _answer(folder, *_DIFF) if commit else "")


def _answer(folder: Path, *words: str) -> str:
    """Return what a git command prints, "" if it fails, cut off at `MAX_DIFF` bytes."""
    try:
        process = subprocess.Popen(
            [*_GIT, *words],
            cwd=folder,
            env=_environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # what interrupts the script is not for git
        )
    except OSError:  # git is not installed, or the folder is gone
        return ""
    timer = threading.Timer(_SECONDS, process.kill)
    timer.daemon = True
    timer.start()
    with process:
        assert process.stdout is not None
        content = process.stdout.read(MAX_DIFF + 1)
        is_whole = len(content) <= MAX_DIFF
        if not is_whole:
            process.kill()
    timer.cancel()
    if is_whole:
        return content.decode("utf-8", "replace") if process.returncode == 0 else ""
    kept = content[:MAX_DIFF].decode("utf-8", "replace").rpartition("\n")[0]
    return f"{kept}\n[cut off after {MAX_DIFF:,} bytes]\n"


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return `given` without what would point git at another repository, as within a hook."""
    dropped = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF")
    return {name: value for name, value in given.items() if name not in dropped}
