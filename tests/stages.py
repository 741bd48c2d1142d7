"""The stages of the test command: which there are, how they run, and how they are summed up."""

import argparse
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

SECOND_PYTHONS = ("3.14", "3.13", "3.12")
_CLOSING_LINE = re.compile(r"(\d+) passed, (\d+) failed(?:, (\d+) skipped)?")


class Outcome(NamedTuple):
    """How many checks of a stage passed, failed and were skipped."""

    passed: int
    failed: int
    skipped: int = 0

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


@dataclass(frozen=True)
class Stage:
    """A named part of the test command."""

    name: str
    run: Callable[[], Outcome]


def main(root: Path, arguments: Sequence[str]) -> int:
    """Run the stages that `arguments` choose and return the exit status."""
    options, extra = _parser().parse_known_args(arguments)
    os.chdir(root)
    return run_stages(list(_stages(root, options, extra)))


def run_stages(stages: Sequence[Stage]) -> int:
    """Run every stage, whatever became of the others, and return 1 if anything failed."""
    results: list[tuple[str, Outcome, float]] = []
    for stage in stages:
        print(f"\n=== {stage.name}", flush=True)
        start = time.monotonic()
        outcome = stage.run()
        results.append((stage.name, outcome, time.monotonic() - start))
    print()
    for name, outcome, seconds in results:
        verdict = "FAILED" if outcome.failed else "passed"
        print(f"{name:<16}{verdict:<8}{seconds:>7.1f} s  {outcome}")
    total = Outcome(
        *(sum(counts) for counts in zip(*(each for _, each, _ in results), strict=True))
    )
    print(total, flush=True)
    return 1 if total.failed else 0


def read_report(report: Path, status: int) -> Outcome:
    """Return pytest's own counts; a run that ended early has at least one failure."""
    suites = ElementTree.parse(report).getroot().iter("testsuite") if report.exists() else ()
    tests = failed = skipped = 0
    for suite in suites:
        tests += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    passed = max(tests - failed - skipped, 0)
    return Outcome(passed, max(failed, 1) if status else failed, skipped)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 tests",
        description="Check the whole project. Other arguments are pytest's and select its stage.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--full",
        action="store_true",
        help="also run the tests marked `full`, and all of them under a second Python with "
        "its newest JAX (EQXVIZ_SECOND_PYTHON, or the newest one found)",
    )
    parser.add_argument(
        "--stage",
        action="append",
        choices=["lint", "format", "types", "imports", "pytest", "second-python"],
        help="run this stage only; may be repeated",
    )
    return parser


def _stages(root: Path, options: argparse.Namespace, extra: Sequence[str]) -> Iterator[Stage]:
    scripts = Path(sysconfig.get_path("scripts"))
    python = (sys.executable, "-m")
    tests = [*(["--full"] if options.full else []), *extra]
    stages = [
        Stage("lint", lambda: _check([*python, "ruff", "check"])),
        Stage("format", lambda: _check([*python, "ruff", "format", "--check"])),
        Stage("types", lambda: _check([*python, "pyright", "--pythonpath", sys.executable])),
        Stage("imports", lambda: _check([str(scripts / "lint-imports"), "--no-logo"])),
        Stage("pytest", lambda: _pytest(tests)),
        Stage("second-python", lambda: _second_python(root, extra)),
    ]
    chosen = options.stage or (["pytest"] if extra else [each.name for each in stages[:5]])
    if options.full and not options.stage:
        chosen.append("second-python")
    return (stage for stage in stages if stage.name in chosen)


def _check(command: Sequence[str]) -> Outcome:
    status = subprocess.run(command, check=False).returncode
    return Outcome(0, 1) if status else Outcome(1, 0)


def _pytest(arguments: Sequence[str]) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "pytest.xml"
        workers = [] if any(each.startswith("-n") for each in arguments) else ["-n", "2"]
        command = [sys.executable, "-m", "pytest", *workers, "--dist", "loadfile", "-q"]
        command += [f"--junitxml={report}", *arguments]
        environment = _with_bytecode_in(Path(folder))
        status = subprocess.run(command, env=environment, check=False)
        return read_report(report, status.returncode)


def _with_bytecode_in(folder: Path) -> dict[str, str]:
    """Return an environment in which the hundreds of processes of tests share their bytecode.

    Nothing of it is written to the checkout, nor beside what tests make.
    """
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}


def _second_python(root: Path, arguments: Sequence[str]) -> Outcome:
    python = os.environ.get("EQXVIZ_SECOND_PYTHON") or _find_second_python()
    if not python:
        print("No Python other than this one was found; set EQXVIZ_SECOND_PYTHON to one.")
        return Outcome(0, 0, 1)
    print(f"{python}, with the newest JAX that it can have", flush=True)
    environment = {**os.environ, "EQXVIZ_VENV": f"{sys.prefix}-second-python"}
    command = [python, str(root / "tests"), "--stage", "pytest", *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        last = ""
        for last in process.stdout:
            print(last, end="", flush=True)
    closing = _CLOSING_LINE.fullmatch(last.strip())
    if not closing:
        return Outcome(0, 1)
    return Outcome(*(int(count or 0) for count in closing.groups()))


def _find_second_python() -> str | None:
    """Return the newest other Python that has what an environment needs, or None."""
    versions = Path("~/.pyenv/versions").expanduser()
    for version in SECOND_PYTHONS:
        candidates = [f"python{version}", *map(str, versions.glob(f"{version}.*/bin/python"))]
        for candidate in candidates:
            if sys.version_info[:2] != tuple(map(int, version.split("."))) and _works(candidate):
                return candidate
    return None


def _works(python: str) -> bool:
    try:
        tried = subprocess.run([python, "-c", "import ensurepip"], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return tried.returncode == 0
