"""Judges answers in one fresh Python: `python judging.py` reads jobs and writes their outcomes.

A job is `[script]` or `[script, check]`. They are judged as the application judges them.
"""

import json
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple


class Outcome(NamedTuple):
    """What became of a script or an answer.

    `kind` is "accepted" (it ran, and its check passed), "rejected" (by its check), "raised" (by its
    own code, as it ran or when the check called it) or "broken" (the check itself failed).
    """

    kind: str
    text: str


def judge(jobs: Sequence[tuple[Path, ...]], repository: Path, compiled: Path) -> list[Outcome]:
    """Return the outcome of each job, all run in one process.

    Most of the time is compilation of small programs, many of them the same: they are compiled with
    less care, and kept in the folder `compiled`.
    """
    finished = subprocess.run(
        [sys.executable, "-W", "error", __file__],
        input=json.dumps([[str(path) for path in job] for job in jobs]),
        env={
            "PYTHONPATH": str(repository),
            "JAX_PLATFORMS": "cpu",
            "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
            "JAX_COMPILATION_CACHE_DIR": str(compiled),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        },
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return [Outcome(*each) for each in json.loads(finished.stdout)]


def _outcome(script: str, check: str = "") -> Outcome:
    from eqxviz.worker.judging import judge as judged

    found = judged(script, check)
    text = found.problem.why if found.problem is not None else found.message
    return Outcome(found.outcome.value, text)


def _main() -> None:
    outcomes: list[Outcome] = []
    for job in json.load(sys.stdin):
        with warnings.catch_warnings():
            if "wrong_" in Path(job[0]).name:  # warnings are errors, but for what is meant to be so
                warnings.simplefilter("ignore")
            outcomes.append(_outcome(*job))
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    _main()
