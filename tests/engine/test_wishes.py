"""What a launch asks of a run before its script starts."""

from pathlib import Path

import pytest

from eqxviz.engine.commands import run_command
from eqxviz.engine.launch import Launch
from eqxviz.engine.places import Places
from eqxviz.engine.wishes import from_word, requests_of, to_word
from eqxviz.records import KeepCalls, SavePlan, SetStops, Stop, StopKind, WatchDynamics


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    (tmp_path / "train.py").write_text("")
    return Launch(
        str(tmp_path / "train.py"),
        folder=str(tmp_path),
        stops=("nan", ":3"),
        keep_calls=True,
        dynamics_every=5,
        save_every=10,
        save_to="out",
        save_last=2,
    )


def test_a_launch_asks_for_its_stops_its_calls_and_its_checkpoints(
    launch: Launch, tmp_path: Path
) -> None:
    line = Stop(1, StopKind.LINE, str(tmp_path / "train.py"), 3)
    assert requests_of(launch) == (
        SetStops((Stop(0, StopKind.NONFINITE), line)),
        KeepCalls(is_on=True),
        WatchDynamics(is_on=True, every=5),
        SavePlan(every=10, folder=str(tmp_path / "out"), last=2),
    )


def test_each_request_is_a_word_of_the_workers_command_line(launch: Launch, tmp_path: Path) -> None:
    command = run_command(Places(tmp_path).of_run(Path(launch.place)), launch, "python")
    asked = [word.removeprefix("--ask=") for word in command if word.startswith("--ask=")]
    assert tuple(map(from_word, asked)) == requests_of(launch)
    assert all(from_word(to_word(request)) == request for request in requests_of(launch))


def test_a_launch_that_asks_for_nothing_has_no_such_word(launch: Launch, tmp_path: Path) -> None:
    place = Places(tmp_path).of_run(Path(launch.place))
    command = run_command(place, Launch(launch.script), "python")
    assert not any(word.startswith("--ask") for word in command)
