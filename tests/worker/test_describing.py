"""What a run says of what it was started as."""

import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest

from eqxviz.records import Problem, Record, RunDescription
from eqxviz.worker import git_state
from eqxviz.worker.describing import Describing, steering_variables
from tests.repositories import git


class Told:
    """What was told; the last of it, once there are `n` of them."""

    def __init__(self) -> None:
        self.records: list[RunDescription] = []
        self._more = threading.Condition()

    def __call__(self, records: Sequence[Record]) -> None:
        with self._more:
            self.records += records  # type: ignore[arg-type]  # descriptions are all that is told
            self._more.notify()

    def last_of(self, n: int) -> RunDescription:
        with self._more:
            assert self._more.wait_for(lambda: len(self.records) >= n, 20)
            return self.records[-1]


@pytest.fixture
def repository_of_user(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "-b", "trunk")
    (tmp_path / "train.py").write_text("lr = 0.1\n")
    git(tmp_path, "add", "train.py")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def test_description_holds_script_arguments_and_git(repository_of_user: Path) -> None:
    script = repository_of_user / "train.py"
    script.write_text("lr = 0.2\n")
    told = Told()
    Describing(str(script), ["--steps", "3"], told).start()
    description = told.last_of(3)
    assert description.script_text == "lr = 0.2\n"
    assert description.argv == ("--steps", "3")
    assert len(description.git_commit) == 40
    assert description.git_branch == "trunk"
    assert "-lr = 0.1\n+lr = 0.2" in description.git_diff
    assert dict(description.versions)["python"] == ".".join(map(str, sys.version_info[:3]))
    assert dict(description.versions)["numpy"]
    assert description.devices == ()


def test_description_without_repository_says_nothing_of_git(tmp_path: Path) -> None:
    assert git_state.AskingGit(tmp_path).answer() == ("", "", "")


def test_description_without_git_says_nothing_of_it(
    repository_of_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(repository_of_user))
    assert git_state.AskingGit(repository_of_user).answer() == ("", "", "")


def test_repository_without_commit_has_a_branch_alone(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    assert git_state.AskingGit(tmp_path).answer() == ("", "trunk", "")


def test_long_diff_is_cut_off(repository_of_user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_state, "MAX_DIFF", 2000)
    (repository_of_user / "train.py").write_text("x = 1\n" * 1000)
    diff = git_state.AskingGit(repository_of_user).answer().diff
    assert len(diff) < 2100
    assert diff.endswith("[cut off after 2,000 bytes]\n")


def test_reading_git_takes_no_lock(repository_of_user: Path) -> None:
    (repository_of_user / ".git" / "index.lock").touch()
    assert git_state.AskingGit(repository_of_user).answer().commit


def test_git_is_no_child_whose_end_would_interrupt_the_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nwhile ! [ -e gate ]; do sleep 0.01; done; echo said\n")
    slow.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    before = set(psutil.Process().children())
    asking = git_state.AskingGit(tmp_path)
    assert set(psutil.Process().children()) <= before
    (tmp_path / "gate").touch()
    assert asking.answer() == ("said", "said", "said\n")


def test_a_gpu_that_was_asked_for_and_is_not_there_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cuda,cpu")
    told: list[Record] = []
    describing = Describing(str(tmp_path / "train.py"), [], told.extend)
    import jax

    jax.devices()
    describing._has_backend = True
    describing.renew()
    describing.renew()
    (problem,) = [record for record in told if isinstance(record, Problem)]
    assert "not on the GPU" in problem.title
    assert "cpu:0" in problem.why


def test_only_variables_that_steer_are_kept_and_no_secret() -> None:
    given = {
        "XLA_FLAGS": "--a", "JAX_ENABLE_X64": "1", "HOME": "/root", "AWS_SECRET": "s",
        "JAX_API_TOKEN": "t", "OMP_NUM_THREADS": "2",
    }  # fmt: skip
    assert steering_variables(given) == (
        ("JAX_ENABLE_X64", "1"), ("OMP_NUM_THREADS", "2"), ("XLA_FLAGS", "--a"),
    )  # fmt: skip


def test_missing_script_has_no_text(tmp_path: Path) -> None:
    told = Told()
    Describing(str(tmp_path / "no.py"), [], told).start()
    assert told.last_of(1).script_text == ""
