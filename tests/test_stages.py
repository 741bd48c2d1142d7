"""The test command itself: it goes on after a failure and sums up what became of each stage."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stages import Outcome, Stage, main, read_report, run_stages


def test_a_failed_stage_stops_no_other_and_fails_the_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    ran: list[str] = []

    def stage(name: str, *counts: int) -> Stage:
        return Stage(name, lambda: (ran.append(name), Outcome(*counts))[1])

    assert run_stages([stage("one", 0, 1), stage("two", 7, 0, 2)]) == 1
    assert ran == ["one", "two"]
    lines = capsys.readouterr().out.splitlines()
    assert lines[-3].split()[:2] == ["one", "FAILED"]
    assert lines[-2].split()[:2] == ["two", "passed"]
    assert lines[-1] == "7 passed, 1 failed, 2 skipped"


def test_nothing_failed_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_stages([Stage("one", lambda: Outcome(3, 0))]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 0 failed"


def test_pytests_own_report_is_counted(tmp_path: Path) -> None:
    tests = tmp_path / "test_few.py"
    tests.write_text(
        "import pytest\n"
        "def test_good(): assert True\n"
        "def test_bad(): assert False\n"
        "@pytest.fixture\n"
        "def broken(): raise OSError\n"
        "def test_error(broken): pass\n"
        "@pytest.mark.skip\n"
        "def test_skipped(): pass\n"
    )
    report = tmp_path / "report.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    finished = subprocess.run(
        [*command, f"--junitxml={report}", str(tests)],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert read_report(report, finished.returncode) == Outcome(passed=1, failed=2, skipped=1)


def test_a_run_that_reports_nothing_has_failed(tmp_path: Path) -> None:
    assert read_report(tmp_path / "none.xml", 139) == Outcome(0, 1)


def test_a_run_that_fails_without_a_failed_test_has_failed(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text('<testsuites><testsuite tests="2" failures="0" errors="0"/></testsuites>')
    assert read_report(report, 1) == Outcome(2, 1)


def test_an_unknown_stage_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(tmp_path, ["--stage", "nonsense"])
    assert "choose from" in capsys.readouterr().err
