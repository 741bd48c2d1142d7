"""Processes that a script starts run as they would without capture."""

import subprocess
import sys
from collections.abc import Callable

from eqxviz.records import FunctionSeen, MetricBatch, Problem, RunState

from .conftest import Run

Start = Callable[..., Run]

SPAWN = """
    import multiprocessing, os, sys

    print("module", __name__, flush=True)  # a pool ends its processes before they have flushed

    def work(n):
        import jax
        total = jax.jit(lambda x: x + n)(1.0)
        return float(total), type(jax.jit).__name__, jax.jit.__module__, "eqxviz" in sys.modules

    if __name__ == "__main__":
        import jax
        value = jax.jit(lambda x: x * 2)(4.0)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool:
            print(pool.map(work, [1, 2]))
        print("done", float(value))
"""

FORK = """
    import multiprocessing, os, sys, warnings
    warnings.simplefilter("ignore")
    import jax
    double = jax.jit(lambda x: x * 2)
    before = double(1.0)

    def work(queue):
        queue.put(("child", jax.jit.__module__, os.getpid()))

    if __name__ == "__main__":
        context = multiprocessing.get_context("fork")
        queue = context.Queue()
        child = context.Process(target=work, args=(queue,))
        child.start()
        name, module, pid = queue.get()
        child.join()
        print(name, module, pid == child.pid, child.exitcode)
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            print("forked child goes on to the end")
            sys.stdout.flush()
            os._exit(7)  # from JAX 0.12 on, a forked Python does not always end well by itself
        _, status = os.waitpid(pid, 0)
        print("exit code", os.waitstatus_to_exitcode(status))
        after = double(2.0)
        print("done", float(after))
"""


def test_spawned_children_run_the_script_uncaptured(run: Start):
    started = run(SPAWN)
    assert started.client.until_end().state is RunState.FINISHED
    python = subprocess.run(
        [sys.executable, "script.py"],
        cwd=started.worker.place,
        capture_output=True,
        text=True,
        check=True,
    )
    assert started.output == python.stdout
    assert "[(2.0, 'function', 'jax._src.api', False), (3.0," in started.output
    assert len(started.client.of(FunctionSeen)) == 1
    assert started.client.of(Problem) == []


def test_forked_children_leave_the_parents_run_alone(run: Start):
    started = run(FORK)
    assert started.client.until_end().state is RunState.FINISHED
    assert started.output.splitlines() == [
        "child jax._src.api True 0",
        "forked child goes on to the end",
        "exit code 7",
        "done 4.0",
    ]
    values = [float(v) for batch in started.client.of(MetricBatch) for v in batch.value]
    assert values == [2.0, 4.0]
    assert started.client.of(Problem) == []
