"""The list of stops: set, changed, taken away, and remembered."""

from pathlib import Path

import pytest

from eqxviz.records import Stop, StopKind
from eqxviz.session.debugging.stop_list import NoCodeError, StopList

TEXT = '''"""Trains."""

import math

# no code here

def step(x):
    """Nothing but words."""

    return math.sin(x)


class Model:
    rate = 0.1


both = (
    1,
    2,
)
'''


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "train.py"
    path.write_text(TEXT)
    return str(path)


def line(file: str, number: int, condition: str = "") -> Stop:
    return Stop(0, StopKind.LINE, file, number, condition=condition)


def kinds(stops: StopList) -> list[StopKind]:
    return [stop.kind for stop in stops]


def test_an_uncaught_exception_is_a_stop_from_the_start():
    assert kinds(StopList()) == [StopKind.EXCEPTION]


def test_each_change_is_heard_once_and_ids_are_not_used_again(file):
    stops, heard = StopList(), []
    stops.changed.connect(lambda: heard.append(kinds(stops)))
    first = stops.add(Stop(0, StopKind.NONFINITE))
    stops.enable(first.id, False)
    stops.enable(first.id, False)
    stops.remove(first.id)
    stops.remove(first.id)
    assert len(heard) == 3
    assert stops.add(Stop(0, StopKind.NONFINITE)).id > first.id


@pytest.mark.parametrize(("asked", "taken"), [(3, 3), (5, 7), (9, 10), (13, 13), (19, 17)])
def test_a_line_without_code_gives_way_to_the_next_one_that_has_some(file, asked, taken):
    stops = StopList()
    made = stops.add(line(file, asked))
    assert made.line == taken
    assert stops.moved_from(made.id) == (asked if asked != taken else 0)


def test_below_the_last_code_there_is_nothing_to_stop_at(file):
    with pytest.raises(NoCodeError, match=r"no code at line 30 of .*train\.py"):
        StopList().add(line(file, 30))


def test_a_file_that_is_no_python_keeps_its_lines(tmp_path):
    (tmp_path / "notes.txt").write_text("not at all (\n\n")
    assert StopList().add(line(str(tmp_path / "notes.txt"), 2)).line == 2
    assert StopList().add(line(str(tmp_path / "absent.py"), 2)).line == 2


def test_a_line_is_toggled_also_from_the_words_above_it(file):
    stops = StopList()
    made = stops.toggle(line(file, 10))
    assert made is not None
    assert list(stops.lines_of(file)) == [10]
    assert stops.toggle(line(file, 9)) is None
    assert stops.lines_of(file) == {}


def test_a_stop_at_the_same_place_takes_the_condition_of_the_new_one(file):
    stops = StopList()
    first = stops.add(line(file, 10))
    stops.enable(first.id, False)
    again = stops.add(line(file, 10, "x > 3"))
    assert again == Stop(first.id, StopKind.LINE, file, 10, condition="x > 3")
    assert len(stops) == 2


def test_two_conditions_of_one_curve_are_two_stops():
    stops = StopList()
    stops.add(Stop(0, StopKind.CONDITION, condition="loss > 10"))
    stops.add(Stop(0, StopKind.CONDITION, condition="loss < 1"))
    assert len(stops) == 3


def test_what_is_remembered_is_all_but_what_goes_once_met(file):
    stops = StopList()
    stops.add(line(file, 10, "x > 3"))
    stops.add(Stop(0, StopKind.CONDITION, condition="loss > 10"), once=True)
    stops.enable_all(False)
    later = StopList()
    later.restore(stops.saved())
    assert [(s.kind, s.condition, s.is_enabled) for s in later] == [
        (StopKind.EXCEPTION, "", False),
        (StopKind.LINE, "x > 3", False),
    ]


@pytest.mark.parametrize("text", ["", "[[1]]", "{", "7", '[["a kind", "", 0, "", "", true]]'])
def test_what_cannot_be_read_leaves_the_stops_that_are_there_at_first(text):
    stops = StopList()
    stops.add(Stop(0, StopKind.RECOMPILE))
    stops.restore(text)
    assert kinds(stops) == [StopKind.EXCEPTION]


def test_no_stops_at_all_are_remembered_too():
    stops = StopList()
    stops.remove(*[stop.id for stop in stops])
    later = StopList()
    later.restore(stops.saved())
    assert len(later) == 0
