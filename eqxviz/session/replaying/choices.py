"""What can be looked at of an equation that was replayed: its values, and turns of its loops."""

from collections.abc import Iterator
from dataclasses import dataclass

from eqxviz.layout.texts import equation_title
from eqxviz.records import Graph, Replayed


@dataclass(frozen=True)
class Choice:
    """One of the values of an equation, to be chosen."""

    index: int  # in `Replayed.values`
    text: str  # "makes f32[8]", "reads x  f32[8,3]"
    is_input: bool


@dataclass(frozen=True)
class Turn:
    """A loop around the equation, and which turn of it is looked at, from 0."""

    title: str  # "scan  train.py:12"
    at: int
    n_turns: int


def choices_of(replayed: Replayed | None, graph: Graph | None) -> tuple[Choice, ...]:
    """Return the values of the equation: what it makes first, then what it reads."""
    if replayed is None or graph is None:
        return ()
    n_inputs = len(graph.inputs_of(replayed.equation))
    values = replayed.values.tolist()
    made = [Choice(i, _words(graph, v, False), False) for i, v in enumerate(values)][n_inputs:]
    read = [Choice(i, _words(graph, v, True), True) for i, v in enumerate(values)][:n_inputs]
    return (*made, *read)


def turns_of(
    wanted: tuple[int, ...], replayed: Replayed | None, graph: Graph | None
) -> Iterator[Turn]:
    """Yield the loops around the equation, outermost first, at the turns that are `wanted`."""
    if replayed is None or graph is None:
        return
    at = (*wanted, *replayed.iterations[len(wanted) :])
    for loop, turn in zip(replayed.loops, at, strict=False):
        yield Turn(equation_title(graph, loop.equation), turn, loop.n_turns)


def index_of(value: int, replayed: Replayed, graph: Graph) -> int:
    """Return where `value` is among the values: what the equation makes first, if nowhere."""
    values, nodes = replayed.values.tolist(), replayed.nodes.tolist()
    if value >= 0 and value in values:
        return len(values) - 1 - values[::-1].index(value)
    n_inputs = len(graph.inputs_of(replayed.equation))
    return next((i for i, node in enumerate(nodes) if i >= n_inputs and node >= 0), -1)


def _words(graph: Graph, value: int, is_input: bool) -> str:
    """Return "makes f32[8]", "reads x  f32[8,3]", "reads f32[8] from log"."""
    if value < 0:
        return "reads no array" if is_input else "makes no array"
    aval = graph.text(int(graph.value_aval[value]))
    if not is_input:
        return f"makes {aval}"
    if path := graph.text(int(graph.value_path[value])):
        return f"reads {path}  {aval}"
    maker = int(graph.value_producer[value])
    return f"reads {aval}" + (f" from {equation_title(graph, maker)}" if maker >= 0 else "")
