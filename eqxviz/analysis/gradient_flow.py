"""Which inputs of a function that is differentiated its gradient reaches, and where it is cut."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from eqxviz.analysis import compat
from eqxviz.analysis.primitives import Nested, kind_of, nested_jaxprs
from eqxviz.records import EquationKind

_STOP = "stop_gradient"
# Floating point in, floating point out, and no derivative but zero. What gives integers or truths
# has none either.
_FLAT = frozenset((_STOP, "round", "floor", "ceil", "sign", "nextafter", "bitcast_convert_type"))
# Their i-th output is made of their i-th input alone.
_ONE_BY_ONE = frozenset(("optimization_barrier", "device_put", "sort", "psum", "copy", "copy_p"))
_CALLS = frozenset(
    (
        *("jit", "pjit", "closed_call", "core_call", "call", "remat", "remat2", "checkpoint"),
        *("shard_map", "xla_pmap"),
    )
)
_LOOPS = ("scan", "while")
_INDEXING = ("gather", "scatter", "dynamic_")
_MOST_TURNS = 50


@dataclass(eq=False)
class Cut:
    """An equation that gives on no gradient."""

    equation: Any
    within: tuple[Any, ...]  # the equations in which it is nested, outermost first
    inputs: int = 0  # bit i: the gradient of input i would have gone through it
    marked: int = 0  # bit i: it is `stop_gradient` of input i itself, or of a part of it


@dataclass(eq=False)
class Flow:
    """How the inputs of a function take part in its outputs. Bit i of a number is for input i."""

    reached: int = 0  # by the gradient
    marked: int = 0  # given to `stop_gradient` as they are
    cuts: list[Cut] = field(default_factory=list[Cut])  # those that the outputs depend on
    # Primitives that compute with an input as it is: not what moves or converts it.
    uses: list[set[str]] = field(default_factory=list[set[str]])

    def cut_of(self, index: int) -> Cut | None:
        """Return the last equation that cuts input `index` off, None if no output depends on it.

        What cuts off a part before it, as the comparison in `where(x > 0, x, 0)`, is not the end.
        """
        return next((cut for cut in reversed(self.cuts) if cut.inputs >> index & 1), None)


def gradient_flow(jaxpr: compat.OpenJaxpr) -> Flow:
    """Return the flow from the inputs of `jaxpr`, then its constants, to all of its outputs."""
    variables = [*jaxpr.invars, *jaxpr.constvars]
    reader = _Reader(len(variables))
    states = [
        _State(1 << i if _is_inexact(var) else 0, 1 << i, 0) for i, var in enumerate(variables)
    ]
    joined = _joined(reader.read(jaxpr, states, ()))
    cuts = [cut for i, cut in enumerate(reader.cuts) if joined.cuts >> i & 1]
    return Flow(joined.live, reader.marked, cuts, reader.uses)


class _State(NamedTuple):
    """What is known of a value. Bits of `live` and `plain` are inputs, those of `cuts` cuts."""

    live: int  # its gradient reaches them
    plain: int  # it is made of their elements, moved or converted, and of nothing else
    cuts: int  # it depends on what came out of them


_NOTHING = _State(0, 0, 0)


class _Reader:
    """Goes through a jaxpr, and those nested in it, in the order of computation."""

    def __init__(self, n_inputs: int) -> None:
        self.cuts: list[Cut] = []
        self.marked = 0
        self.uses: list[set[str]] = [set() for _ in range(n_inputs)]
        self._ids: dict[tuple[int, ...], int] = {}

    def read(
        self, jaxpr: compat.OpenJaxpr, inputs: Sequence[_State], within: tuple[Any, ...]
    ) -> list[_State]:
        """Return the states of the outputs; `inputs` are those of its inputs, then constants."""
        known: dict[Any, _State] = dict(
            zip([*jaxpr.invars, *jaxpr.constvars], inputs, strict=False)
        )

        def state_of(var: Any) -> _State:
            return _NOTHING if compat.is_literal(var) else known.get(var, _NOTHING)

        for equation in jaxpr.eqns:
            taken = [state_of(var) for var in equation.invars]
            if any(state is not _NOTHING for state in taken):
                made = self._made(equation, taken, within)
                known.update(zip(equation.outvars, made, strict=True))
                for var in equation.invars:
                    if not compat.is_literal(var) and compat.is_reference(var):
                        known[var] = _joined(taken)._replace(plain=0)
        return [state_of(var) for var in jaxpr.outvars]

    def _made(
        self, equation: Any, taken: Sequence[_State], within: tuple[Any, ...]
    ) -> list[_State]:
        name = equation.primitive.name
        if name in _CALLS or name in (*_LOOPS, "cond"):
            nested = list(nested_jaxprs(equation))
            if nested and all(None not in each.inputs for each in nested):
                return self._run(equation, nested, taken, (*within, equation))
        if name in _ONE_BY_ONE and len(taken) == len(equation.outvars):
            return [
                self._step(equation, name, [state], var, within)
                for state, var in zip(taken, equation.outvars, strict=True)
            ]
        return [self._step(equation, name, taken, var, within) for var in equation.outvars]

    def _step(
        self, equation: Any, name: str, taken: Sequence[_State], out: Any, within: tuple[Any, ...]
    ) -> _State:
        """Return the state of one output of an equation without equations of its own."""
        all_of = _joined(taken)
        is_flat = name in _FLAT or not _is_inexact(out)
        is_moved = kind_of(name) is EquationKind.MOVE or name == _STOP
        self._note_uses(name, taken, is_moved=is_moved, is_inexact=_is_inexact(out))
        plain = 0
        if is_moved:
            values = [state for state in taken if state is not _NOTHING and state.plain]
            others = [state for state in taken if (state.live or state.cuts) and not state.plain]
            plain = 0 if any(state.live for state in others) else _joined(values).plain
        if not is_flat or not all_of.live:
            return _State(all_of.live, plain, all_of.cuts)
        cut = self._cut(equation, within)
        self.cuts[cut].inputs |= all_of.live
        if name == _STOP and not all_of.live & ~all_of.plain:
            self.cuts[cut].marked |= all_of.live
            self.marked |= all_of.live
        return _State(0, plain, all_of.cuts | 1 << cut)

    def _note_uses(
        self, name: str, taken: Sequence[_State], *, is_moved: bool, is_inexact: bool
    ) -> None:
        if is_moved:
            # An index, which moves something else.
            plain = [state.plain for state in taken[1:]] if name.startswith(_INDEXING) else []
        else:
            plain = [state.plain for state in taken]
        word = name if is_inexact else f"{name} of integers"
        for mask in plain:
            while mask:
                lowest = mask & -mask
                self.uses[lowest.bit_length() - 1].add("index" if is_moved else word)
                mask ^= lowest

    def _cut(self, equation: Any, within: tuple[Any, ...]) -> int:
        key = (*map(id, within), id(equation))
        if key not in self._ids:
            self._ids[key] = len(self.cuts)
            self.cuts.append(Cut(equation, within))
        return self._ids[key]

    def _run(
        self,
        equation: Any,
        nested: Sequence[Nested],
        taken: Sequence[_State],
        within: tuple[Any, ...],
    ) -> list[_State]:
        """Return the states that an equation's own equations give."""
        name = equation.primitive.name
        if name == "cond":
            chosen = _State(0, 0, taken[0].cuts)
            branches = [
                self.read(branch.jaxpr, [taken[i or 0] for i in branch.inputs], within)
                for branch in nested
            ]
            return [_joined([*states, chosen]) for states in zip(*branches, strict=True)]
        body = nested[-1] if name not in _LOOPS else _named(nested, "body")
        inputs = [taken[i or 0] for i in body.inputs]
        if name not in _LOOPS:
            return self.read(body.jaxpr, inputs, within)
        for at in body.carried:
            inputs[at] = inputs[at]._replace(plain=0)
        outputs: list[_State] = []
        for _ in range(_MOST_TURNS):
            outputs = self.read(body.jaxpr, inputs, within)
            carried = dict(zip(body.carried, outputs, strict=False))
            after = [
                _carried(s, carried[at]) if at in carried else s for at, s in enumerate(inputs)
            ]
            if after == inputs:
                break
            inputs = after
        stacked = [state._replace(plain=0) for state in outputs[len(body.carried) :]]
        made = [*[inputs[at] for at in body.carried], *stacked]
        if name == "while":
            # What decides how often a loop turns is a part of all that it gives.
            condition = _named(nested, "condition")
            n_constants = len(condition.inputs) - len(body.carried)
            given = [taken[i or 0] for i in condition.inputs[:n_constants]]
            deciding = self.read(condition.jaxpr, [*given, *made], within)
            extra = _State(0, 0, _joined(deciding).cuts)
            made = [_carried(state, extra) for state in made]
        return made


def _named(nested: Sequence[Nested], name: str) -> Nested:
    return next(each for each in nested if each.name == name)


def _carried(before: _State, after: _State) -> _State:
    return _joined([before, after])._replace(plain=0)


def _joined(states: Sequence[_State]) -> _State:
    live = plain = cuts = 0
    for state in states:
        live |= state.live
        plain |= state.plain
        cuts |= state.cuts
    return _State(live, plain, cuts) if live or plain or cuts else _NOTHING


def _is_inexact(var: Any) -> bool:
    dtype = getattr(getattr(var.aval, "inner_aval", var.aval), "dtype", None)
    return dtype is not None and compat.is_inexact_dtype(dtype)
