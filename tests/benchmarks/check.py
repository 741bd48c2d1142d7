"""What `eqxviz check` costs beyond running a program, against tracing its step once.

The step has the layers and the equations of GPT-2 small; its arrays are narrower, so that it runs
here: neither tracing nor judging depends on their size. Times are those that the thread uses the
processor: what it waits for, the program would have waited for.

    python tests/benchmarks/check.py
"""

import contextlib
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

GOAL = 2.0
WIDTH, CONTEXT, VOCABULARY, BATCH = 96, 32, 512, 2


def main() -> None:
    import jax

    from eqxviz import capturing
    from eqxviz.doctor.examination import Examination
    from eqxviz.doctor.rules import RULES

    here = str(Path(__file__).parent)
    exams: list[Examination] = []

    def enough() -> None:
        raise KeyboardInterrupt

    gate = capturing.Gate()
    capture = capturing.install(lambda records: exams[0].see(records), gate, here)
    exam = Examination(capture, here, enough)
    exams.append(exam)
    looking = Clock()
    for name in ("before", "after", "_see_operation"):
        setattr(exam, name, looking.timed(getattr(exam, name)))
    gate.start()
    exam.start()
    start = time.thread_time()
    with contextlib.suppress(KeyboardInterrupt):
        train()
    running = time.thread_time() - start
    exam.stop()
    capture.flush()
    print(f"{'the program, until it is stopped':40s} {running:8.2f} s")
    function = max(exam.evidence.functions.values(), key=lambda each: each.n_calls)
    step, model, state, tokens = program()
    jax.block_until_ready((model, state))
    traced = trace_seconds(step, model, state, tokens)
    print(f"{'tracing its step once':40s} {traced:8.2f} s")
    print(
        f"{'looking on while it runs':40s} {looking.seconds:8.2f} s  (n calls {function.n_calls})"
    )
    observer = capture.observer
    assert observer is not None
    with observer.muted():
        start = time.thread_time()
        for each in exam.evidence.functions.values():
            exam.evidence.traces.of(each)
        judging = time.thread_time() - start
        print(f"{'  judging: its trace, for all rules':40s} {judging:8.2f} s")
        for rule in RULES:
            start = time.thread_time()
            found = list(rule.find(exam.evidence))
            seconds = time.thread_time() - start
            judging += seconds
            print(f"{'  judging: ' + rule.CODE:40s} {seconds:8.2f} s  {len(found)} found")
    print(f"{'judging':40s} {judging:8.2f} s")
    ratio = (looking.seconds + judging) / traced
    verdict = "within" if ratio <= GOAL else "beyond"
    print(f"{'beyond running it, in tracings':40s} {ratio:8.2f}    {verdict} the goal of {GOAL:g}")
    capturing.uninstall()


class Clock:
    """Adds up the time that is spent in functions."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any) -> Any:
            start = time.thread_time()
            try:
                return function(*args)
            finally:
                self.seconds += time.thread_time() - start

        return timed


def program() -> tuple[Any, Any, Any, Any]:
    """Return a training step, and what it is called with."""
    import jax
    import jax.numpy as jnp
    import large_graphs

    import eqxcore as eqx

    large_graphs.VOCABULARY, large_graphs.CONTEXT = VOCABULARY, CONTEXT
    large_graphs.WIDTH = WIDTH
    model = large_graphs.GPT2(large_graphs.N_LAYERS, jax.random.key(0))
    state = large_graphs.OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))
    tokens = jnp.zeros((BATCH, CONTEXT + 1), jnp.int32)
    return large_graphs.make_step, model, state, tokens


def train() -> None:
    """Train until it is interrupted."""
    make_step, model, state, tokens = program()
    while True:
        _loss, model, state = make_step(model, state, tokens)


def trace_seconds(step: Any, *args: Any) -> float:
    """Return how long it takes to trace a step, the median of three times."""
    import jax

    import eqxcore as eqx

    times: list[float] = []
    for _ in range(3):
        jax.clear_caches()
        start = time.thread_time()
        eqx.filter_make_jaxpr(step)(*args)
        times.append(time.thread_time() - start)
    return statistics.median(times)


if __name__ == "__main__":
    main()
