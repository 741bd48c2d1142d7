"""`eqxviz run --headless` does in a terminal, a pipe and a job what Python does, and keeps it."""

import contextlib
import gzip
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from eqxviz.engine.places import RunInfo, is_live_run
from eqxviz.records import RunState, RunStatus
from eqxviz.store import RunStore
from tests.cli.terminal import Terminal

TRAIN = """
    import sys
    import jax, jax.numpy as jnp

    @jax.jit
    def make_step(w):
        loss = (w ** 2).sum()
        return loss, w * 0.9

    w = jnp.ones(3)
    for step in range(int(sys.argv[1])):
        loss, w = make_step(w)
        if step % 100 == 0:
            print(f"step {step}", flush=True)
    print("to stderr", file=sys.stderr)
    print(sys.argv, sys.stdin.isatty(), sys.stdout.isatty())
"""

ENDLESS = """
    import jax, jax.numpy as jnp

    @jax.jit
    def make_step(x):
        return x.sum(), x * 0.99

    x = jnp.ones(3)
    for _ in range(100):
        loss, x = make_step(x)
    try:
        print("begun", flush=True)
        while True:
            loss, x = make_step(x)
    finally:
        print("tidied up", flush=True)
"""


EQXVIZ = (sys.executable, "-m", "eqxviz")


@pytest.fixture
def environment(tmp_path: Path, repository: Path) -> dict[str, str]:
    # Without a buffer, Python itself drops the rest of a write that any signal interrupts.
    other = ("DISPLAY", "WAYLAND_DISPLAY", "VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if name not in other}
    return {**kept, "PYTHONPATH": str(repository), "XDG_STATE_HOME": str(tmp_path / "state")}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        (tmp_path / "train.py").write_text(textwrap.dedent(text))
        return "train.py"

    return write


@pytest.fixture
def start(
    tmp_path: Path, environment: dict[str, str]
) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start a run with pipes; it is gone when the test is."""
    started: list[subprocess.Popen[str]] = []

    def start(
        *words: str, as_command: Sequence[str] = EQXVIZ, **how: object
    ) -> "subprocess.Popen[str]":
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        command = [*as_command, "run", "--headless", *words]
        settings = {"env": environment, "cwd": tmp_path, "text": True, **pipes, **how}
        process = subprocess.Popen(command, **settings)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


@pytest.fixture
def points(tmp_path: Path) -> Callable[[], int]:
    """Return how many points are kept of the only run there is."""

    def count() -> int:
        (folder,) = (tmp_path / "state" / "eqxviz" / "runs").iterdir()
        with RunStore.open(folder) as store:
            return sum(len(batch.series) for batch in store.metrics())

    return count


@pytest.fixture
def terminal(tmp_path: Path, environment: dict[str, str]) -> Iterator[Callable[..., Terminal]]:
    """Start a run in a terminal; it is gone when the test is."""
    opened: list[Terminal] = []

    def open_terminal(*words: str, shell: Sequence[str] = ()) -> Terminal:
        command = [*shell, sys.executable, "-m", "eqxviz", "run", "--headless", *words]
        opened.append(Terminal(command, tmp_path, environment))
        return opened[-1]

    yield open_terminal
    for shown in opened:
        if shown.process.poll() is None:
            shown.process.kill()
        shown.process.wait()
        shown.close()


def test_what_the_script_writes_is_what_python_writes(start, write, points, tmp_path):
    script = write(TRAIN)
    plain = subprocess.run(
        [sys.executable, script, "250"],
        cwd=tmp_path, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    process = start(script, "--", "250")
    out, err = process.communicate(timeout=90)
    assert process.returncode == 0
    assert out == plain.stdout
    assert plain.stderr in err  # after how far it was, where it takes more than ten seconds
    assert "eqxviz: train.py finished after 250 steps" in err
    assert points() == 250
    (output,) = (tmp_path / "state" / "eqxviz" / "runs").glob("*/output.txt")
    assert {"step 200", "to stderr"} <= set(output.read_text().splitlines())


def test_what_a_script_leaves_open_or_running_is_as_with_python(start, write, tmp_path):
    script = """
        import gzip, subprocess, sys, tempfile
        import jax
        step = jax.jit(lambda x: x + 1)
        loss = step(1.0)
        packed = gzip.open("left.gz", "wt")
        packed.write("all of it")
        passing = tempfile.NamedTemporaryFile(dir=".", suffix=".passing")
        class Last:
            def __del__(self):
                print("last of all")
        last = Last()
        code = "import time; time.sleep(1); open('late.txt', 'w').close()"
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL)
    """
    process = start(write(script))
    out, err = process.communicate()
    assert (process.returncode, out) == (0, "last of all\n"), err
    assert gzip.decompress((tmp_path / "left.gz").read_bytes()) == b"all of it"
    assert not list(tmp_path.glob("*.passing"))
    deadline = time.monotonic() + 30
    while not (tmp_path / "late.txt").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_exit_code_is_the_scripts_and_its_input_is_passed_through(start, write):
    process = start(write("import sys\nprint(sys.stdin.read().upper())\nsys.exit(7)"))
    out, _ = process.communicate("from the pipe", timeout=60)
    assert (process.returncode, out) == (7, "FROM THE PIPE\n")


def test_what_it_raised_is_told_with_what_to_do(start, write):
    process = start(write("import no_such_module"))
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == ""
    assert err.count("Traceback") == 1
    assert "no_such_module" in err
    assert "fix:" in err


def test_what_jax_says_of_a_model_under_jit_is_explained(start, write):
    script = write("""
        import jax, jax.numpy as jnp

        @jax.jit
        def predict(params, x):
            return params["activation"](x @ params["w"])

        predict({"w": jnp.ones(3), "activation": jnp.tanh}, jnp.ones(3))
    """)
    process = start(script)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.count("Traceback") == 1
    raised, explained = err.index("The script raised TypeError"), err.index("No JAX type:")
    assert raised < explained
    assert "`params['activation']`" in err[explained:]
    assert "@eqx.filter_jit" in err[explained:]


def test_a_crash_ends_it_as_a_shell_says_it(start, write):
    process = start(write("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)"))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGSEGV
    assert "segmentation fault" in err
    assert "recorder.py" not in err, "threads that did not crash are of no interest"


def test_a_reader_that_leaves_is_told_to_the_script(start, write):
    process = start(write("for i in range(200_000): print(i)\n"))
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert process.returncode not in (0, None)
    assert "BrokenPipeError" in err


def test_a_full_disk_is_told_to_the_script_and_named(start, write):
    with open("/dev/full", "w") as full:
        process = start(write("while True: print('x' * 1000)"), stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode in (1, 120)
    assert "what the script writes cannot be written: No space left on device" in err


def test_a_flood_is_passed_on_whole_and_kept_in_two_parts(start, write, tmp_path):
    flood = """
        import sys
        for _ in range(700):
            sys.stdout.write(("y" * 99 + "\\n") * 1000)
        print("the last line")
    """
    process = start(write(flood))
    out, _ = process.communicate(timeout=90)
    assert len(out) == 70_000_014
    (folder,) = (tmp_path / "state" / "eqxviz" / "runs").iterdir()
    kept = [folder / name for name in ("output.txt", "output.1.txt")]
    assert all(path.stat().st_size <= 32 << 20 for path in kept)
    assert kept[0].read_text().endswith("the last line\n")


COUNTING = """
    import os, subprocess, sys, time
    for i in range(150):
        print("line", i, flush=True)
        time.sleep(0.01)
    subprocess.run([sys.executable, "-c", "print('its child')"], check=True)
    print("to stderr", file=sys.stderr)
    open("done", "w").close()
"""


def is_whole(folder: Path) -> bool:
    """Return whether the run in `folder` went to its end, and all that it wrote is kept, but for
    what was just in the hands of the process that was killed.
    """
    (run,) = (folder / "state" / "eqxviz" / "runs").iterdir()
    kept = (run / "output.txt").read_text().split("\n")
    with RunStore.open(run) as store:
        (status,) = store.records_of(RunStatus)
    numbers = [int(line.split()[1]) for line in kept if line.startswith("line")]
    return (
        status.state is RunState.FINISHED
        and numbers == sorted(numbers)
        and len(numbers) >= 147
        and {"its child", "to stderr"} <= {line.strip() for line in kept}
    )


def wait_until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not is_true():
        assert time.monotonic() < deadline, "what was awaited did not come"
        time.sleep(0.05)


def test_a_run_whose_terminal_process_is_killed_goes_on_and_is_kept_whole(start, write, tmp_path):
    process = start(write(COUNTING))
    assert process.stdout.readline() == "line 0\n"
    process.kill()
    process.wait()
    wait_until((tmp_path / "done").exists)
    (info,) = (tmp_path / "state").glob("eqxviz/runs/*/run.json")
    wait_until(lambda: not is_live_run(info.parent))
    assert is_whole(tmp_path)


def test_in_a_terminal_it_goes_on_as_well(terminal, write, tmp_path):
    # A terminal whose first process ends hangs up.
    shown = terminal(
        write(COUNTING), shell=("/bin/sh", "-c", '"$@"; echo "ended by $?"; read x', "sh")
    )
    shown.wait_for("line 3")
    (info,) = (tmp_path / "state").glob("eqxviz/runs/*/run.json")
    run = RunInfo.read(info.parent)
    assert run is not None
    parent = psutil.Process(run.pid).parent()
    assert parent is not None
    parent.kill()
    shown.wait_for("ended by 137")
    wait_until((tmp_path / "done").exists)
    wait_until(lambda: not is_live_run(info.parent))
    assert is_whole(tmp_path)


def test_a_signal_interrupts_the_script_which_tidies_up(start, write, points):
    process = start(write(ENDLESS))
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "tidied up" in out
    assert "KeyboardInterrupt" in err
    assert points() > 0


# It meets the script only when there is a file: so late a busy machine may come to it.
_CONNECTED_LATE = """
import pathlib, sys, time
from eqxviz.cli.main import main
from eqxviz.engine.conversation import Conversation

def connected(talk, process, connected=Conversation._connected):
    while not pathlib.Path("go").exists():
        time.sleep(0.02)
    return connected(talk, process)

Conversation._connected = connected
sys.exit(main())
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_script_that_begins_before_it_is_met_is_interrupted_as_well(
    start, write, tmp_path, number
):
    script = """
        try:
            print("begun", flush=True)
            while True: pass
        finally:
            print("tidied up", flush=True)
    """
    process = start(write(script), as_command=(sys.executable, "-c", _CONNECTED_LATE))
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    assert process.stdout.readline() == "tidied up\n"
    (tmp_path / "go").touch()
    _, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert "train.py stopped" in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_end_from_outside_loses_nothing(start, write, points, number):
    process = start(write(ENDLESS))
    assert process.stdout.readline() == "begun\n"
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert "tidied up" in out
    assert "train.py stopped" in err
    assert points() > 0


def test_on_a_terminal_a_line_says_how_far_it_is(terminal, write):
    started = time.monotonic()
    shown = terminal(write(TRAIN), "--", "20000")
    shown.wait_for("loss ")
    assert shown.end() == 0
    n_lines = shown.text.count("train.py – ")
    assert n_lines < 5 + 10 * (time.monotonic() - started), "more is but flicker, and slow over ssh"
    assert re.search(r"train\.py – running, step [\d,]+ · .*loss \d", shown.text)
    # The script sees a terminal, and each of its lines stands by itself.
    assert "True True" in shown.text
    assert re.search(r"(\r|\x1b\[K)step 0\r\n", shown.text)


def test_ctrl_c_in_a_terminal_interrupts_the_script_once(terminal, write):
    shown = terminal(write(ENDLESS))
    shown.wait_for("begun")
    shown.type("\x03")
    assert shown.end() == 130
    assert shown.text.count("tidied up") == 1


def test_in_a_terminal_a_signal_to_its_process_alone_interrupts_the_script_as_well(terminal, write):
    shown = terminal(write(ENDLESS))
    shown.wait_for("begun")
    shown.process.send_signal(signal.SIGINT)
    assert shown.end() == 130
    assert shown.text.count("tidied up") == 1


def test_ctrl_c_before_the_script_runs_ends_it_without_a_traceback(terminal, write):
    shown = terminal(write(ENDLESS))
    shown.wait_for("starting")
    shown.type("\x03")
    assert shown.end() == 130
    assert "train.py stopped" in shown.text
    assert "eqxviz/worker" not in shown.text


def test_the_exit_code_that_a_script_left_with_is_said(start, write):
    process = start(write("import sys\nsys.exit(7)\n"))
    _, err = process.communicate(timeout=30)
    assert process.returncode == 7
    assert "train.py failed with exit code 7" in err


def test_an_argument_that_is_no_text_reaches_the_script(start, write, tmp_path):
    process = start(write("import os, sys\nprint(os.fsencode(sys.argv[1]))\n"), "--", b"x\xe9")
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert out == "b'x\\xe9'\n"


def test_a_second_ctrl_c_ends_a_script_that_does_not_obey(terminal, write):
    deaf = """
        import time
        n = 0
        while True:
            try:
                print("begun" if not n else "again", flush=True)
                n += 1
                time.sleep(60)
            except KeyboardInterrupt:
                print("heard", flush=True)
    """
    shown = terminal(write(deaf))
    shown.wait_for("begun")
    shown.type("\x03")
    shown.wait_for("heard")
    time.sleep(0.5)
    shown.type("\x03")
    assert shown.end() == 130


def test_a_script_asks_in_the_terminal(terminal, write):
    shown = terminal(write("print('hello', input('name? '))"))
    shown.wait_for("name? ")
    shown.type("Ada\r")
    shown.wait_for("hello Ada")
    assert shown.end() == 0


def test_a_terminal_that_is_closed_loses_nothing(terminal, write, points, tmp_path):
    shown = terminal(write(ENDLESS))
    shown.wait_for("begun")
    shown.close()
    shown.process.wait(30)
    assert points() > 0
    (output,) = (tmp_path / "state" / "eqxviz" / "runs").glob("*/output.txt")
    assert "tidied up" in output.read_text()


def test_all_options_reach_the_script(start, write, tmp_path):
    (tmp_path / "data").mkdir()
    script = """
        import os, sys, jax
        print(len(jax.devices()), jax.config.jax_enable_x64, jax.config.jax_debug_nans)
        print(os.getcwd(), os.environ.get("MINE"), "HOME" in os.environ)
        print(len(os.sched_getaffinity(0)), sys.argv)
    """
    words = ("--device", "cpu", "--cpus", "3", "--x64", "-d", "nans", "--cores", "1")
    more = ("--cwd", "data", "--env", "MINE=a b", "--unset", "HOME")
    process = start(*words, *more, write(script), "--", "--x64")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    first, second, third = out.splitlines()
    assert first == "3 True True"
    assert second == f"{tmp_path}/data a b False"
    assert third == f"1 ['{tmp_path}/train.py', '--x64']"


def test_a_module_is_run_as_python_runs_it(start, tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "near.py").write_text("WORD = 'near'")
    (package / "train.py").write_text(
        "import sys\nfrom .near import WORD\n"
        "print(WORD, __package__, __spec__.name, sys.argv, sys.path[0])\n"
    )
    process = start("-m", "package.train", "--", "a")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out == f"near package package.train ['{package}/train.py', 'a'] {tmp_path}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-m", "no_such.module"), "No module named no_such"),
        (("-m", "json"), "'json' is a package and cannot be directly executed"),
    ],
)
def test_a_module_that_is_none_is_told_as_python_tells_it_and_where_it_is_looked_for(
    start, tmp_path, words, said
):
    process = start(*words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert said in err
    assert f"The module {words[1]} cannot be run" in err
    assert f"from the working directory, {tmp_path}" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gone.py",), "there is no file"),
        ((), "name a script, or a module with -m"),
        (("train.py", "--steps", "3"), "what the script is to be given comes after --"),
        (("train.py", "--hold"), "--hold waits for a window"),
        (("train.py", "--env", "A"), "'A' is no variable: write NAME=VALUE"),
        (("train.py", "--debug", "nan"), "no debug flag is called 'nan'"),
        (("train.py", "--exit-after", "3"), "--headless opens no window"),
    ],
)
def test_what_cannot_be_run_is_said_before_anything_is_started(start, write, words, said):
    write("print()")
    process = start(*words)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert said in err


def test_an_interpreter_that_is_none_is_said(start, write, tmp_path):
    (tmp_path / "python").write_text("#!/bin/sh\necho no\n")
    (tmp_path / "python").chmod(0o755)
    process = start("--python", str(tmp_path / "python"), write("print()"))
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (1, "")
    assert "python is no Python" in err


def test_without_a_display_it_is_offered(tmp_path, environment, write):
    words = [sys.executable, "-m", "eqxviz", "run", write("print()")]
    bare = {name: value for name, value in environment.items() if name != "QT_QPA_PLATFORM"}
    done = subprocess.run(
        words, env=bare, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "eqxviz run SCRIPT.py --headless" in done.stderr
