"""Judges answers in one fresh Python: `python judging.py` reads jobs and writes their outcomes.

A job is `[script]` or `[script, check]`. Each script runs as `__main__` with the state of the
process as it was before, so that no answer helps or harms another.
"""

import contextlib
import importlib.util
import io
import json
import subprocess
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
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


def _outcome(script: str, check: str | None = None) -> Outcome:
    try:
        answer = _run(script)
    # Whatever a script raises is what became of it.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        return Outcome("raised", f"{type(error).__name__}: {error}")
    if check is None:
        return Outcome("accepted", "")
    spec = importlib.util.spec_from_file_location("check", check)
    assert spec
    assert spec.loader
    judging = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(judging)
    try:
        judging.check(answer)
    except (Exception, SystemExit) as error:  # noqa: BLE001
        files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, AssertionError) and files[-1] == check:
            return Outcome("rejected", str(error))
        if script in files:
            return Outcome("raised", f"{type(error).__name__}: {error}")
        return Outcome("broken", "".join(traceback.format_exception(error)))
    return Outcome("accepted", "")


def _run(script: str) -> ModuleType:
    module = ModuleType("__main__")
    module.__file__ = script
    sys.modules["__main__"] = module
    sys.argv = [script]
    sys.path[0] = str(Path(script).parent)
    exec(compile(Path(script).read_text(encoding="utf-8"), script, "exec"), module.__dict__)
    return module


@contextlib.contextmanager
def _restored(name: str) -> Iterator[None]:
    """The state of the process; warnings are errors, but for what is meant to be wrong."""
    main, path, argv = sys.modules["__main__"], sys.path[:], sys.argv[:]
    try:
        with warnings.catch_warnings():
            if "wrong_" in name:
                warnings.simplefilter("ignore")
            yield
    finally:
        sys.modules["__main__"] = main
        sys.path[:], sys.argv[:] = path, argv


def _main() -> None:
    outcomes: list[Outcome] = []
    for job in json.load(sys.stdin):
        with _restored(Path(job[0]).name), contextlib.redirect_stdout(io.StringIO()):
            outcomes.append(_outcome(*job))
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    _main()
