"""A traced function as a `Graph`."""

from collections.abc import Callable, Sequence
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.module_scopes import joined, module_scope
from eqxviz.analysis.modules import is_module
from eqxviz.analysis.parameters import parameters_text
from eqxviz.analysis.primitives import Nested, kind_of, nested_jaxprs
from eqxviz.analysis.short_text import short_text
from eqxviz.analysis.tracing import argument_names as names_in_signature
from eqxviz.analysis.tracing import trace
from eqxviz.analysis.user_code import UserCode
from eqxviz.records import EquationFlag, Graph, GroupKind, Interner, ValueOrigin

MAX_EQUATIONS = 1_000_000
# What these return is their first input in another guise; it keeps the input's name.
_RENAMING = ("convert_element_type", "transpose", "reshape", "squeeze", "copy", "copy_p", "pvary")


def graph_of(
    fn: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    *,
    title: str,
    argument_names: Sequence[str] | None = None,
    project_root: str | None = None,
    name: str | None = None,
) -> Graph:
    """Return the jaxpr of `fn(*args, **kwargs)`, grouped by the Modules called and nested jaxprs.

    The call is traced, not run: of arrays only shapes count, and a `jax.ShapeDtypeStruct` may stand
    for one. A jitted function is drawn as its body. Module groups are named by the whole path of
    the instance, `model.layers[0]`, or by the class where the instance could not be placed; what a
    Module does backward is a group of its own with the same name.

    Args:
        fn: A function, jitted or not, or a Module.
        title: What the graph is called.
        argument_names: Names of `args`; by default those in the signature.
        project_root: The user's folder: sources are lines below it, where there are any.
        name: What the user calls `fn` where it has arrays of its own, as a Module has; the title
            by default.

    Raises:
        ValueError: If the function traces to more equations than can be shown.
        Exception: Whatever `fn` raises while it is traced.
    """
    names = names_in_signature(fn, len(args)) if argument_names is None else argument_names
    own = title.removesuffix(".__call__") if name is None else name
    traced = trace(fn, args, kwargs, names, own)
    builder = _Builder(UserCode(project_root), own, type(fn).__name__ if is_module(fn) else "")
    outputs = builder.build(traced.jaxpr, traced.input_names)
    return builder.graph(title, outputs, traced.output_names)


class _Work(NamedTuple):
    """A jaxpr still to be read."""

    jaxpr: compat.OpenJaxpr
    group: int
    backward: bool
    source: int
    values: dict[Any, int]  # the value of each variable so far
    becomes: Sequence[int]  # the value outside that each output becomes, or -1


class _Builder:
    """Collects the rows of one graph."""

    def __init__(self, user_code: UserCode, name: str, drawn_class: str) -> None:
        self._drawn_class = drawn_class
        self._module_paths = [name]  # of each group: the Module whose call it is part of
        self._strings = Interner()
        self._sources = _Sources(user_code, self._strings)
        self._groups: list[tuple[int, int, int, int, float]] = []
        self._scopes: dict[tuple[int, int, bool, str], int] = {}
        self._equations: list[tuple[int, int, int, int, int, int]] = []
        self._inputs: list[int] = []
        self._in_offset: list[int] = [0]
        self._outputs: list[int] = []
        self._out_offset: list[int] = [0]
        self._values: list[_Value] = []
        self._avals: dict[Any, int] = {}

    def build(self, jaxpr: compat.OpenJaxpr, input_names: Sequence[str]) -> list[int]:
        """Read `jaxpr` and all that is nested in it; return the values of its outputs."""
        self._groups.append((-1, GroupKind.ROOT, self._strings(""), -1, 1.0))
        values = self._constants(jaxpr)
        for var, name in zip(jaxpr.invars, input_names, strict=True):
            path = self._strings(name)
            values[var] = self._add_value(var.aval, ValueOrigin.ARGUMENT, path=path)
        return self._read_outermost(jaxpr, values)

    def _read_outermost(self, jaxpr: compat.OpenJaxpr, values: dict[Any, int]) -> list[int]:
        """Read `jaxpr`; where it is one call of a jitted function, read that function instead."""
        inner = self._only_call(jaxpr)
        if inner is None:
            waiting = [_Work(jaxpr, 0, False, -1, values, ())]
            while waiting:
                waiting.extend(reversed(self._read(waiting.pop())))
        else:
            inside = self._constants(inner)
            call = jaxpr.eqns[0]
            for var, given in zip(inner.invars, call.invars, strict=True):
                inside[var] = self._value_of(given, values)
            returned = self._read_outermost(inner, inside)
            values.update(zip(call.outvars, returned, strict=True))
        return [self._value_of(var, values) for var in jaxpr.outvars]

    def _only_call(self, jaxpr: compat.OpenJaxpr) -> compat.OpenJaxpr | None:
        if len(jaxpr.eqns) != 1 or jaxpr.eqns[0].primitive.name not in ("jit", "pjit"):
            return None
        return next(nested_jaxprs(jaxpr.eqns[0])).jaxpr

    def _read(self, work: _Work) -> list[_Work]:
        """Add the equations of one jaxpr; return the jaxprs nested in them."""
        jaxpr, values = work.jaxpr, work.values
        if len(self._equations) + len(jaxpr.eqns) > MAX_EQUATIONS:
            raise ValueError(
                f"The function traces to more than {MAX_EQUATIONS:,} equations; the graph shows at "
                "most so many. Draw one of the functions that it calls on its own."
            )
        nested: list[_Work] = []
        for equation in jaxpr.eqns:
            nested.extend(self._add_equation(equation, work))
        bound: set[int] = set()
        for var, outside in zip(jaxpr.outvars, work.becomes, strict=len(work.becomes) > 0):
            inside = self._value_of(var, values)
            if outside < 0 or self._values[inside].origin == ValueOrigin.ARGUMENT:
                continue  # what comes in and goes out unchanged is bound as an input already
            if inside in bound:  # returned twice: a second value of the same equation
                inside = self._copy_value(inside)
            bound.add(inside)
            self._values[inside] = self._values[inside]._replace(outer=outside)
        return nested

    def _add_equation(self, equation: Any, work: _Work) -> list[_Work]:
        index, primitive = len(self._equations), equation.primitive.name
        group, backward = self._group_of(equation, work)
        source = self._sources.of(equation)
        source = work.source if source < 0 else source
        flags = EquationFlag.BACKWARD if backward else 0
        flags |= EquationFlag.EFFECT if equation.effects else 0
        parameters = self._strings(parameters_text(equation.params))
        row = (group, self._strings(primitive), kind_of(primitive), flags, source, parameters)
        self._equations.append(row)
        inputs = [self._value_of(var, work.values) for var in equation.invars]
        renamed = len(inputs) == 1 and primitive in _RENAMING
        path = self._values[inputs[0]].path if renamed else -1
        outputs: list[int] = []
        for var in equation.outvars:
            value = self._add_value(var.aval, ValueOrigin.EQUATION, path=path, producer=index)
            outputs.append(value)
            work.values[var] = value
        self._inputs.extend(inputs)
        self._in_offset.append(len(self._inputs))
        self._outputs.extend(outputs)
        self._out_offset.append(len(self._outputs))
        bindings = nested_jaxprs(equation)
        return [self._enter(n, group, index, backward, source, inputs, outputs) for n in bindings]

    def _enter(
        self,
        nested: Nested,
        group: int,
        owner: int,
        backward: bool,
        source: int,
        inputs: list[int],
        outputs: list[int],
    ) -> _Work:
        """Add the group of a nested jaxpr, and the values that are bound to outer ones."""
        inner_group = len(self._groups)
        name = self._strings(nested.name)
        self._groups.append((group, GroupKind.JAXPR, name, owner, nested.repeats))
        self._module_paths.append(self._module_paths[group])
        values = self._constants(nested.jaxpr)
        for var, at in zip(nested.jaxpr.invars, nested.inputs, strict=True):
            outer = -1 if at is None else inputs[at] if at >= 0 else outputs[-1 - at]
            path = self._values[outer].path if outer >= 0 else -1
            values[var] = self._add_value(var.aval, ValueOrigin.ARGUMENT, path=path, outer=outer)
        becomes = [-1 if at is None else outputs[at] for at in nested.outputs]
        return _Work(nested.jaxpr, inner_group, backward, source, values, becomes)

    def _group_of(self, equation: Any, work: _Work) -> tuple[int, bool]:
        """Return the group of an equation, by its name stack, and whether it runs backward."""
        group, backward = work.group, work.backward
        class_name = self._drawn_class if group == 0 else ""
        for is_transform, name in compat.scopes_of(equation):
            if is_transform:
                backward = backward or name == "transpose"
                continue
            module = module_scope(name)
            if module is not None:
                class_name = module.class_name
                path = joined(self._module_paths[group], module.path)
                group = self._scope(group, module.call, backward, path, GroupKind.MODULE)
            elif name.rsplit(".", 1)[-1] != class_name:  # a layer that names its own class
                group = self._scope(group, 0, backward, name, GroupKind.SCOPE)
        return group, backward

    def _scope(self, parent: int, call: int, backward: bool, name: str, kind: GroupKind) -> int:
        """Return the group of a scope below `parent`, made where it is new."""
        key = (parent, call, backward, name)
        group = self._scopes.get(key)
        if group is None:
            group = self._scopes[key] = len(self._groups)
            self._groups.append((parent, kind, self._strings(name), -1, 1.0))
            inherited = self._module_paths[parent]
            self._module_paths.append(name if kind == GroupKind.MODULE else inherited)
        return group

    def _constants(self, jaxpr: compat.OpenJaxpr) -> dict[Any, int]:
        return {v: self._add_value(v.aval, ValueOrigin.CONSTANT) for v in jaxpr.constvars}

    def _value_of(self, var: Any, values: dict[Any, int]) -> int:
        """Return the value of a variable; each literal is a value of its own."""
        if not compat.is_literal(var):
            return values[var]
        text = f"{short_text(compat.literal_value(var), 40)}:{compat.aval_text(var.aval)}"
        self._values.append(_Value(-1, ValueOrigin.LITERAL, self._strings(text), -1, -1))
        return len(self._values) - 1

    def _add_value(
        self, aval: Any, origin: ValueOrigin, *, path: int = -1, outer: int = -1, producer: int = -1
    ) -> int:
        text = self._avals.get(aval)
        if text is None:
            text = self._avals[aval] = self._strings(compat.aval_text(aval))
        self._values.append(_Value(producer, origin, text, path, outer))
        return len(self._values) - 1

    def _copy_value(self, value: int) -> int:
        self._values.append(self._values[value])
        return len(self._values) - 1

    def graph(self, title: str, outputs: list[int], output_names: Sequence[str]) -> Graph:
        """Return what was read, as a record."""
        names = [self._strings(name) for name in output_names]
        groups, equations = _columns(self._groups, 5), _columns(self._equations, 6)
        values, sources = _columns(self._values, 5), _columns(self._sources.rows, 3)
        return Graph(
            title=title,
            strings=self._strings.strings(),
            group_parent=np.array(groups[0], np.int32),
            group_kind=np.array(groups[1], np.uint8),
            group_name=np.array(groups[2], np.int32),
            group_owner=np.array(groups[3], np.int32),
            group_repeats=np.array(groups[4], np.float64),
            group_same_as=np.full(len(groups[0]), -1, np.int32),
            group_in_offset=np.zeros(len(groups[0]) + 1, np.uint32),
            group_in_value=np.zeros(0, np.int32),
            group_out_offset=np.zeros(len(groups[0]) + 1, np.uint32),
            group_out_value=np.zeros(0, np.int32),
            equation_group=np.array(equations[0], np.int32),
            equation_primitive=np.array(equations[1], np.int32),
            equation_kind=np.array(equations[2], np.uint8),
            equation_flags=np.array(equations[3], np.uint8),
            equation_source=np.array(equations[4], np.int32),
            equation_params=np.array(equations[5], np.int32),
            equation_flops=np.full(len(self._equations), np.nan),
            equation_bytes=np.full(len(self._equations), np.nan),
            in_offset=np.array(self._in_offset, np.uint32),
            in_value=np.array(self._inputs, np.int32),
            out_offset=np.array(self._out_offset, np.uint32),
            out_value=np.array(self._outputs, np.int32),
            value_producer=np.array(values[0], np.int32),
            value_origin=np.array(values[1], np.uint8),
            value_aval=np.array(values[2], np.int32),
            value_dtype=np.full(len(self._values), -1, np.int32),
            value_bytes=np.full(len(self._values), np.nan),
            value_path=np.array(values[3], np.int32),
            value_outer=np.array(values[4], np.int32),
            source_file=np.array(sources[0], np.int32),
            source_line=np.array(sources[1], np.int32),
            source_function=np.array(sources[2], np.int32),
            outputs=np.array(outputs, np.int32),
            output_names=np.array(names, np.int32),
        )


class _Value(NamedTuple):
    """One row of the value columns."""

    producer: int
    origin: int
    aval: int
    path: int
    outer: int


class _Sources:
    """The user's lines that made the equations, each once."""

    def __init__(self, user_code: UserCode, strings: Interner) -> None:
        self.rows: list[tuple[int, int, int]] = []  # file, line, function
        self._user_code = user_code
        self._strings = strings
        self._ids: dict[tuple[int, int, int], int] = {}

    def of(self, equation: Any) -> int:
        """Return the innermost line in the project that made `equation`.

        Failing that, the innermost line of the user's elsewhere; -1 where there is none.
        """
        elsewhere = None
        for code, offset in compat.frames_of(equation):
            if not self._user_code.is_user(code.co_filename):
                continue
            if self._user_code.is_in_project(code.co_filename):
                return self._id(code, offset)
            elsewhere = elsewhere or (code, offset)
        return -1 if elsewhere is None else self._id(*elsewhere)

    def _id(self, code: CodeType, offset: int) -> int:
        row = (
            self._strings(code.co_filename),
            compat.line_of(code, offset),
            self._strings(code.co_qualname),
        )
        if row not in self._ids:
            self._ids[row] = len(self.rows)
            self.rows.append(row)
        return self._ids[row]


def _columns(rows: Sequence[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width
