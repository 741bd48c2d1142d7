"""Evaluating a call again, equation by equation."""

from eqxviz.analysis.replay.codes import INF, NAN, RAN
from eqxviz.analysis.replay.entering import NotReplayedError
from eqxviz.analysis.replay.replay import At, EquationValues, Flags, KnownCall, LoopAround, Replay
from eqxviz.analysis.replay.rows import Argument, Block, Constant, Made, Rows, Source, Taken
from eqxviz.analysis.replay.tasks import Task

__all__ = [
    "INF",
    "NAN",
    "RAN",
    "Argument",
    "At",
    "Block",
    "Constant",
    "EquationValues",
    "Flags",
    "KnownCall",
    "LoopAround",
    "Made",
    "NotReplayedError",
    "Replay",
    "Rows",
    "Source",
    "Taken",
    "Task",
]
