"""Examines one program after the other in one process: `python warm_worker.py`.

A line of the input is the path of a program; a line of the output is what was found, as JSON.
"""

import dataclasses
import gc
import json
import os
import sys
import traceback
import warnings
from pathlib import Path

from eqxviz import capturing
from eqxviz.capturing import Gate
from eqxviz.doctor.examination import Examination
from eqxviz.worker.script import run_script


def examine(program: Path) -> dict[str, object]:
    """Run a program until enough was seen of it; return its problems, and what it raised."""
    folder = program.parent
    gate = Gate()
    exams: list[Examination] = []

    def enough() -> None:
        raise KeyboardInterrupt

    capture = capturing.install(lambda records: exams[0].see(records), gate, str(folder))
    exam = Examination(capture, str(folder), enough)
    exams.append(exam)
    gate.start()
    exam.start()
    raised: list[str] = []
    before, path, argv, cwd = set(sys.modules), list(sys.path), sys.argv, os.getcwd()

    def meet(error: BaseException) -> None:
        if not isinstance(error, KeyboardInterrupt):
            exam.meet(error)
            raised.append("".join(traceback.format_exception(error)))

    os.chdir(folder)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            run_script(str(program), (), uncaught=meet)
    finally:
        os.chdir(cwd)
        exam.stop()
        capture.flush()
    try:
        problems = [dataclasses.asdict(problem) for problem in exam.problems()]
    finally:
        capturing.uninstall()
        sys.path[:], sys.argv = path, argv
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", None) or "").startswith(str(folder)):
            del sys.modules[name]
    gc.collect()
    return {"problems": problems, "raised": "".join(raised)}


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a program prints is not an answer
    for line in sys.stdin:
        try:
            answer = examine(Path(line.strip()))
        except Exception:  # noqa: BLE001 - the one who asks tells of it
            answer = {"failed": traceback.format_exc()}
        print(json.dumps(answer, default=str), file=answers, flush=True)


if __name__ == "__main__":
    main()
