"""What the actions do with all plots at once."""

from eqxviz.session.plots.board import Board, Sight
from eqxviz.session.plots.commands import COMMANDS
from eqxviz.session.plots.smoothing import WINDOWS


def board_of(*names: str) -> Board:
    board = Board()
    board.know((name, False) for name in names)
    return board


def test_values_become_logarithmic_in_all_plots_and_plain_again():
    board = board_of("loss", "acc")
    board.change(board.plots[0].id, is_log=True)
    COMMANDS["log"](board)
    assert [plot.is_log for plot in board.plots] == [True, True]
    COMMANDS["log"](board)
    assert [plot.is_log for plot in board.plots] == [False, False]


def test_smoothing_goes_up_and_down_a_window_and_stops_at_the_last():
    board = board_of("loss")
    COMMANDS["rougher"](board)
    assert board.look.window == WINDOWS[0]
    for _ in range(len(WINDOWS) + 2):
        COMMANDS["smoother"](board)
    assert board.look.window == WINDOWS[-1]
    COMMANDS["rougher"](board)
    assert board.look.window == WINDOWS[-2]


def test_the_horizontal_axis_is_chosen_by_its_name():
    board = board_of("loss")
    COMMANDS["seconds"](board)
    assert board.look.x == "seconds"


def test_everything_is_shown_of_x_and_of_y():
    board = board_of("loss")
    board.change(board.plots[0].id, y_range=(0.0, 1.0))
    board.look_at(board.plots[0].id, Sight("still", 3.0, 4.0))
    COMMANDS["show_all"](board)
    assert board.look.sight == Sight()
    assert board.plots[0].y_range is None
