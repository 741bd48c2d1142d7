"""`eqxviz runs`, as a user types it."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from eqxviz.records import Problem, RunState, Severity
from eqxviz.store import RunStore
from tests.cli.conftest import Run
from tests.session.runs.made_runs import make_run

A, B = "20261121-181400-train-ab12", "20261121-181500-train-cd34"


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of two runs: A finished, B, the newer one, failed."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    runs = tmp_path / "state" / "eqxviz" / "runs"
    make_run(runs, A, {"loss": [0.5, 0.25]}, argv=["--lr", "0.1"])
    make_run(runs, B, {"loss": [0.5, 0.2]}, argv=["--lr", "0.2"], state=RunState.FAILED)
    return runs


def test_runs_are_listed_newest_first(kept: Path, run: Run) -> None:
    lines = run("runs").stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["ID", "cd34", "ab12"]
    assert "✗ failed" in lines[1]
    assert "train.py --lr 0.1" in lines[2]
    listed = json.loads(run("runs", "--format", "json", "--newest", "1").stdout)
    assert [each["id"] for each in listed] == [B]
    assert listed[0]["last_values"] == {"loss": 0.2}


def test_runs_are_searched(kept: Path, run: Run) -> None:
    found = run("runs", "--find", "loss>0.22 -failed", "--format", "json")
    assert [each["id"] for each in json.loads(found.stdout)] == [A]
    wrong = run("runs", "--find", "los<1")
    assert wrong.returncode == 2
    assert "Did you mean loss<1" in wrong.stderr


def test_no_runs_are_no_error(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "empty"))
    ended = run("runs")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert "eqxviz run SCRIPT.py" in ended.stderr


def test_run_is_labelled_and_shown(kept: Path, run: Run) -> None:
    assert run("runs", "tag", "ab12", " ").returncode == 2
    assert run("runs", "tag", "ab12", "good, base").returncode == 0
    assert run("runs", "untag", "ab12", "base").returncode == 0
    assert run("runs", "untag", "ab12", "base").returncode == 1
    assert run("runs", "note", A, "slow but sure").returncode == 0
    assert run("runs", "name", "last-1", "tortoise").returncode == 0
    shown = run("runs", "show", "tortoise").stdout
    assert "slow but sure" in shown
    assert "jax 0.10.2" in shown
    data = json.loads(run("runs", "show", "tortoise", "--format", "json").stdout)
    assert (data["name"], data["tags"]) == ("tortoise", ["good"])


def test_why_a_run_failed_is_shown(kept: Path, run: Run) -> None:
    with RunStore.open(kept / B) as store:
        store.append(
            Problem("x", Severity.ERROR, "It raised", "ValueError: \x1b[31mso", "Mend it.")
        )
    *_, title, why = run("runs", "show", "last").stdout.splitlines()
    assert title.split() == ["problem", "It", "raised"]
    assert why.strip() == "ValueError: [31mso"


def test_of_a_run_whose_store_is_damaged_no_end_is_claimed(kept: Path, run: Run) -> None:
    (kept / B / "store.sqlite").write_bytes(b"")
    listed = run("runs").stdout
    assert "? unreadable" in listed
    assert "died" not in listed
    shown = run("runs", "show", "cd34")
    assert shown.returncode == 1
    assert "unreadable" in shown.stdout
    assert "it is no store of a run, or was cut off" in shown.stderr


def test_unknown_and_ambiguous_names_are_explained(kept: Path, run: Run) -> None:
    unknown = run("runs", "show", "ab13")
    assert unknown.returncode == 1
    assert "there is no run 'ab13'; did you mean ab12" in unknown.stderr
    ambiguous = run("runs", "export", "2026", "-o", "x.csv")
    assert ambiguous.returncode == 1
    assert "'2026' fits 2 runs: cd34 (train.py), ab12 (train.py)" in ambiguous.stderr


def test_runs_are_compared(kept: Path, run: Run) -> None:
    told = run("runs", "compare", "last-1", "last").stdout
    assert "--lr" in told
    assert "interpreter" not in told
    rows = json.loads(run("runs", "compare", A, B, "--format", "json").stdout)["rows"]
    assert {"section": "Arguments", "name": "--lr", "values": ["0.1", "0.2"]} in rows
    assert "interpreter" in run("runs", "compare", A, B, "--all").stdout
    assert run("runs", "compare", "last").returncode == 2


def test_points_are_exported(kept: Path, run: Run, tmp_path: Path) -> None:
    assert run("runs", "export", "last", "-o", "points.csv").returncode == 0
    assert (tmp_path / "points.csv").read_text().splitlines()[1] == "loss,0,0.0,0.5"
    assert run("runs", "export", A, B, "-o", "tb").returncode == 0
    assert len(list((tmp_path / "tb").glob("*/events.out.tfevents.*"))) == 2
    wrong = run("runs", "export", "last", "-o", "x.csv", "--curve", "acc")
    assert wrong.returncode == 1
    assert "there is no curve acc; there are loss" in wrong.stderr
    make_run(kept, "20261121-181600-train-ef56", {"acc": [0.5]})
    partly = run("runs", "export", A, "last", "-o", "acc.csv", "--curve", "acc")
    assert partly.stderr.splitlines() == [
        f"{A} has no such curve, and gives no points",
        "Wrote acc.csv",
    ]
    nowhere = run("runs", "export", "last", "-o", "no/such/x.csv").stderr
    assert "no/such/x.csv: No such file or directory" in nowhere
    unknown = run("runs", "export", "last", "-o", "points.txt")
    assert unknown.returncode == 1
    assert "write OUT.csv" in unknown.stderr


def test_whole_runs_are_exported_and_taken_in(kept: Path, run: Run, tmp_path: Path) -> None:
    assert run("runs", "export", A, B, "-o", "two.eqxrun").returncode == 0
    again = run("runs", "import", "two.eqxrun")
    assert again.returncode == 1
    assert "among the runs already" in again.stderr
    assert run("runs", "delete", A, B, "--yes").returncode == 0
    assert run("runs", "import", "two.eqxrun").returncode == 0
    listed = json.loads(run("runs", "--format", "json").stdout)
    assert sorted(each["id"] for each in listed) == [A, B]
    assert "hello" in (kept / A / "output.txt").read_text()
    assert run("runs", "import", "none.eqxrun").returncode == 1
    nowhere = run("runs", "export", A, "-o", "no/such/x.eqxrun").stderr
    assert "no/such/x.eqxrun: No such file or directory" in nowhere


def test_run_is_deleted_for_good(kept: Path, run: Run) -> None:
    assert run("runs", "delete", "last").returncode == 2
    assert (kept / B).exists()
    assert run("runs", "delete", "last", "--yes").returncode == 0
    assert not (kept / B).exists()


@pytest.mark.parametrize(("answer", "is_kept"), [(b"n\n", True), (b"y\n", False)])
def test_deletion_asks_in_a_terminal(
    kept: Path, repository: Path, answer: bytes, is_kept: bool
) -> None:
    ours, theirs = pty.openpty()
    os.write(ours, answer)
    command = [sys.executable, "-m", "eqxviz", "runs", "delete", "last"]
    environment = os.environ | {"PYTHONPATH": str(repository)}
    ended = subprocess.run(
        command, stdin=theirs, env=environment, capture_output=True, timeout=60, check=False
    )
    os.close(ours)
    os.close(theirs)
    assert b"for good? [y/N]" in ended.stderr
    assert (kept / B).exists() == is_kept
    assert ended.returncode == (1 if is_kept else 0)


def test_unknown_run_opens_no_window(kept: Path, run: Run) -> None:
    ended = run("runs", "open", "nothing", "--screenshot", "x.png")
    assert ended.returncode == 1
    assert "there is no run 'nothing'" in ended.stderr


def test_run_is_shown_in_a_window_as_it_was(kept: Path, run: Run, tmp_path: Path) -> None:
    ended = run("runs", "open", "ab12", "--screenshot", tmp_path / "run.png")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert (tmp_path / "run.png").stat().st_size > 10_000
