"""What was computed, as one sequence with nested calls opened: a jaxpr, or outside of jit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Protocol

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import kind_of, nested_jaxprs
from eqxviz.analysis.user_code import UserCode
from eqxviz.doctor.code.frames import Frame
from eqxviz.doctor.seen import Line, Operation
from eqxviz.records import EquationKind

# What these compute for an element depends on many others.
_CONTRACTING = (EquationKind.MATMUL, EquationKind.CONTROL, EquationKind.OTHER)
_LOOPS = ("scan", "while", "cond")


@dataclass(eq=False)
class Value:
    """An array that was computed with, or given."""

    shape: tuple[int, ...]
    step: "Step | None" = None  # that made it
    sources: int = 0  # one bit for each array given, or drawn at random, that it depends on
    is_contracted: bool = False  # by a product of matrices or the like, as models are
    is_uniform: bool = False  # the same number throughout


class Origin(Protocol):
    """Where a step was made."""

    @property
    def frames(self) -> tuple[Frame, ...]:
        """The user's frames, the outermost first; () where they are not known."""
        ...

    @property
    def instruction(self) -> Any:
        """Equal for steps that one evaluation of an expression may have made; None if unknown."""
        ...

    @property
    def function(self) -> Any:
        """Equal for steps of one function of the user's."""
        ...

    @property
    def at(self) -> Line | None:
        """The user's line."""
        ...

    @property
    def transformations(self) -> tuple[str, ...]:
        """What it was made within, outermost first: "jvp", "transpose", "vmap", if known."""
        ...


class TracedOrigin:
    """Where an equation was made: it, or else the call that it is in, has frames of the user's."""

    def __init__(self, equation: Any, outer: Origin | None, user_code: UserCode) -> None:
        self._equation = equation
        self._outer = outer
        self._user_code = user_code

    @cached_property
    def _own(self) -> tuple[Frame, ...]:
        raw = list(compat.frames_of(self._equation))
        is_user = self._user_code.is_user
        return tuple(Frame(*each, ()) for each in reversed(raw) if is_user(each[0].co_filename))

    @property
    def frames(self) -> tuple[Frame, ...]:
        return self._own if self._own or self._outer is None else self._outer.frames

    @property
    def instruction(self) -> Any:
        if not self._own and self._outer is not None:
            return self._outer.instruction
        return self._own[-1].instruction if self._own else None

    @property
    def function(self) -> Any:
        if not self._own and self._outer is not None:
            return self._outer.function
        return self._own[-1].code if self._own else None

    @property
    def at(self) -> Line | None:
        if not self._own and self._outer is not None:
            return self._outer.at
        return self._own[-1].at if self._own else None

    @property
    def transformations(self) -> tuple[str, ...]:
        own = tuple(name for is_one, name in compat.scopes_of(self._equation) if is_one)
        return own if self._outer is None else (*self._outer.transformations, *own)


class EagerOrigin:
    """Where an operation outside of jit was made."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation
        self.frames: tuple[Frame, ...] = ()
        self.instruction = operation.expression
        self.at = operation.at
        self.transformations: tuple[str, ...] = ()

    @property
    def function(self) -> Any:
        """File and name."""
        place = self._operation.places[-1] if self._operation.places else None
        return (place.file, place.function) if place is not None else None


@dataclass(eq=False)
class Step:
    """An equation, or an operation outside of jit."""

    name: str  # of its primitive
    params: dict[str, Any]
    inputs: list[Value]
    outputs: list[Value]
    origin: Origin

    @property
    def kind(self) -> EquationKind:
        """The family of its primitive."""
        return kind_of(self.name)


class Steps:
    """The steps of jaxprs and operations, in order."""

    def __init__(self, user_code: UserCode) -> None:
        self.all: list[Step] = []
        self._user_code = user_code
        self._n_sources = 0

    def read(self, jaxpr: compat.OpenJaxpr) -> None:
        """Add the equations of a function."""
        self._read(jaxpr, [self._given(var.aval) for var in jaxpr.invars], None)

    def follow(self, operations: Sequence[Operation]) -> None:
        """Add operations, joined by the arrays that they hand on."""
        values: dict[int, Value] = {}
        for operation in operations:
            inputs = [self._found(each, values) for each in operation.inputs]
            shapes = [_shape(each) for each in operation.outputs]
            origin = EagerOrigin(operation)
            outputs = self._step(_like_equation(operation), inputs, shapes, origin)
            values |= zip(map(id, operation.outputs), outputs, strict=True)

    def _found(self, array: Any, values: dict[int, Value]) -> Value:
        if id(array) not in values:
            is_number = isinstance(array, (bool, int, float, complex))
            values[id(array)] = Value((), is_uniform=True) if is_number else self._given(array)
        return values[id(array)]

    def _given(self, like: Any) -> Value:
        self._n_sources += 1
        return Value(_shape(like), sources=1 << self._n_sources)

    def _read(
        self, jaxpr: compat.OpenJaxpr, inputs: Sequence[Value], outer: Origin | None
    ) -> list[Value]:
        values: dict[Any, Value] = dict(zip(jaxpr.invars, inputs, strict=True))
        values |= {var: self._given(var.aval) for var in jaxpr.constvars}

        def value_of(var: Any) -> Value:
            if compat.is_literal(var):
                return Value(_shape(var.aval), is_uniform=not _shape(var.aval))
            return values[var]

        for equation in jaxpr.eqns:
            shapes = [_shape(var.aval) for var in equation.outvars]
            origin = TracedOrigin(equation, outer, self._user_code)
            outputs = self._step(equation, list(map(value_of, equation.invars)), shapes, origin)
            values |= zip(equation.outvars, outputs, strict=True)
        return list(map(value_of, jaxpr.outvars))

    def _step(
        self, made: Any, inputs: list[Value], shapes: Sequence[tuple[int, ...]], origin: Origin
    ) -> list[Value]:
        """Add what `made`, an equation or the like, does; return its results."""
        name = made.primitive.name
        called = list(nested_jaxprs(made)) if kind_of(name) is EquationKind.CONTROL else []
        if len(called) == 1 and name not in _LOOPS and None not in called[0].outputs:
            nested = called[0]
            given = [self._bound(inputs, i, var) for i, var in _pairs(nested)]
            returned = self._read(nested.jaxpr, given, origin)
            return [returned[list(nested.outputs).index(i)] for i in range(len(shapes))]
        for nested in called:
            self._read(nested.jaxpr, [self._given(var.aval) for var in nested.jaxpr.invars], origin)
        outputs = [Value(shape) for shape in shapes]
        step = Step(name, made.params, inputs, outputs, origin)
        self.all.append(step)
        sources = 0
        for value in inputs:
            sources |= value.sources
        kind = step.kind
        if kind is EquationKind.RANDOM:
            self._n_sources += 1
            sources |= 1 << self._n_sources
        is_contracted = kind in _CONTRACTING or any(value.is_contracted for value in inputs)
        is_uniform = name != "iota" and all(value.is_uniform for value in inputs)
        for value in outputs:
            value.step, value.sources = step, sources
            value.is_contracted, value.is_uniform = is_contracted, is_uniform
        return outputs

    def _bound(self, inputs: Sequence[Value], index: int | None, var: Any) -> Value:
        return inputs[index] if index is not None and index >= 0 else self._given(var.aval)


def _pairs(nested: Any) -> Iterator[tuple[int | None, Any]]:
    return zip(nested.inputs, nested.jaxpr.invars, strict=True)


def _like_equation(operation: Operation) -> Any:
    """Return an operation as what it would be in a jaxpr."""
    return SimpleNamespace(
        primitive=operation.primitive,
        params=operation.params,
        invars=[SimpleNamespace(aval=each) for each in operation.inputs],
        outvars=[SimpleNamespace(aval=each) for each in operation.outputs],
    )


def _shape(like: Any) -> tuple[int, ...]:
    return tuple(getattr(like, "shape", ()))
