"""Of each program that goes wrong the call, the equation and the line are found, and no other."""

import queue
import runpy
import sys
import time
import warnings
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from eqxviz.capturing import Held
from eqxviz.records import (
    Blame,
    FindNonFinite,
    HaltKind,
    Origin,
    Problem,
    Progress,
    Record,
    RunState,
    Stop,
    StopKind,
)
from eqxviz.worker.at_gate import Answers
from eqxviz.worker.frames import FrameAnswers
from tests.capturing.conftest import Seen
from tests.capturing.held_script import Script

from .stated import FOLDER, Stated, stated

# Together they have each origin, each kind of loop, a branch, both passes, and what is meant.
_OFTEN = (
    *("log_zero", "where_untaken_sqrt", "scan_backward", "nested_scan", "while_newton"),
    *("cond_branch", "data_inf", "attention_empty_row", "mixed_masked_scores", "schedule_fused"),
    *("norm_twice", "meant_best_so_far", "meant_attention_mask", "donated_names"),
)
_SECONDS = 90.0  # a busy machine takes long to compile


def _cases(*kinds: str) -> list[object]:
    return [
        pytest.param(each, id=each.name, marks=() if each.name in _OFTEN else pytest.mark.full)
        for each in stated(*kinds)
    ]


class Failing:
    """A program at work under capture, in the test's own process."""

    def __init__(self, seen: Seen, program: Stated) -> None:
        self._seen = seen
        self._script = Script(seen, lambda: _run(program))
        assert seen.capture is not None
        seen.capture.stops.set([Stop(0, StopKind.NONFINITE)])

    def keep_calls(self) -> None:
        assert self._seen.capture is not None
        self._seen.capture.keep_calls(True)

    def next_pause(self) -> Held:
        """Return where it is paused, as soon as it is."""
        assert not self.ends(), "it came to its end without a pause"
        held = self._seen.gate.held
        assert held is not None
        return held

    def ends(self) -> bool:
        """Whether it comes to its end, rather than to a pause."""
        self._script.start()
        deadline = time.monotonic() + _SECONDS
        while self._script.is_alive and self._seen.gate.state is not RunState.PAUSED:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return not self._script.is_alive

    def join(self) -> None:
        self._script.join()

    def ask(self, request: Record) -> Record:
        """Return the answer, asked for as a window does until it is there."""
        assert self._seen.capture is not None
        assert self._seen.capture.observer is not None
        frames = FrameAnswers(self._seen.gate, str(FOLDER))
        answers = Answers(self._seen.capture.observer, str(FOLDER), frames)
        asker = _Asker()
        given: queue.Queue[Record] = queue.Queue()
        while True:
            self._seen.gate.post(lambda held: given.put(answers.answer(request, held, asker)))
            answer = given.get(timeout=_SECONDS)
            if not isinstance(answer, Progress):
                return answer


class _Asker:
    """Who asks."""


def _run(program: Stated) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of donated arrays that nothing could use
        runpy.run_path(str(program.path), run_name="__main__")


@pytest.fixture
def failing(seen: Seen, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Failing]]:
    monkeypatch.syspath_prepend(str(FOLDER))
    known, made = set(sys.modules), list[Failing]()

    def make(program: Stated) -> Failing:
        made.append(Failing(seen, program))
        return made[-1]

    yield make
    for each in made:
        each.join()
    for name in set(sys.modules) - known:
        if name.startswith("module_two"):
            del sys.modules[name]


@pytest.mark.parametrize("program", _cases("nan", "donated"))
def test_the_first_equation_that_goes_wrong_is_the_one_stated(
    failing: Callable[..., Failing], seen: Seen, program: Stated
):
    run = failing(program)
    run.keep_calls()
    held = run.next_pause()
    name, number = program.call
    assert (held.kind, held.call) == (HaltKind.RETURN, number)
    assert held.function == seen.functions[name].id
    blame = run.ask(FindNonFinite(held.function))
    assert isinstance(blame, Blame), blame
    assert (blame.function, blame.call) == (held.function, number)
    _check(program, blame)


def _check(program: Stated, blame: Blame) -> None:
    first = program.first
    if not program.toml.get("reproduces", True):
        assert blame.origin is Origin.NOWHERE
        assert "compiled call" in blame.why
        return
    assert blame.origin == first.get("origin", "equation")
    if blame.origin is not Origin.CONSTANT:  # there what is meant is not counted
        assert [list(at) for at in blame.at] == first["at"]
        assert [blame.n_nan + blame.n_inf, blame.n_elements] == first["elements"]
    assert blame.makes == first["makes"]
    if blame.origin is Origin.ARGUMENT:
        assert np.isin(blame.argument, _named(first["argument"]))
        return
    assert (blame.file, blame.line) == (str(FOLDER / first["file"]), first["line"])
    assert blame.text == first["text"]
    assert blame.primitive == first["primitive"]
    assert blame.stage == first["pass"]
    assert blame.n_nan == first["nans"]
    assert list(blame.iterations) == first.get("iteration", [])
    assert len(blame.loops) == len(blame.iterations)
    assert all(t < loop.n_turns for t, loop in zip(blame.iterations, blame.loops, strict=True))
    assert blame.road[0] == blame.equation
    assert blame.why


def _named(argument: str) -> list[str]:
    """Return what an argument is called by its parameter: "[1][1]" is the ratios of a step."""
    names = {
        "[1][1]": "ratios",
        "[0][2]['x']": "batch['x']",
        "[0][0]['context']": "params['context']",
    }
    return [names[argument]]


@pytest.mark.parametrize("program", _cases("meant"))
def test_what_is_meant_is_no_reason_to_stop(failing: Callable[..., Failing], program: Stated):
    run = failing(program)
    run.keep_calls()
    assert run.ends()


@pytest.mark.parametrize("program", _cases("donated"))
def test_arguments_that_were_donated_are_named_where_calls_were_not_kept(
    failing: Callable[..., Failing], program: Stated
):
    run = failing(program)
    held = run.next_pause()
    problem = run.ask(FindNonFinite(held.function))
    assert isinstance(problem, Problem)
    assert problem.code == "donated"
    assert all(name in problem.why for name in program.toml["donated"])
