"""What git says of a folder: commit, branch, and what differs from the commit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

MAX_DIFF = 1_000_000  # bytes
_SECONDS = 10.0
_MAX_HEAD = 10_000  # bytes of what precedes the diff
# Reading takes no lock, starts no daemon, and runs no program that the repository names.
_GIT = "git --no-optional-locks --no-pager -c core.fsmonitor=false"
_QUESTIONS = f"""
{_GIT} rev-parse --verify --quiet HEAD
printf '\\0'
{_GIT} symbolic-ref --short --quiet HEAD
printf '\\0'
{_GIT} diff --no-color --no-ext-diff --no-textconv HEAD
"""


class GitState(NamedTuple):
    """Empty texts where there is no repository, no commit, no branch, or no git."""

    commit: str
    branch: str
    diff: str


class AskingGit:
    """Asks git about a folder, from when it is made on.

    Git is no child of this process: the end of a child interrupts whatever a thread is doing, and
    Python's unbuffered streams lose the rest of a write that is interrupted.
    """

    def __init__(self, folder: Path) -> None:
        self._shell: subprocess.Popen[bytes] | None = None
        with contextlib.suppress(OSError):  # there is no shell, or the folder is gone
            self._shell = subprocess.Popen(
                ["/bin/sh", "-c", f"({_QUESTIONS}) &"],
                cwd=folder,
                env=_environment(os.environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # what interrupts the script is not for git
            )
            self._shell.wait()  # it leaves git behind, and is gone at once

    def answer(self) -> GitState:
        """Return what git says, within some seconds; the diff is that of tracked files."""
        shell = self._shell
        if shell is None or shell.stdout is None:
            return GitState("", "", "")
        timer = threading.Timer(_SECONDS, self._end_git)
        timer.daemon = True
        timer.start()
        with shell.stdout as stream:
            content = stream.read(_MAX_HEAD + MAX_DIFF + 1)
            if len(content) > MAX_DIFF:
                self._end_git()  # it has more to say
        timer.cancel()
        commit, branch, diff = (*content.split(b"\0", 2), b"", b"")[:3]
        return GitState(commit.decode().strip(), branch.decode().strip(), _cut_off(diff))

    def _end_git(self) -> None:
        assert self._shell is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._shell.pid, signal.SIGKILL)


def _cut_off(diff: bytes) -> str:
    if len(diff) <= MAX_DIFF:
        return diff.decode("utf-8", "replace")
    kept = diff[:MAX_DIFF].decode("utf-8", "replace").rpartition("\n")[0]
    return f"{kept}\n[cut off after {MAX_DIFF:,} bytes]\n"


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Return `given` without what would point git at another repository, as within a hook."""
    dropped = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF")
    return {name: value for name, value in given.items() if name not in dropped}
