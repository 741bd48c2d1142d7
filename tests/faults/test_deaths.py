"""A process that ends before its script does is told as what it is, and loses no point."""

from pathlib import Path

import pytest

from eqxviz.records import RunState
from eqxviz.session.runs.reading import read_run

from .conftest import Watcher, training

IMPORTS = "import ctypes, os, resource, signal, sys"
WAIT = "time.sleep(0.3)  # longer than points stay in memory\n"
LIMIT = """
size = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + (256 << 20),) * 2)
"""


@pytest.mark.parametrize(
    ("end", "exit_code", "title", "words"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", -9, "train.py was killed (SIGKILL)", "of memory"),
        ("os.kill(os.getpid(), signal.SIGTERM)", -15, "terminated (SIGTERM)", "job scheduler"),
        ("ctypes.string_at(0)", -11, "segmentation fault (SIGSEGV)", "native code"),
        ("os.abort()", -6, "aborted (SIGABRT)", "native code"),
        ("os._exit(3)", 3, "train.py ended its process: exit code 3", "by os._exit"),
        ("os._exit(0)", 0, "train.py ended its process: exit code 0", "by os._exit"),
        ("ctypes.CDLL(None).exit(5)", 5, "exit code 5", "an exit in native code"),
    ],
    ids=["killed", "terminated", "segfault", "abort", "os._exit(3)", "os._exit(0)", "exit(5)"],
)
def test_the_end_of_the_process_is_told_and_its_points_are_kept(
    watcher: Watcher, end: str, exit_code: int, title: str, words: str
):
    watcher.start(training(WAIT + end, first=IMPORTS))
    assert watcher.until_end() is RunState.DIED
    assert watcher.run.status.exit_code == exit_code
    problem = watcher.problem
    assert title in problem.title
    assert words in problem.why + problem.fix
    assert "recorder.py" not in problem.detail, "threads that did not crash are of no interest"
    if exit_code in (-11, -6):
        assert problem.line == len(training(WAIT + end, first=IMPORTS).splitlines())
    assert len(watcher.values()) == 20
    # It is told in the same words when it is opened some day.
    folder = Path(watcher.run.folder)
    watcher.until(lambda: read_run(folder).status.exit_code == exit_code)
    kept = read_run(folder)
    assert (kept.status.state, kept.status.step) == (RunState.DIED, 20)
    assert kept.problems == [problem]


def test_a_script_that_ends_its_process_at_once_is_told_as_what_it_is(watcher: Watcher):
    watcher.start("import os\nprint('begun', flush=True)\nos._exit(3)\n")
    assert watcher.until_end() is RunState.DIED
    assert watcher.problem.title == "train.py ended its process: exit code 3"


@pytest.mark.parametrize(
    ("end", "exit_code", "title", "words"),
    [
        ("sys.exit(7)", 7, "train.py left with exit code 7", "It called sys.exit(7)."),
        ("sys.exit('no data')", 1, "train.py ended itself: no data", "sys.exit('no data')"),
        (
            "import argparse; argparse.ArgumentParser().parse_args(['--lr'])",
            *(2, "train.py left with exit code 2", "It did not accept its arguments."),
        ),
    ],
    ids=["code", "words", "argparse"],
)
def test_a_script_that_leaves_with_an_error_says_where(
    watcher: Watcher, end: str, exit_code: int, title: str, words: str
):
    watcher.start("import sys\n" + end)
    assert watcher.until_end() is RunState.FAILED
    assert watcher.run.status.exit_code == exit_code
    assert watcher.problem.title == title
    assert words in watcher.problem.why
    assert watcher.problem.line == 2


@pytest.mark.parametrize(
    ("hoard", "words"),
    [
        ("kept = [jnp.ones(8 << 20) + i for i in range(1000)]", "Out of memory allocating"),
        ("kept = []\nwhile True: kept.append('a' * 1000)", "MemoryError"),
    ],
    ids=["arrays", "objects"],
)
def test_out_of_memory_is_told_with_its_line(watcher: Watcher, hoard: str, words: str):
    script = training(WAIT + LIMIT + hoard, first=IMPORTS)
    watcher.start(script)
    assert watcher.until_end() is RunState.FAILED
    assert words in watcher.problem.why
    assert "smaller" in watcher.problem.fix
    assert watcher.problem.line == len(script.splitlines())
    assert len(watcher.values()) == 20
