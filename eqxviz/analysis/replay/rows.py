"""The equations of a traced call by their rows in its graph."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from eqxviz.analysis import compat
from eqxviz.analysis.jaxpr_reader import only_call
from eqxviz.analysis.primitives import Nested, nested_jaxprs

_LOOPS = ("scan", "while")


@dataclass(frozen=True)
class Argument:
    """An input of the call."""

    index: int  # into the arrays of the call


class Constant(NamedTuple):
    """An array that the program holds, or a literal of it."""

    value: Any


class Made(NamedTuple):
    """What an equation makes."""

    row: int
    output: int


@dataclass(frozen=True)
class Taken:
    """What a nested jaxpr is given for its `index`-th input; `bound` says from where."""

    block: int
    index: int


Source = Argument | Constant | Made | Taken


@dataclass(eq=False)
class Block:
    """One jaxpr as it is run by one equation; block 0 is the outermost."""

    index: int
    jaxpr: compat.OpenJaxpr
    owner: int  # the row of the equation that runs it, -1 for the outermost
    nested: Nested | None  # how it is bound to `owner`
    position: int  # among the jaxprs nested in `owner`
    first: int = 0  # the row of its first equation; the others follow
    # Of each variable that is bound; those of literals are not in here.
    sources: dict[Any, Source] = field(default_factory=dict[Any, Source])

    @property
    def stop(self) -> int:
        """The row after its last equation."""
        return self.first + len(self.jaxpr.eqns)

    def source(self, var: Any) -> Source:
        """Return where the value of a variable, or literal, of this jaxpr comes from."""
        return Constant(var.val) if compat.is_literal(var) else self.sources[var]


class Rows:
    """The equations of a jaxpr and of all that is nested in it, numbered as its `Graph` has them.

    Where the jaxpr is one call of a jitted function, block 0 is that function's.
    """

    def __init__(self, jaxpr: compat.OpenJaxpr) -> None:
        self.blocks: list[Block] = []
        self.outputs: list[Source] = []  # of the whole call
        self._equations: list[Any] = []
        self._block_of: list[int] = []
        self._inside: dict[int, list[Block]] = {}  # by the row of the equation that owns them
        given: dict[Any, Source] = {var: Argument(i) for i, var in enumerate(jaxpr.invars)}
        self.outputs = self._read_outermost(jaxpr, given)

    def __len__(self) -> int:
        return len(self._equations)

    def equation(self, row: int) -> Any:
        """Return the equation of a row."""
        return self._equations[row]

    def primitive(self, row: int) -> str:
        """Return the name of the primitive of a row."""
        return self._equations[row].primitive.name

    def block(self, row: int) -> Block:
        """Return the jaxpr in which the equation of a row is."""
        return self.blocks[self._block_of[row]]

    def inside(self, row: int) -> Sequence[Block]:
        """Return the jaxprs that the equation of a row runs, in the order of the graph."""
        return self._inside.get(row, ())

    def owners(self, row: int) -> tuple[int, ...]:
        """Return the equations in whose jaxprs a row is, outermost first."""
        found: list[int] = []
        owner = self.block(row).owner
        while owner >= 0:
            found.append(owner)
            owner = self.block(owner).owner
        return tuple(reversed(found))

    def loops(self, row: int) -> tuple[int, ...]:
        """Return the loops (scan, while) around a row, outermost first."""
        return tuple(owner for owner in self.owners(row) if self.is_loop(owner))

    @cached_property
    def in_place(self) -> frozenset[int]:
        """The rows of all equations that read or change an array in place."""
        pairs = enumerate(self._equations)
        return frozenset(row for row, equation in pairs if holds_references(equation))

    def is_loop(self, row: int) -> bool:
        """Whether the equation of a row runs its jaxprs turn after turn."""
        return self.primitive(row) in _LOOPS

    def below(self, row: int) -> Iterator[int]:
        """Yield the rows of all equations nested in that of a row, however deep."""
        for block in self.inside(row):
            for inner in range(block.first, block.stop):
                yield inner
                yield from self.below(inner)

    def _read_outermost(self, jaxpr: compat.OpenJaxpr, given: dict[Any, Source]) -> list[Source]:
        given |= _constants(jaxpr)
        inner = only_call(jaxpr)
        if inner is None:
            root = Block(0, jaxpr, -1, None, 0, sources=given)
            waiting = [root]
            while waiting:
                waiting.extend(reversed(self._read(waiting.pop())))
            return [root.source(var) for var in jaxpr.outvars]
        call = jaxpr.eqns[0]
        outer = Block(-1, jaxpr, -1, None, 0, sources=given)
        inside = {v: outer.source(u) for v, u in zip(inner.invars, call.invars, strict=True)}
        returned = self._read_outermost(inner, inside)
        given.update(zip(call.outvars, returned, strict=True))
        return [outer.source(var) for var in jaxpr.outvars]

    def _read(self, block: Block) -> list[Block]:
        """Number the equations of a block; return the blocks nested in them."""
        block.index, block.first = len(self.blocks), len(self._equations)
        self.blocks.append(block)
        jaxpr, nested = block.jaxpr, list[Block]()
        if block.nested is not None:
            block.sources |= _constants(jaxpr)
            for i, var in enumerate(jaxpr.invars):
                block.sources[var] = Taken(block.index, i)
        for equation in jaxpr.eqns:
            row = len(self._equations)
            self._equations.append(equation)
            self._block_of.append(block.index)
            for i, var in enumerate(equation.outvars):
                block.sources[var] = Made(row, i)
            bound = enumerate(nested_jaxprs(equation))
            inside = [Block(-1, n.jaxpr, row, n, position) for position, n in bound]
            if inside:
                self._inside[row] = inside
                nested.extend(inside)
        return nested


def holds_references(equation: Any) -> bool:
    """Whether it reads or changes an array in place."""
    variables = (*equation.invars, *equation.outvars)
    return any(not compat.is_literal(v) and compat.is_reference(v) for v in variables)


def _constants(jaxpr: compat.OpenJaxpr) -> dict[Any, Source]:
    """Return the constants of a jaxpr that are known."""
    return {v: Constant(value) for v, value in zip(jaxpr.constvars, jaxpr.consts, strict=False)}
