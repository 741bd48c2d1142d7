"""Arrays of shapes (n, 1) and (n,) that were combined, each element with each, and then summed up.

What is meant so is written so: `a[:, None] - b`, in the function that does it. By accident a column
comes from elsewhere, mostly from a model, meets a row that NumPy's rules made of a flat array, and
all there is of the square that they give is its mean.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eqxviz.doctor.code.frames import Frame
from eqxviz.doctor.finding.steps import Step, Value
from eqxviz.doctor.seen import Line
from eqxviz.records import EquationKind

_INSERTING = ("broadcast_in_dim", "reshape", "expand_dims")
_SAME_SHAPE = ("convert_element_type", "copy", "stop_gradient", "copy_p", "reduce_precision")
_LINEAR = ("mul", "div", "add", "sub", "neg", *_SAME_SHAPE)
_MOST_BACK = 200


@dataclass(frozen=True, eq=False)
class AccidentalBroadcast:
    """A column and a row that were combined to a square, which was reduced."""

    step: Step
    at: Line
    column: tuple[int, ...]  # the shape of one: (n, 1)
    row: tuple[int, ...]  # of the other, as it was given: (n,)
    square: tuple[int, ...]
    is_column_first: bool  # of the two
    is_column_computed: bool  # by a model; else the row is
    unmapped: tuple[Frame, ...]  # those around a `vmap` that leaves the row as it is


@dataclass(frozen=True)
class _Operand:
    """An input of a step, without the axes along which it is repeated."""

    value: Value  # before they were added
    extent: tuple[int, ...]  # 1 where it is repeated
    inserted: frozenset[int]  # the axes that the same expression gave it


@dataclass(frozen=True)
class _Square:
    """What was made of squares, element by element: its two axes, None for one that is reduced."""

    i: int | None
    j: int | None
    of: tuple[AccidentalBroadcast, ...]


def accidental_broadcasts(steps: Sequence[Step]) -> Iterator[AccidentalBroadcast]:
    """Yield what was broadcast by accident and reduced, one for each line."""
    told: set[Line] = set()
    squares: dict[int, _Square] = {}  # by the id of a value
    for step in steps:
        made = _crossing(step) or _after(step, squares)
        if made is None:
            continue
        if made.i is not None or made.j is not None:
            squares |= {id(value): made for value in step.outputs}
            continue
        for found in made.of:
            if found.at not in told:
                told.add(found.at)
                yield found


def _crossing(step: Step) -> _Square | None:
    """Return the square that a step makes by accident of a column and a row, None for none."""
    if len(step.inputs) < 2 or step.kind is not EquationKind.ELEMENTWISE or not step.outputs:
        return None
    square, origin = step.outputs[0].shape, step.origin
    sizes = [size for size in square if size != 1]
    if len(set(sizes)) == len(sizes) or origin.at is None or "transpose" in origin.transformations:
        return None
    operands = [_operand(value, step, square) for value in step.inputs]
    for n, column in enumerate(operands):
        for m, row in enumerate(operands):
            axes = _crossed(column, row, square)
            if axes is None or not _is_accident(step, column, row, axes):
                continue
            unmapped = origin.frames[:-1] if axes[1] in column.inserted else ()
            is_computed = column.value.is_contracted or not row.value.is_contracted
            shapes = column.value.shape, row.value.shape, square
            found = AccidentalBroadcast(step, origin.at, *shapes, n < m, is_computed, unmapped)
            return _Square(*axes, (found,))
    return None


def _operand(value: Value, step: Step, square: tuple[int, ...]) -> _Operand:
    """Return an input as it was before the same expression fitted it to the result's shape."""
    extent: tuple[int, ...] = value.shape
    inserted: frozenset[int] = frozenset()
    while value.step is not None and value.step.name in _INSERTING:
        if value.step.origin.instruction != step.origin.instruction:
            break
        kept = _kept_axes(value.step)
        if kept is None:
            break
        source = value.step.inputs[0]
        sizes = {axis: source.shape[i] for i, axis in enumerate(kept)}
        before = [sizes.get(axis, 1) for axis in range(len(value.shape))]
        if not inserted and extent == value.shape:
            extent = tuple(before)
            inserted = frozenset(set(range(len(before))) - set(kept))
            value = source
        else:
            break
    if len(extent) != len(square):
        extent = (1,) * len(square)
    return _Operand(value, extent, inserted)


def _kept_axes(step: Step) -> tuple[int, ...] | None:
    """Return which axis of the result each axis of the input became, None for another reshape."""
    source, result = step.inputs[0].shape, step.outputs[0].shape
    if step.name == "broadcast_in_dim":
        return tuple(step.params["broadcast_dimensions"])
    kept, axis = [], 0
    for size in source:
        while axis < len(result) and result[axis] != size:
            if result[axis] != 1:
                return None
            axis += 1
        if axis == len(result):
            return None
        kept.append(axis)
        axis += 1
    return tuple(kept) if all(size == 1 for size in result[axis:]) else None


def _crossed(column: _Operand, row: _Operand, square: tuple[int, ...]) -> tuple[int, int] | None:
    """Return the axes along which a column and a row of one length were combined."""
    for j in range(1, len(square)):
        i = j - 1
        size = square[i]
        if size == 1 or square[j] != size:
            continue
        if (column.extent[i], column.extent[j]) == (size, 1) and (
            (row.extent[i], row.extent[j]) == (1, size)
        ):
            return i, j
    return None


def _is_accident(step: Step, column: _Operand, row: _Operand, axes: tuple[int, int]) -> bool:
    i, j = axes
    if i not in row.inserted or column.value.is_uniform or row.value.is_uniform:
        return False
    if j in column.inserted:
        return i == 0 and _is_left_unmapped(step, column.value, row.value)
    if _is_meant(column.value, j, step):
        return False
    if column.value.is_contracted or row.value.is_contracted:
        return True
    numbers = sorted(each.value.sources.bit_count() for each in (column, row))
    return numbers[0] == 1 and numbers[1] > 1


def _is_left_unmapped(step: Step, computed: Value, given: Value) -> bool:
    """Whether it is a prediction for one example, and the targets of all, within a `vmap`."""
    if "vmap" not in step.origin.transformations or given.shape[:1] != computed.shape[:1]:
        return False
    if given.is_contracted or given.sources.bit_count() != 1 or not computed.is_contracted:
        return False
    own, waiting = step.origin.frames, [computed]
    for _ in range(_MOST_BACK):
        if not waiting:
            return False
        made = waiting.pop(0).step
        if made is None:
            continue
        if made.kind is EquationKind.MATMUL:
            others = made.origin.frames
            is_same = [each.instruction for each in others[: len(own) - 1]] == [
                each.instruction for each in own[:-1]
            ]
            return is_same and len(others) >= len(own) and others[len(own) - 1].code is own[-1].code
        waiting += [value for value in made.inputs if value.is_contracted]
    return False


def _is_meant(value: Value, axis: int, step: Step) -> bool:
    """Whether the function that combines them made the column itself."""
    for _ in range(_MOST_BACK):
        made = value.step
        if made is None:
            return False
        if made.name in _INSERTING:
            kept = _kept_axes(made)
            if kept is None:
                return False
            if axis not in kept:
                return made.origin.function == step.origin.function
            value, axis = made.inputs[0], kept.index(axis)
        elif made.name == "transpose":
            value, axis = made.inputs[0], made.params["permutation"][axis]
        elif made.kind is EquationKind.ELEMENTWISE or made.name in _SAME_SHAPE:
            alike = [each for each in made.inputs if each.shape == value.shape]
            if not alike:
                return False
            value = alike[0]
        else:
            return False
    return False


def _after(step: Step, squares: Mapping[int, _Square]) -> _Square | None:
    """Return what a step makes of squares, None where it puts them to another use."""
    given = [(value, squares[id(value)]) for value in step.inputs if id(value) in squares]
    if not given:
        return None
    value, square = given[0]
    of = tuple(dict.fromkeys(each for _, one in given for each in one.of))
    axes = _axes_after(step, value, square, squares)
    return _Square(*axes, of) if axes is not None else None


def _axes_after(
    step: Step, value: Value, square: _Square, squares: Mapping[int, _Square]
) -> tuple[int | None, int | None] | None:
    i, j = square.i, square.j
    is_whole = i is not None and j is not None
    if step.kind is EquationKind.ELEMENTWISE or step.name in _SAME_SHAPE:
        if not is_whole and step.name not in _LINEAR:
            return None
        others = [each for each in step.inputs if id(each) not in squares]
        if i is not None and j is not None and any(_is_square(each, i, j) for each in others):
            return None
        return i, j
    if step.name.startswith("reduce_") and "axes" in step.params:
        axes = step.params["axes"]
        if is_whole and (i in axes) != (j in axes) and step.name != "reduce_sum":
            return None
        kept = [axis for axis in range(len(value.shape)) if axis not in axes]
        return _moved(i, kept), _moved(j, kept)
    if step.name == "transpose":
        order = list(step.params["permutation"])
        return _moved(i, order), _moved(j, order)
    result = step.outputs[0].shape
    if step.name == "reshape" and len(result) == 1:
        return (0, 0) if is_whole else None
    if step.name in ("squeeze", "reshape") and len(result) < len(value.shape):
        kept = [axis for axis, size in enumerate(value.shape) if size != 1 or axis in (i, j)]
        return _moved(i, kept), _moved(j, kept)
    kept_axes = _kept_axes(step) if step.name in _INSERTING else None
    if kept_axes is None or any(result[a] != value.shape[n] for n, a in enumerate(kept_axes)):
        return None
    return (
        kept_axes[i] if i is not None else None,
        kept_axes[j] if j is not None else None,
    )


def _moved(axis: int | None, kept: list[int]) -> int | None:
    return kept.index(axis) if axis in kept else None


def _is_square(value: Value, i: int, j: int) -> bool:
    """Whether a value has numbers of its own for each pair, such as scores or a mask."""
    if value.is_uniform or max(i, j) >= len(value.shape):
        return False
    if 1 in (value.shape[i], value.shape[j]):
        return False
    made = value.step
    if made is not None and made.name in _INSERTING:
        kept = _kept_axes(made)
        if kept is None:
            return True
        sizes = {axis: made.inputs[0].shape[n] for n, axis in enumerate(kept)}
        return sizes.get(i, 1) != 1 and sizes.get(j, 1) != 1
    return True
