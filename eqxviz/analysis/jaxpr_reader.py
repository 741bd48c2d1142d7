"""Reading a jaxpr, and all that is nested in it, into the rows of a graph."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from eqxviz.analysis import compat
from eqxviz.analysis.captured import CapturedNames
from eqxviz.analysis.cost import Lifetimes, NestedRows, bytes_of, flops_of, with_nested
from eqxviz.analysis.graph_rows import EquationRows, GroupRows, ValueRows, graph_record
from eqxviz.analysis.module_scopes import ModuleScope, module_scope
from eqxviz.analysis.parameters import parameters_text
from eqxviz.analysis.placing import module_paths, paths_read_in, place_of
from eqxviz.analysis.primitives import Nested, combines_by_jaxprs, kind_of, nested_jaxprs
from eqxviz.analysis.repeated_groups import same_groups
from eqxviz.analysis.short_text import short_text
from eqxviz.analysis.sources import Sources
from eqxviz.analysis.user_code import UserCode
from eqxviz.records import EquationFlag, Graph, GroupKind, Interner, ValueOrigin

MAX_EQUATIONS = 1_000_000
# What these return is their first input in another guise; it keeps the input's name.
_RENAMING = ("convert_element_type", "transpose", "reshape", "squeeze", "copy", "copy_p", "pvary")


class _Work(NamedTuple):
    """A jaxpr still to be read."""

    jaxpr: compat.OpenJaxpr
    group: int
    backward: bool
    source: int
    values: dict[Any, int]  # the value of each variable so far
    becomes: Sequence[int]  # the value outside that each output becomes, or -1
    lifetimes: Lifetimes


class JaxprReader:
    """Collects the rows of one graph: `read` a jaxpr, then ask for the `graph`.

    Equations of one jaxpr follow one another in the order in which they run; those of the jaxprs
    nested in them come after.
    """

    def __init__(
        self, user_code: UserCode, name: str, drawn_class: str, captured: CapturedNames
    ) -> None:
        self._drawn_class = drawn_class
        self._captured = captured
        self._drawn_name = name
        self._strings = Interner()
        self._sources = Sources(user_code, self._strings)
        self._groups = GroupRows()
        self._scopes: dict[tuple[int, int, bool, str], int] = {}
        self._calls: dict[int, ModuleScope] = {}  # by group: the call of a Module that made it
        self._equations = EquationRows()
        self._values = ValueRows(self._strings)
        self._ranges: dict[int, tuple[int, int]] = {}  # by group: the equations of its jaxpr
        self._outputs: list[int] = []

    def read(self, jaxpr: compat.OpenJaxpr, input_names: Sequence[str]) -> None:
        """Read `jaxpr` and all that is nested in it.

        Where it is one call of a jitted function, that function is read instead.

        Raises:
            ValueError: If there are more equations than can be shown.
        """
        root = self._groups.add(-1, GroupKind.ROOT, self._strings(""))
        values = self._constants(jaxpr)
        takes = list(values.values())
        arguments: list[int] = []
        for var, name in zip(jaxpr.invars, input_names, strict=True):
            path = self._strings(name)
            values[var] = self._values.add(var.aval, ValueOrigin.ARGUMENT, path=path)
            arguments.append(values[var])
        self._outputs = self._read_outermost(jaxpr, values, takes)
        self._groups.takes[root] = takes + arguments
        self._groups.returns[root] = self._outputs

    def graph(self, title: str, output_names: Sequence[str]) -> Graph:
        """Return what was read, as a record."""
        self._name_modules()
        groups, equations = self._groups, self._equations
        nested: list[NestedRows] = []
        branching = self._strings("cond")
        for group in sorted(self._ranges):
            owner = groups.owner[group]
            if owner >= 0:
                is_branch = equations.primitive[owner] == branching
                repeats = groups.repeats[group]
                nested.append(NestedRows(owner, repeats, is_branch, *self._ranges[group]))
        costs = with_nested(np.array(equations.flops), np.array(equations.n_bytes), nested)
        names = [self._strings(name) for name in output_names]
        graph = graph_record(
            title, self._strings, groups, equations, self._values, self._sources.rows, costs,
            self._outputs, names,
        )  # fmt: skip
        return replace(graph, group_same_as=same_groups(graph))

    def _name_modules(self) -> None:
        """Name the groups of Modules by their whole paths."""
        groups = self._groups
        paths = module_paths(groups.parent, self._calls, self._places(), self._drawn_name)
        for group, path in paths.items():
            groups.name[group] = self._strings(path)

    def _places(self) -> dict[int, str]:
        """Return the paths of the Modules that could not be placed while tracing, by group."""
        unplaced = {g: call for g, call in self._calls.items() if call.path == call.class_name}
        if not unplaced:
            return {}
        values, equations, texts = self._values, self._equations, self._strings.texts()

        def paths_of(equation: int) -> list[str]:
            start, stop = equations.in_offset[equation : equation + 2]
            paths = [values.path[value] for value in equations.in_value[start:stop]]
            return [texts[path] for path in paths if path >= 0]

        modules = self._captured.modules()
        read = paths_read_in(unplaced, self._groups.parent, equations.group, paths_of)
        found = {g: place_of(read[g], call.class_name, modules) for g, call in unplaced.items()}
        return {group: place for group, place in found.items() if place}

    def _read_outermost(
        self, jaxpr: compat.OpenJaxpr, values: dict[Any, int], takes: list[int]
    ) -> list[int]:
        """Read `jaxpr`, or what it calls; add the constants met to `takes`."""
        inner = only_call(jaxpr)
        if inner is None:
            waiting = [_Work(jaxpr, 0, False, -1, values, (), Lifetimes(jaxpr, ()))]
            while waiting:
                waiting.extend(reversed(self._read(waiting.pop())))
        else:
            inside = self._constants(inner)
            takes.extend(inside.values())
            call = jaxpr.eqns[0]
            for var, given in zip(inner.invars, call.invars, strict=True):
                inside[var] = self._value_of(given, values)
            returned = self._read_outermost(inner, inside, takes)
            values.update(zip(call.outvars, returned, strict=True))
        return [self._value_of(var, values) for var in jaxpr.outvars]

    def _read(self, work: _Work) -> list[_Work]:
        """Add the equations of one jaxpr; return the jaxprs nested in them."""
        jaxpr, first = work.jaxpr, len(self._equations)
        if first + len(jaxpr.eqns) > MAX_EQUATIONS:
            raise ValueError(
                f"The function traces to more than {MAX_EQUATIONS:,} equations; the graph shows at "
                "most so many. Draw one of the functions that it calls on its own."
            )
        nested: list[_Work] = []
        for equation in jaxpr.eqns:
            nested.extend(self._add_equation(equation, work))
        self._ranges[work.group] = (first, len(self._equations))
        if work.group > 0:
            self._groups.returns[work.group] = self._bind_outputs(work)
        return nested

    def _bind_outputs(self, work: _Work) -> list[int]:
        """Bind what a nested jaxpr returns to the values outside; return its values."""
        values, returned = self._values, list[int]()
        bound: set[int] = set()
        for i, var in enumerate(work.jaxpr.outvars):
            inside = self._value_of(var, work.values)
            returned.append(inside)
            outside = work.becomes[i] if i < len(work.becomes) else -1
            # What comes in and goes out unchanged is bound as an input already.
            if outside >= 0 and values.origin[inside] != ValueOrigin.ARGUMENT:
                if inside in bound:  # returned twice: a second row, for what it becomes outside
                    inside = values.add_copy(inside)
                bound.add(inside)
                values.outer[inside] = outside
        return returned

    def _add_equation(self, equation: Any, work: _Work) -> list[_Work]:
        index, primitive = len(self._equations), equation.primitive.name
        rows, values = self._equations, self._values
        group, backward = self._group_of(equation, work)
        source = self._sources.of(equation)
        source = work.source if source < 0 else source
        flags = EquationFlag.BACKWARD if backward else 0
        flags |= EquationFlag.EFFECT if equation.effects else 0
        combines = combines_by_jaxprs(primitive)
        parameters = self._strings(parameters_text(equation.params, tells_jaxprs=combines))
        rows.add(group, self._strings(primitive), kind_of(primitive), flags, source, parameters)
        inputs = [self._value_of(var, work.values) for var in equation.invars]
        renamed = len(inputs) == 1 and primitive in _RENAMING
        path = values.path[inputs[0]] if renamed else -1
        outputs: list[int] = []
        for var in equation.outvars:
            value = values.add(var.aval, ValueOrigin.EQUATION, path=path, producer=index)
            outputs.append(value)
            work.values[var] = value
        rows.connect(inputs, outputs)
        n_bytes = bytes_of(
            equation,
            [values.n_bytes[value] for value in inputs],
            [values.n_bytes[value] for value in outputs],
            work.lifetimes,
        )
        rows.n_bytes.append(n_bytes)
        rows.flops.append(math.nan if math.isnan(n_bytes) else flops_of(equation))
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
        name = self._strings(nested.name)
        inner_group = self._groups.add(group, GroupKind.JAXPR, name, owner, nested.repeats)
        values = self._constants(nested.jaxpr)
        for var, at in zip(nested.jaxpr.invars, nested.inputs, strict=True):
            outer = -1 if at is None else inputs[at] if at >= 0 else outputs[-1 - at]
            path = self._values.path[outer] if outer >= 0 else -1
            values[var] = self._values.add(var.aval, ValueOrigin.ARGUMENT, path=path, outer=outer)
        self._groups.takes[inner_group] = list(values.values())
        becomes = [-1 if at is None else outputs[at] for at in nested.outputs]
        lifetimes = Lifetimes(nested.jaxpr, [nested.jaxpr.invars[i] for i in nested.carried])
        return _Work(nested.jaxpr, inner_group, backward, source, values, becomes, lifetimes)

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
                group = self._scope(group, module.call, backward, module.path, GroupKind.MODULE)
                self._calls[group] = module
            elif name.rsplit(".", 1)[-1] != class_name:  # a layer that names its own class
                group = self._scope(group, 0, backward, name, GroupKind.SCOPE)
        return group, backward

    def _scope(self, parent: int, call: int, backward: bool, name: str, kind: GroupKind) -> int:
        """Return the group of a scope below `parent`, made where it is new."""
        key = (parent, call, backward, name)
        group = self._scopes.get(key)
        if group is None:
            group = self._scopes[key] = self._groups.add(parent, kind, self._strings(name))
        return group

    def _constants(self, jaxpr: compat.OpenJaxpr) -> dict[Any, int]:
        values: dict[Any, int] = {}
        for i, var in enumerate(jaxpr.constvars):
            name = self._captured.name_of(jaxpr.consts[i]) if i < len(jaxpr.consts) else ""
            path = self._strings(name) if name else -1
            values[var] = self._values.add(var.aval, ValueOrigin.CONSTANT, path=path)
        return values

    def _value_of(self, var: Any, values: dict[Any, int]) -> int:
        """Return the value of a variable; each literal is a value of its own."""
        if not compat.is_literal(var):
            return values[var]
        return self._values.add_literal(short_text(compat.literal_value(var), 40), var.aval)


def only_call(jaxpr: compat.OpenJaxpr) -> compat.OpenJaxpr | None:
    """Return what `jaxpr` calls where it is no more than one call of a jitted function."""
    if len(jaxpr.eqns) != 1 or jaxpr.eqns[0].primitive.name not in ("jit", "pjit"):
        return None
    return next(nested_jaxprs(jaxpr.eqns[0])).jaxpr
