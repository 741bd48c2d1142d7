"""A script under capture runs as Python runs it, to its very end."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from eqxviz.records import Control, Done, GateCommand, Problem, RunState

from .conftest import Run

Start = Callable[..., Run]

FACTS = """
    import __main__, inspect, os, sys
    def here(): pass
    print(__name__, __spec__, __package__, __cached__, __doc__, sep="|")
    print(__file__, sys.argv, sys.path[0], sep="|")
    print(__main__.here is here, type(__builtins__).__name__, __loader__.get_filename())
    print(inspect.getsource(here).strip())
    print(sorted(name for name in globals() if name.startswith("__")))
    print("jax" in sys.modules, os.getcwd(), sys.flags.safe_path)
"""

BROKEN = """
    def f(x):
        return 1 / x
    def g():
        try:
            f(0)
        except ZeroDivisionError as error:
            raise LookupError("nothing found") from error
    g()
"""


def as_python(run: Run, *argv: str) -> subprocess.CompletedProcess[str]:
    """Return how Python itself runs the script of `run`."""
    return subprocess.run(
        [sys.executable, "script.py", *argv],
        cwd=run.worker.place,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_the_script_finds_itself_as_python_would_have_it(run: Start):
    started = run(FACTS, "--verbose", "--", "x y")
    assert started.client.until_end().state is RunState.FINISHED
    python = as_python(started, "--verbose", "--", "x y")
    assert started.output == python.stdout
    assert "['script.py', '--verbose', '--', 'x y']" in started.output


def test_an_uncaught_exception_is_printed_as_python_prints_it(run: Start):
    started = run(BROKEN)
    status = started.client.until_end()
    assert (status.state, status.exit_code) == (RunState.FAILED, 1)
    assert started.output == as_python(started).stdout
    problem = started.client.until(lambda event: isinstance(event, Problem))
    assert isinstance(problem, Problem)
    assert (problem.code, Path(problem.file).name, problem.line) == (
        "script-raised",
        "script.py",
        8,
    )
    assert "nothing found" in problem.why


def test_an_endless_recursion_is_told_as_such(run: Start):
    started = run("def f(n): return f(n + 1)\nf(0)\n")
    status = started.client.until_end()
    assert (status.state, status.exit_code) == (RunState.FAILED, 1)
    (problem,) = started.problems()
    assert "RecursionError" in problem.title
    assert "worker" not in started.output, "lines of eqxviz"


def test_a_handler_that_fails_at_the_end_is_told_as_python_tells_it(run: Start):
    started = run(
        """
        import atexit
        class Save:
            def __call__(self): 1 / 0
            def __repr__(self): return "save"
        atexit.register(Save())
        """
    )
    assert started.client.until_end().state is RunState.FINISHED
    told, as_it_is = (
        # Some releases underline a part of the line here, others do not.
        [line for line in text.splitlines() if line.strip(" ~^")]
        for text in (started.output, as_python(started).stdout)
    )
    assert told == as_it_is


def test_what_was_written_is_in_its_files_when_the_end_is_told(run: Start):
    started = run(
        """
        import sys
        print("to the old stream")
        kept = sys.stdout
        sys.stdout = open("new.txt", "w")
        print("to the new stream")
        log = open("log.csv", "w")
        log.write("step,loss")
        raw = open("raw.bin", "wb")
        raw.write(b"bytes")
        """
    )
    assert started.client.until_end().state is RunState.FINISHED
    names = ("output.txt", "new.txt", "log.csv", "raw.bin")
    written = [(started.worker.place / name).read_text() for name in names]
    assert written == ["to the old stream\n", "to the new stream\n", "step,loss", "bytes"]


def test_a_script_that_does_not_parse_is_told_with_its_line(run: Start):
    started = run("x = 1\ny = (\n")
    assert started.client.until_end().state is RunState.FAILED
    problem = started.client.until(lambda event: isinstance(event, Problem))
    assert isinstance(problem, Problem)
    assert (problem.code, problem.line) == ("syntax-error", 2)
    assert "SyntaxError" in started.output


@pytest.mark.parametrize(
    ("statement", "state", "exit_code", "output"),
    [
        ("sys.exit()", RunState.FINISHED, 0, ""),
        ("sys.exit(3)", RunState.FAILED, 3, ""),
        ("sys.exit('no data')", RunState.FAILED, 1, "no data\n"),
    ],
)
def test_sys_exit_gives_its_code(
    run: Start, statement: str, state: RunState, exit_code: int, output: str
):
    started = run(f"import sys\n{statement}\n")
    status = started.client.until_end()
    assert (status.state, status.exit_code) == (state, exit_code)
    assert started.output == output


def test_threads_are_joined_and_exit_handlers_run_before_the_end(run: Start):
    started = run(
        """
        import atexit, threading, time
        atexit.register(print, "first registered, last run")
        atexit.register(print, "last registered, first run")
        unwanted = atexit.register(lambda: print("never"))
        atexit.unregister(unwanted)
        threading.Thread(target=lambda: (time.sleep(0.3), print("thread"))).start()
        print("script")
        """
    )
    assert started.client.until_end().state is RunState.FINISHED
    assert started.output.splitlines() == [
        "script",
        "thread",
        "last registered, first run",
        "first registered, last run",
    ]


def test_stop_reaches_a_script_that_makes_no_jitted_calls(run: Start):
    started = run(
        """
        import time
        print("waiting", flush=True)
        try:
            time.sleep(60)
        finally:
            print("cleaned up")
        """
    )
    started.client.until_state(RunState.RUNNING)
    assert started.client.ask(Control(GateCommand.STOP)) == Done()
    assert started.client.until_end().state is RunState.STOPPED
    assert "cleaned up" in started.output


def test_an_interrupt_from_outside_ends_the_script_as_stopped(run: Start):
    started = run("import time\nprint('waiting', flush=True)\ntime.sleep(60)\n")
    started.client.until_state(RunState.RUNNING)
    while "waiting" not in started.output:
        pass
    os.kill(started.worker.process.pid, signal.SIGINT)
    status = started.client.until_end()
    assert (status.state, status.exit_code) == (RunState.STOPPED, 130)
    assert "KeyboardInterrupt" in started.output


def test_a_folder_with_a_main_module_runs(tmp_path: Path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__main__.py").write_text("import other\nprint(other.NAME, __name__)\n")
    (package / "other.py").write_text("NAME = 'other'\n")
    code = f"from eqxviz.worker.script import run_script; run_script({str(package)!r}, [])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "other __main__\n"


def test_what_lies_beside_the_file_that_a_link_leads_to_is_imported(tmp_path: Path):
    folder = tmp_path / "real"
    folder.mkdir()
    (folder / "beside.py").write_text("NAME = 'beside'\n")
    (folder / "train.py").write_text("import sys, beside\nprint(sys.path[0], __file__, sys.argv)\n")
    (tmp_path / "link.py").symlink_to(folder / "train.py")
    code = "from eqxviz.worker.script import run_script; run_script('link.py', [])"
    ours, pythons = (
        subprocess.run(
            [sys.executable, *words],
            env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for words in (("-c", code), ("link.py",))
    )
    assert ours == pythons


def test_sigterm_ends_the_worker_at_once(run: Start):
    started = run("import time\ntime.sleep(60)\n")
    started.client.until_state(RunState.RUNNING)
    started.worker.process.terminate()
    assert started.worker.process.wait(10) == -signal.SIGTERM
