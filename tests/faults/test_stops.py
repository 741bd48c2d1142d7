"""Stop ends everything within 2.5 s, whatever the script is doing, and says so."""

import gzip
import threading
import time
from pathlib import Path

import psutil
import pytest

from eqxviz.records import RunState
from eqxviz.session.runs.reading import read_run

from .conftest import SLACK_SECONDS, STOP_SECONDS, Watcher, training

IMPORTS = """
import asyncio, ctypes, multiprocessing, os, signal, sys, threading, time
def spin():
    while True: pass
"""
BEGUN = "print('begun', flush=True)\n"
OBEYS = {  # these end as by Ctrl+C, at once
    "a Python loop": "spin()",
    "a sleep": "time.sleep(60)",
    "input()": "input('name? ')",
    "an event loop": "asyncio.run(asyncio.sleep(60))",
    "a lock": "threading.Event().wait()",
    "jitted calls": "while True: loss, w = make_step(w)",
    "a pool": "multiprocessing.get_context('spawn').Pool(1).apply(time.sleep, (60,))",
}
FORCED = {  # these hear nothing, or do not care
    "an XLA loop": (
        "jax.jit(lambda x: jax.lax.while_loop(lambda x: x >= 0, lambda x: x + 1 - x, x))(1.0)"
    ),
    "C code that holds the lock of Python": "time.sleep(0.3); ctypes.PyDLL(None).sleep(60)",
    "interrupts ignored": "signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
    "SIGINT and SIGTERM handled": (
        "for n in signal.SIGINT, signal.SIGTERM: signal.signal(n, lambda *a: print('no', a[0]))\n"
        "while True: time.sleep(0.01)"
    ),
    "KeyboardInterrupt caught": """
while True:
    try:
        while True: loss, w = make_step(w)
    except KeyboardInterrupt:
        print("not now", flush=True)
""",
}


def begun(watcher: Watcher, waiting: str) -> None:
    """Run a script that takes a few steps, then waits."""
    watcher.start(training(BEGUN + waiting, first=IMPORTS, n_steps=3))
    watcher.until_printed("begun")


@pytest.mark.parametrize("waiting", OBEYS.values(), ids=OBEYS.keys())
def test_a_script_that_can_be_interrupted_is(watcher: Watcher, waiting: str):
    begun(watcher, f"try:\n    {waiting}\nfinally:\n    print('cleaned up')")
    seconds = watcher.stop()
    assert seconds < 1.5
    assert watcher.session.problems == []
    assert "cleaned up" in watcher.whole_output
    assert len(watcher.values()) >= 3


@pytest.mark.parametrize("waiting", FORCED.values(), ids=FORCED.keys())
def test_a_script_that_cannot_be_interrupted_is_ended(watcher: Watcher, waiting: str):
    begun(watcher, waiting)
    pid = watcher.session._run_worker.pid
    seconds = watcher.stop()
    assert seconds < STOP_SECONDS + SLACK_SECONDS
    assert watcher.session.problems == []
    assert not psutil.pid_exists(pid)
    assert len(watcher.values()) >= 3


def test_a_script_has_its_time_to_tidy_up_from_when_it_can_hear_of_the_stop(watcher: Watcher):
    tidying = "time.sleep(1.2)\n    print('cleaned up')"
    begun(watcher, f"try:\n    while True: loss, w = make_step(w)\nfinally:\n    {tidying}")
    worker = psutil.Process(watcher.session._run_worker.pid)
    worker.suspend()  # as on a machine that is busy with something else
    resume = threading.Timer(1.2, worker.resume)
    resume.start()
    watcher.stop()
    resume.join()
    assert "cleaned up" in watcher.whole_output


def test_a_script_that_is_ended_with_its_window_was_stopped(watcher: Watcher):
    begun(watcher, FORCED["interrupts ignored"])
    folder = Path(watcher.run.folder)
    watcher.close()
    deadline = time.monotonic() + 10  # it is written in the background
    while (state := read_run(folder).status.state) is not RunState.STOPPED:
        assert time.monotonic() < deadline, state
        time.sleep(0.05)
    assert read_run(folder).problems == []


def test_what_the_script_started_ends_with_it(watcher: Watcher):
    begun(
        watcher,
        """
import subprocess
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(flush=True); time.sleep(99)"
child = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
child.stdout.readline()
print(f"child {child.pid}.", flush=True)
while True:
    try: time.sleep(60)
    except KeyboardInterrupt: pass
""",
    )
    watcher.until_printed(".\n")
    child = psutil.Process(int(watcher.run.output.split()[-1].rstrip(".")))
    assert watcher.stop() < STOP_SECONDS + SLACK_SECONDS
    child.wait(5)


def test_what_a_finished_script_left_is_completed_when_its_window_is_closed(
    watcher: Watcher, tmp_path: Path
):
    packed = tmp_path / "left.gz"
    watcher.start(
        f"""
        import gzip, subprocess, sys
        packed = gzip.open({str(packed)!r}, "wt")
        packed.write("all of it")
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(f"child {{child.pid}}.")
        """
    )
    watcher.until_printed(".\n")
    assert watcher.until_end() is RunState.FINISHED
    watcher.close()
    child = psutil.Process(int(watcher.run.output.split()[-1].rstrip(".")))
    assert gzip.decompress(packed.read_bytes()) == b"all of it"
    assert child.is_running(), "it is the user's own"
    child.kill()


def test_threads_that_train_end_with_the_run(watcher: Watcher):
    begun(
        watcher,
        """
def train(w):
    while True:
        loss, w = make_step(w)
threads = [threading.Thread(target=train, args=(w,), daemon=i == 0) for i in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
""",
    )
    watcher.until(lambda: watcher.run.status.step > 20)
    assert watcher.stop() < STOP_SECONDS + SLACK_SECONDS


def test_a_daemon_thread_ends_with_its_script_as_in_python(watcher: Watcher):
    watcher.start(
        training(
            """
            def train(w):
                while True: loss, w = make_step(w)
            threading.Thread(target=train, args=(w,), daemon=True).start()
            time.sleep(0.3)
            """,
            first="import threading",
        )
    )
    assert watcher.until_end() is RunState.FINISHED
    worker = psutil.Process(watcher.session._run_worker.pid)
    before = worker.cpu_times().user
    assert len(watcher.values()) > 20
    with pytest.raises(psutil.TimeoutExpired, match="timeout after"):
        worker.wait(0.5)
    assert worker.cpu_times().user - before < 0.25


def test_a_script_that_turns_into_another_program_is_left_to_it(watcher: Watcher):
    again = "if len(sys.argv) < 2: os.execv(sys.executable, [sys.executable, __file__, 'again'])"
    begun(watcher, f"{again}\nprint('anew', flush=True)\ntime.sleep(60)")
    watcher.until_printed("anew")
    assert watcher.problem.code == "hung-up"
    assert watcher.problem.title == "The run goes on, but is no longer observed"
    assert watcher.stop() < STOP_SECONDS + SLACK_SECONDS
