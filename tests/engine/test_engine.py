"""Workers are started, asked, watched and ended; whatever they do, an answer comes."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from eqxviz.engine.engine import Engine
from eqxviz.engine.launch import Launch, LaunchError
from eqxviz.records import MetricBatch, OpenModel, Problem, Record, RunState, RunStatus

pytestmark = pytest.mark.usefixtures("fake")


def ask(engine: Engine, path: str) -> list[Record]:
    answers: list[Record] = []
    engine.inspector(path).ask(OpenModel(path, ""), answers.append)
    return answers


def test_an_answer_comes_on_the_owners_thread(engine, owner):
    answers = ask(engine, "/a/model.py")
    owner.run_until(lambda: answers)
    assert answers[0].title == "model.py"
    assert engine.inspector().pid > 0


def test_a_cancelled_request_is_never_answered(engine, owner):
    first, second = [], []
    worker = engine.inspector()
    worker.cancel(worker.ask(OpenModel("first.py", ""), first.append))
    worker.ask(OpenModel("second.py", ""), second.append)
    owner.run_until(lambda: second)
    assert first == []


def test_a_crash_names_the_signal_the_line_and_the_last_output(engine, owner):
    answers = ask(engine, "/a/segfault.py")
    owner.run_until(lambda: answers)
    problem = answers[0]
    assert problem.code == "worker-died"
    assert "segmentation fault" in problem.title
    assert (problem.file, problem.line) == ("/a/segfault.py", 7)
    assert [frame.is_user for frame in problem.frames] == [True, False]
    assert "Fatal Python error" in problem.detail


def test_an_exit_without_a_word_names_its_code(engine, owner):
    answers = ask(engine, "/a/leaves.py")
    owner.run_until(lambda: answers)
    assert answers[0].code == "worker-died"
    assert "exit code 3" in answers[0].title
    assert "os._exit" in answers[0].why


def test_a_worker_that_cannot_start_says_what_it_printed(fake, engine, owner):
    fake.append("--no-such-option")
    answers = ask(engine, "/a/model.py")
    owner.run_until(lambda: answers)
    assert answers[0].code == "worker-did-not-start"
    assert "unrecognized arguments: --no-such-option" in answers[0].why
    fake.clear()
    again = ask(engine, "/a/model.py")
    owner.run_until(lambda: again)
    assert again[0].code == "not-a-model"


def test_after_a_crash_a_fresh_worker_answers(engine, owner):
    crashed = ask(engine, "/a/segfault.py")
    owner.run_until(lambda: crashed)
    answers = ask(engine, "/a/model.py")
    owner.run_until(lambda: answers)
    assert answers[0].code == "not-a-model"


def test_a_worker_that_hangs_can_be_killed_and_the_next_file_opens(engine, owner):
    hung = ask(engine, "/a/hangs.py")
    owner.run_until(lambda: engine.inspector().was_ready)
    assert hung == []
    engine.inspector().kill()
    answers = ask(engine, "/a/model.py")
    owner.run_until(lambda: answers and hung)
    assert hung[0].code == "cancelled"
    assert answers[0].code == "not-a-model"


def test_bytes_that_are_no_frame_are_a_problem(engine, owner):
    answers = ask(engine, "/a/garbage.py")
    owner.run_until(lambda: answers)
    assert answers[0].code == "worker-unreachable"
    assert "ot an eqxviz frame" in answers[0].why


def test_what_is_asked_of_a_dead_worker_is_answered_with_its_end(engine, owner):
    worker = engine.inspector()
    crashed = ask(engine, "/a/segfault.py")
    owner.run_until(lambda: crashed)
    answers: list[Record] = []
    worker.ask(OpenModel("late.py", ""), answers.append)
    owner.run_until(lambda: answers)
    assert answers[0].code == "worker-died"


class Watched:
    def __init__(self, engine: Engine, script: Path) -> None:
        self.events: list[Record] = []
        self.output = ""
        self.deaths: list[tuple[Path, RunStatus, Sequence[Problem]]] = []
        script.touch()
        self.worker = engine.run(
            Launch(str(script)),
            on_event=self.events.append,
            on_output=self.add,
            on_death=lambda folder, end, reasons: self.deaths.append((folder, end, reasons)),
        )

    def add(self, text: str) -> None:
        self.output += text

    def states(self) -> list[RunState]:
        return [e.state for e in self.events if isinstance(e, RunStatus)]


@pytest.fixture
def watched(engine, owner, tmp_path):
    watched = Watched(engine, tmp_path / "train.py")
    owner.run_until(lambda: any(isinstance(e, MetricBatch) for e in watched.events))
    return watched


def test_a_stopped_run_keeps_its_worker_for_questions(watched, owner):
    watched.worker.stop()
    owner.run_until(lambda: watched.states()[-1] is RunState.STOPPED)
    assert watched.worker.alive


def test_a_run_that_does_not_obey_is_ended_within_two_and_a_half_seconds(
    fake, engine, owner, tmp_path
):
    fake.append("--stubborn")
    watched = Watched(engine, tmp_path / "train.py")
    owner.run_until(lambda: watched.states())
    started = time.monotonic()
    watched.worker.stop()
    owner.run_until(lambda: watched.states()[-1] is RunState.STOPPED)
    assert 2.0 < time.monotonic() - started < 3.5
    assert not watched.worker.alive
    assert not any(isinstance(e, Problem) for e in watched.events)


def test_a_killed_run_has_died_and_says_so(watched, owner):
    os.kill(watched.worker.pid, signal.SIGKILL)
    owner.run_until(lambda: not watched.worker.alive)
    assert watched.states()[-1] is RunState.DIED
    assert "SIGKILL" in watched.events[-1].title
    assert watched.events[-2].exit_code == -signal.SIGKILL


def test_a_window_that_died_finds_its_run_again(watched, owner, tmp_path):
    other = Engine(owner.post, tmp_path / "kept")
    (info,) = other.runs()
    assert info.script == str(tmp_path / "train.py")
    assert info.pid == watched.worker.pid


def test_a_run_left_running_is_attached_to_with_all_its_points(engine, watched, owner, tmp_path):
    engine.close(leave_runs=True)
    other = Engine(owner.post, tmp_path / "kept")
    events: list[Record] = []
    (info,) = other.runs()
    worker = other.attach(
        info, on_event=events.append, on_output=lambda text: None, on_death=lambda *_: None
    )
    worker.watch()
    owner.run_until(lambda: any(isinstance(e, MetricBatch) for e in events))
    other.close(leave_runs=False)
    assert worker.pid == watched.worker.pid
    assert other.runs() == []


def test_a_run_whose_process_is_gone_is_no_longer_listed(engine, watched, owner, tmp_path):
    socket = watched.worker.place.socket
    os.kill(watched.worker.pid, signal.SIGKILL)
    owner.run_until(lambda: not watched.worker.alive)
    assert Engine(owner.post, tmp_path / "kept").runs() == []
    assert not socket.exists()


def test_of_a_process_that_could_not_tell_of_its_end_it_is_told(watched, owner):
    os.kill(watched.worker.pid, signal.SIGKILL)
    owner.run_until(lambda: watched.deaths)
    ((folder, end, (reason,)),) = watched.deaths
    assert folder == watched.worker.folder
    assert (end.state, end.exit_code) == (RunState.DIED, -signal.SIGKILL)
    # What passed since it told something counts.
    assert watched.states()[-2] is RunState.RUNNING
    assert end.elapsed_seconds > 0.0
    assert "SIGKILL" in reason.title


def test_a_flood_of_output_is_cut_down_to_its_end(fake, engine, owner, tmp_path):
    fake += ["--print-bytes", "100000000"]
    watched = Watched(engine, tmp_path / "train.py")
    owner.run_until(lambda: "the last line" in watched.output, 30)
    assert "bytes left out" in watched.output
    assert len(watched.output) < 8_000_000


def test_sockets_and_tokens_are_for_this_user_alone(watched):
    place = watched.worker.place
    assert place.token_file.stat().st_mode & 0o777 == 0o600
    assert place.socket.parent.stat().st_mode & 0o777 == 0o700
    assert len(os.fsencode(place.socket)) < 108


def test_an_unknown_device_is_refused(engine, tmp_path):
    script = tmp_path / "train.py"
    script.touch()
    launch = Launch(str(script), device="tpu7")
    with pytest.raises(LaunchError, match="no device is called 'tpu7'"):
        engine.run(
            launch,
            on_event=lambda record: None,
            on_output=lambda text: None,
            on_death=lambda *_: None,
        )
