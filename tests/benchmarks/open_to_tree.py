"""From asking for a bundled example to its tree: with a warm worker, and from a cold start.

    python -m tests.benchmarks.open_to_tree [ROUNDS]

Prints seconds, the median and the extremes. "File" is the time that Python takes to run the file
alone in a process that has JAX imported, which no tool can undercut.
"""

import queue
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from eqxviz.engine.engine import Engine
from eqxviz.session.examples import examples
from eqxviz.session.session import Session

PATIENCE_SECONDS = 120
ALONE = """
import time, runpy, sys
import jax, optax
jax.devices()
start = time.perf_counter()
runpy.run_path(sys.argv[1], run_name="opened")["make_model"]()
print(time.perf_counter() - start)
"""


def opened(session: Session, posted: queue.Queue, path: Path) -> float:
    """Return the seconds until `path` is open."""
    start = time.perf_counter()
    session.open(str(path))
    while session.model_state == "working":
        posted.get(timeout=PATIENCE_SECONDS)()
    if session.model_problem is not None:
        raise RuntimeError(session.model_problem.why)
    return time.perf_counter() - start


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for example in examples():
        cold, warm, alone = [], [], []
        for _ in range(rounds):
            posted: queue.Queue = queue.Queue()
            with tempfile.TemporaryDirectory() as folder:
                session = Session(posted.put, Engine(posted.put, Path(folder)))
                cold.append(opened(session, posted, example.path))
                warm.append(opened(session, posted, example.path))
                session.close(leave_run=False)
            command = [sys.executable, "-c", ALONE, str(example.path)]
            ran = subprocess.run(command, capture_output=True, text=True, check=True)
            alone.append(float(ran.stdout))
        print(example.name)
        for name, times in (("file alone", alone), ("warm", warm), ("cold", cold)):
            low, high = min(times), max(times)
            print(f"  {name:10s} {statistics.median(times):6.2f} s  ({low:.2f} to {high:.2f})")


if __name__ == "__main__":
    main()
