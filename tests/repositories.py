"""Git repositories of a user's own, as git makes them."""

import shutil
import subprocess
from pathlib import Path

import pytest


def git(folder: Path, *words: str) -> None:
    """Run git in `folder`; a test on a machine that has none is skipped."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    identity = ("-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)
