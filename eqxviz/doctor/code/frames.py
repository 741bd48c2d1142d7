"""The user's calls on the way to something that was done, and where two such ways part."""

import ast
import os
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from types import CodeType, FrameType
from typing import Any, NamedTuple

from eqxviz.analysis import compat, jax_code, tracing
from eqxviz.analysis.key_flow import Way
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.code.source import tree_of
from eqxviz.doctor.seen import Line


class Frame(NamedTuple):
    """A call that code of the user's made."""

    code: CodeType
    offset: int  # of its instruction
    below: tuple[tuple[CodeType, int], ...]  # of libraries, to the user's next frame

    @property
    def at(self) -> Line:
        """Its line."""
        return Line(self.code.co_filename, compat.line_of(self.code, self.offset))

    @property
    def instruction(self) -> tuple[CodeType, int]:
        """What it was carrying out."""
        return self.code, self.offset

    def loop(self) -> str:
        """Return the function of JAX that it calls to go through a loop, "" for none."""
        loops = jax_code.loop_functions()
        return next((loops[code] for code, _ in self.below if code in loops), "")

    def is_differentiating(self) -> bool:
        """Whether it calls a gradient."""
        file = jax_code.differentiating_file()
        return any(code.co_filename == file for code, _ in self.below)


Frames = tuple[Frame, ...]


class Parting(Enum):
    """Where the ways to two things part."""

    LINES = auto()  # at two instructions of one function of the user's
    TURNS = auto()  # nowhere, or at the functions that one instruction calls: a loop of the user's
    LIBRARY = auto()  # in a library, below one call of the user's


def frames_of(frame: FrameType | None, user_code: UserCode) -> Frames:
    """Return the user's frames from `frame` outwards, the outermost first."""
    raw: list[tuple[CodeType, int]] = []
    while frame is not None:
        raw.append((frame.f_code, frame.f_lasti))
        frame = frame.f_back
    return _grouped(raw, user_code)


def way_to(equation: Any, user_code: UserCode) -> Way:
    """Return how the function that was traced last came to an equation."""
    raw: list[tuple[CodeType, int]] = []
    for code, offset in compat.frames_of(equation):
        if code.co_filename == tracing.__file__:  # above are those of this application
            break
        raw.append((code, offset))
    frames = _grouped(raw, user_code)
    roots = [raw[-1][0]] if raw else []
    roots += [frames[0].code] if frames else []
    return Way(frames, frozenset(map(_source, roots)))


def _source(code: CodeType) -> str:
    """Return a function as JAX tells of it."""
    return f"{code.co_name} at {code.co_filename}:{code.co_firstlineno}"


def parting(first: Frames, second: Frames) -> tuple[Parting, int]:
    """Return how the ways to two things part, and the number of the frame at which they do."""
    for i, (one, other) in enumerate(zip(first, second, strict=False)):
        if one.instruction != other.instruction:
            is_one_function = one.code is other.code or i == 0
            return (Parting.LINES, i) if is_one_function else (Parting.LIBRARY, i - 1)
        if one.below != other.below:
            codes = [frame.below[0][0] if frame.below else None for frame in (one, other)]
            return (Parting.LIBRARY if codes[0] is codes[1] else Parting.TURNS), i
    shorter = min(len(first), len(second))
    return (Parting.TURNS if len(first) == len(second) else Parting.LIBRARY), max(shorter - 1, 0)


def _grouped(raw: Iterable[tuple[CodeType, int]], user_code: UserCode) -> Frames:
    """Return frames, given those of user and libraries with the innermost first."""
    found: list[Frame] = []
    between: list[tuple[CodeType, int]] = []
    for code, offset in raw:
        if user_code.is_user(code.co_filename):
            found.append(Frame(code, offset, tuple(reversed(between))))
            between = []
        else:
            between.append((code, offset))
    return tuple(reversed(found))


# --- The call that a frame makes, as it is written


def call_of(frame: Frame) -> ast.Call | None:
    """Return the call that a frame makes, None where its source does not tell."""
    positions = list(frame.code.co_positions())
    index = frame.offset // 2
    if index >= len(positions) or None in positions[index]:
        return None
    for node in ast.walk(tree_of(frame.code.co_filename)):
        if isinstance(node, ast.Call):
            place = node.lineno, node.end_lineno, node.col_offset, node.end_col_offset
            if place == positions[index]:
                return node
    return None


def file_name(line: Line) -> str:
    """Return the name of a line's file, without its folder."""
    return os.path.basename(line.file)


def is_turned(frames: Frames, i: int) -> bool:
    """Whether the `i`th of `frames` is come to several times: in a loop, or by `jax.tree.map`."""
    is_mapped = i > 0 and any(jax_code.maps_trees(code) for code, _ in frames[i - 1].below)
    return is_mapped or _is_in_loop(frames[i])


def _is_in_loop(frame: Frame) -> bool:
    """Whether a frame makes its call in a loop of its own function."""
    code = frame.code
    if code.co_name in ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"):
        return True
    call = call_of(frame)
    at = frame.at.line if call is None else call.lineno
    for node in _own_nodes(_function_at(code)):
        if isinstance(node, (ast.For, ast.While)):
            first = node.body[0].lineno
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            first = node.lineno
        else:
            continue
        if first <= at <= (node.end_lineno or at):
            return True
    return False


def _function_at(code: CodeType) -> ast.AST:
    module = tree_of(code.co_filename)
    for node in ast.walk(module):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            name = getattr(node, "name", "<lambda>")
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            if name == code.co_name and first == code.co_firstlineno:
                return node
    return module


def _own_nodes(function: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a function, without those of functions within it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield node
            waiting += ast.iter_child_nodes(node)
