"""Which plots there are, what they hold, and what is remembered of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.session.plots.alike import groups_of, leaf_name
from eqxviz.session.plots.board import Board, Sight
from eqxviz.session.plots.remembering import remember, remembered


def board_of(*names: str, state: tuple[str, ...] = ()) -> Board:
    board = Board()
    board.know([*((name, False) for name in names), *((name, True) for name in state)])
    return board


def held(board: Board) -> list[tuple[str, ...]]:
    return [plot.names for plot in board.shown()]


def test_each_name_has_a_plot_and_the_state_has_none_until_it_is_asked_for():
    board = board_of("loss", "acc", state=("w",))
    assert held(board) == [("loss",), ("acc",)]
    board.change_look(shows_state=True)
    assert held(board) == [("loss",), ("acc",), ("w",)]


def test_a_name_that_comes_later_gets_a_plot_and_leaves_the_others_alone():
    board = board_of("loss", "val_loss")
    board.arrange([("loss", "val_loss")])
    board.know([("loss", False), ("acc", False)])
    assert held(board) == [("loss", "val_loss"), ("acc",)]


def test_what_was_removed_does_not_come_back_with_the_next_run():
    board = board_of("loss", "acc")
    board.remove(board.plots[1].id)
    board.forget_names()
    board.know([("loss", False), ("acc", False)])
    assert held(board) == [("loss",)]


def test_a_plot_that_was_removed_is_brought_back_to_its_place_as_it_was():
    board = board_of("loss", "acc", "lr")
    board.change(board.plots[1].id, is_log=True)
    before = board.plots
    board.remove(board.plots[1].id)
    board.remove(board.plots[0].id)
    assert board.bring_back() == before[0]
    assert board.bring_back() == before[1]
    assert board.plots == before
    assert not board.can_bring_back
    assert board.bring_back() is None


def test_what_was_brought_back_comes_with_the_next_run_as_well():
    board = board_of("loss", "acc")
    board.remove(board.plots[1].id)
    board.bring_back()
    board.forget_names()
    board.know([("loss", False), ("acc", False)])
    assert held(board) == [("loss",), ("acc",)]


def test_a_plot_that_was_put_into_another_was_not_removed():
    board = board_of("loss", "val_loss")
    board.merge(board.plots[1].id, board.plots[0].id)
    assert not board.can_bring_back


def test_one_plot_is_put_into_another():
    board = board_of("loss", "acc", "val_loss")
    board.merge(board.plots[2].id, board.plots[0].id)
    assert held(board) == [("loss", "val_loss"), ("acc",)]


def test_a_plot_is_moved_among_those_that_are_shown():
    board = board_of("a", "b", "c")
    board.move(board.plots[0].id, 1)
    assert held(board) == [("b",), ("a",), ("c",)]
    board.move(board.plots[2].id, -1)
    assert held(board) == [("b",), ("c",), ("a",)]
    board.move(board.plots[0].id, -1)
    assert held(board) == [("b",), ("c",), ("a",)]


def test_a_maximised_plot_is_shown_alone():
    board = board_of("a", "b")
    board.maximise(board.plots[1].id)
    assert held(board) == [("b",)]
    board.remove(board.plots[1].id)
    assert held(board) == [("a",)]


def test_linked_plots_look_at_one_stretch_and_others_at_their_own():
    board = board_of("a", "b")
    one, other = board.plots
    board.look_at(one.id, Sight("still", 1, 2))
    assert board.sight(board.plots[1]) == Sight("still", 1, 2)
    board.change_look(is_linked=False)
    board.look_at(one.id, Sight("still", 3, 4))
    assert board.sight(board.plot(other.id)) == Sight()


def test_another_axis_shows_everything():
    board = board_of("a")
    board.look_at(board.plots[0].id, Sight("still", 1, 2))
    board.change_look(x="seconds")
    assert board.look.sight == Sight()


@pytest.mark.parametrize(
    ("sight", "window"),
    [
        (Sight(), (-1.0, 101.0)),
        (Sight("newest", 5, 15), (90.0, 100.1)),
        (Sight("still", 3, 4), (3, 4)),
    ],
)
def test_what_is_in_view_of_a_span(sight: Sight, window: tuple[float, float]):
    assert sight.window((0.0, 100.0)) == pytest.approx(window)


NAMES = st.lists(st.sampled_from(["loss", "acc", "val_loss", "lr"]), max_size=4, unique=True)


@settings(deadline=None)
@given(st.lists(NAMES, max_size=4), st.sampled_from([1, 20]), st.booleans(), st.integers(0, 6))
def test_a_board_is_as_it_was_saved(groups, window: int, is_log: bool, n_columns: int):
    board = board_of("loss", "acc", "val_loss", "lr", state=("w",))
    for group in groups:
        board.new_plot(group)
    board.change_all(is_log=is_log)
    board.change_look(window=window, n_columns=n_columns, is_log_x=is_log)
    board.toggle(board.plots[0].id, "loss")
    other = board_of("loss", "acc", "val_loss", "lr", state=("w",))
    other.restore(board.saved())
    without = [(p.names, p.hidden, p.is_log) for p in board.plots if p.names != ("w",)]
    assert [(p.names, p.hidden, p.is_log) for p in other.plots if p.names != ("w",)] == without
    assert other.look == board.look


@pytest.mark.parametrize("text", ["", "no json", "[]", "3", '{"version": 1}', '{"version": 99}'])
def test_what_cannot_be_read_is_the_beginning_of_a_board(text: str):
    board = board_of("loss")
    board.restore(text)
    assert held(board) == [("loss",)]


def test_the_boards_of_the_scripts_used_last_are_remembered():
    text = ""
    for i in range(50):
        text = remember(text, f"/x/{i}.py", f"board {i}")
    assert remembered(text, "/x/49.py") == "board 49"
    assert remembered(text, "/x/0.py") == ""
    assert remembered("rubbish", "/x/49.py") == ""


@pytest.mark.parametrize(
    ("name", "leaf"),
    [
        ("loss", "loss"),
        ("val_loss", "loss"),
        ("train/loss", "loss"),
        ('metrics["test_loss"]', "loss"),
        ("state.loss", "loss"),
        ("loss_val", "loss"),
        ("accuracy", "accuracy"),
        ("val", "val"),
    ],
)
def test_a_name_says_what_is_measured(name: str, leaf: str):
    assert leaf_name(name) == leaf


def test_curves_that_measure_the_same_are_proposed_together():
    found = groups_of(["train/loss", "lr", "val/loss", "acc", "val_acc"])
    assert found == [("loss", ("train/loss", "val/loss")), ("acc", ("acc", "val_acc"))]
