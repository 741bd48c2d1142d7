"""Scripts with ways of their own: each does under capture what it does under Python."""

import subprocess
import sys
from pathlib import Path

import pytest

from eqxviz.records import RunState

from .conftest import Watcher, training

FIRST = "import os, sys, signal, threading"
GUESTS = {
    "changes directory": """
        import tempfile
        os.chdir(tempfile.mkdtemp())
        for i in range(10): loss, w = make_step(w)
        print("moved", os.listdir(), flush=True)
    """,
    "reassigns sys.stdout": """
        import io
        kept, sys.stdout = sys.stdout, io.StringIO()
        loss, w = make_step(w)
        print("into a string")
        text, sys.stdout = sys.stdout.getvalue(), kept
        class Tee:
            def write(self, text): kept.write(text.upper())
            def flush(self): kept.flush()
        sys.stdout = Tee()
        for i in range(9): loss, w = make_step(w)
        print(text)
    """,
    "closes sys.stdout": """
        for i in range(10): loss, w = make_step(w)
        print("last words", flush=True)
        sys.stdout.close()
    """,
    "redirects the file descriptor of stdout": """
        kept = os.dup(1)
        with open(os.devnull, "w") as nowhere: os.dup2(nowhere.fileno(), 1)
        print("not to be seen", flush=True)
        for i in range(10): loss, w = make_step(w)
        os.dup2(kept, 1)
        print("seen again")
    """,
    "calls jit from many threads": """
        def train(w):
            for i in range(50): loss, w = make_step(w)
        threads = [threading.Thread(target=train, args=(w,)) for i in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        print("joined", flush=True)
    """,
    "trains in asyncio": """
        import asyncio
        async def train(w):
            for i in range(5):
                loss, w = make_step(w)
                await asyncio.sleep(0)
        async def both(): await asyncio.gather(train(w), asyncio.to_thread(asyncio.run, train(w)))
        asyncio.run(both())
        print("awaited")
    """,
    "handles signals": """
        def heard(number, frame): print("heard", number, flush=True)
        signal.signal(signal.SIGINT, heard)
        signal.signal(signal.SIGUSR1, heard)
        signal.signal(signal.SIGALRM, heard)
        signal.raise_signal(signal.SIGINT)
        os.kill(os.getpid(), signal.SIGUSR1)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        signal.pause()
        for i in range(10): loss, w = make_step(w)
    """,
    "closes what it does not know": """
        os.closerange(3, 4096)
        for fd in range(3, 256):
            try: os.close(fd)
            except OSError: pass
        with open(os.devnull, "w") as file:
            for i in range(10):
                loss, w = make_step(w)
                print("not for the store", file=file, flush=True)
        print("closed", flush=True)
    """,
    "leaves an executor open": """
        import concurrent.futures
        executor = concurrent.futures.ThreadPoolExecutor(2)
        def train(w):
            loss, w = make_step(w)
            return w
        for i in range(10): w = executor.submit(train, w).result()
        print("idle", flush=True)
    """,
    "sets the clock back": """
        real = time.time
        start = real()
        time.time = lambda: start - 1e6 * (real() - start)
        for i in range(10):
            loss, w = make_step(w)
            time.sleep(0.02)
        print("backwards", time.time() < start)
    """,
    "sets recursion and switch limits": """
        sys.setrecursionlimit(200)
        sys.setswitchinterval(1.0)
        for i in range(10): loss, w = make_step(w)
        print("set")
    """,
    "turns warnings into errors": """
        import warnings
        warnings.simplefilter("error")
        for i in range(10): loss, w = make_step(w)
        print("none")
    """,
    "traces and profiles itself": """
        sys.settrace(lambda *a: None)
        for i in range(10): loss, w = make_step(w)
        sys.settrace(None)
        print("traced", sys.gettrace())
    """,
    "never collects garbage": """
        import gc
        gc.disable(); gc.freeze()
        for i in range(10): loss, w = make_step(w)
        print(gc.isenabled())
    """,
}


def as_python(script: Path, *argv: str) -> str:
    """Return what the script prints without capture."""
    done = subprocess.run(
        [sys.executable, script, *argv],
        cwd=Path.cwd(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


@pytest.mark.parametrize("guest", GUESTS.values(), ids=GUESTS.keys())
def test_a_guest_is_not_disturbed_and_seen_all_the_same(
    watcher: Watcher, tmp_path: Path, guest: str
):
    watcher.start(training(guest, first=FIRST, n_steps=0))
    assert watcher.until_end() is RunState.FINISHED, watcher.whole_output
    assert watcher.session.problems == []
    assert watcher.whole_output == as_python(tmp_path / "train.py")
    assert len(watcher.values()) == (400 if "range(50)" in guest else 10)


def test_a_script_in_a_package_finds_what_lies_beside_it(watcher: Watcher, tmp_path: Path):
    (tmp_path / "settings.py").write_text("N = 10\n")
    package = tmp_path / "parts"
    package.mkdir()
    (package / "__init__.py").write_text("from .steps import count\n")
    (package / "steps.py").write_text("from settings import N\ndef count(): return range(N)\n")
    watcher.start(
        training(
            "for i in count(): loss, w = make_step(w)\nprint(sys.argv[1:])",
            first="import sys\nfrom parts import count",
            n_steps=0,
        ),
        *("--lr", "0.1", "--", "-x"),
    )
    assert watcher.until_end() is RunState.FINISHED, watcher.whole_output
    assert watcher.whole_output == "['--lr', '0.1', '--', '-x']\n"
    assert len(watcher.values()) == 10


CHILDREN = """
    import concurrent.futures, multiprocessing, os, subprocess, sys, warnings
    warnings.simplefilter("ignore")  # JAX warns of forks

    def square(n): return n * n

    if __name__ == "__main__":
        for method in "fork", "spawn", "forkserver":
            context = multiprocessing.get_context(method)
            with context.Pool(2) as pool: print(method, sum(pool.map(square, range(10))))
        with concurrent.futures.ProcessPoolExecutor(2, context) as pool:
            print("executor", sum(pool.map(square, range(10))))
        code = "import sys; print('eqxviz' in sys.modules, len(sys.path))"
        print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        if os.fork() == 0:
            os._exit(0)
        os.wait()
"""


@pytest.mark.full
def test_pools_and_programs_run_as_without_capture(watcher: Watcher, tmp_path: Path):
    after = "if __name__ == '__main__':\n    for i in range(10): loss, w = make_step(w)"
    watcher.start(training(after, first=CHILDREN, n_steps=0))
    assert watcher.until_end() is RunState.FINISHED, watcher.whole_output
    assert watcher.session.problems == []
    assert watcher.whole_output == as_python(tmp_path / "train.py")
    assert len(watcher.values()) == 10


def test_a_model_whose_file_closes_what_it_does_not_know_opens(watcher: Watcher, tmp_path: Path):
    file = tmp_path / "model.py"
    file.write_text(
        "import os\nos.closerange(3, 4096)\nimport numpy\nmodel = {'w': numpy.ones(3)}\n"
    )
    watcher.session.open(str(file))
    watcher.until(lambda: watcher.session.model_state in ("filled", "failed"))
    assert watcher.session.problems == []
    assert watcher.session.model_state == "filled"
