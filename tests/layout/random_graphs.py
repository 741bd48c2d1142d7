"""Random graphs with modules and nested jaxprs, for property tests."""

from typing import NamedTuple

from hypothesis import strategies as st
from made_graphs import GraphMaker

from eqxviz.layout import Repeats
from eqxviz.records.graph import Graph, GroupKind, ValueOrigin

MOST_EQUATIONS = 40


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """A graph of up to `MOST_EQUATIONS` equations: every value is made before it is read."""
    made = GraphMaker()
    arguments = [
        made.argument(f"{root}.w[{i}]" if root == "model" else f"x{i}")
        for i, root in enumerate(draw(st.lists(st.sampled_from(["model", "x"]), max_size=5)))
    ]
    outputs = _fill(draw, made, 0, arguments, depth=0)
    for index, value in enumerate(outputs):
        made.output(value, f"[{index}]")
    return made.graph()


def _fill(draw: st.DrawFn, made: GraphMaker, group: int, scope: list[int], depth: int) -> list[int]:
    """Add equations to `group` that read values of `scope`; return some values to hand out."""
    scope = list(scope)
    modules = [group]
    for _ in range(draw(st.integers(0, 5 if depth else 9))):
        if len(made.equations) >= MOST_EQUATIONS:
            break
        what = draw(st.sampled_from(["equation", "equation", "equation", "module", "nested"]))
        home = draw(st.sampled_from(modules))
        if what == "module":
            name = f"m{len(made.groups)}"
            modules.append(made.group(home, GroupKind.MODULE, name))
            continue
        reads = draw(st.lists(st.sampled_from(scope), max_size=3)) if scope else []
        if draw(st.booleans()):
            reads.append(made.value(ValueOrigin.LITERAL, "2.0:f32[]"))
        avals = ["f32[2]"] * draw(st.integers(1, 2))
        equation = made.equation("op", reads, group=home, avals=avals)
        if what == "nested" and depth < 3:
            _nest(draw, made, equation, home, reads, depth)
        scope += made.makes[equation]
    return draw(st.lists(st.sampled_from(scope), max_size=3)) if scope else []


def _nest(
    draw: st.DrawFn, made: GraphMaker, owner: int, group: int, reads: list[int], depth: int
) -> None:
    """Give `owner` one or two nested jaxprs, bound as jit and cond bind theirs."""
    n_unbound = draw(st.integers(0, min(1, len(reads))))
    for branch in range(draw(st.integers(1, 2))):
        inner = made.group(group, GroupKind.JAXPR, f"branch {branch}", owner=owner)
        variables = [made.inner(value) for value in reads[n_unbound:]]
        results = _fill(draw, made, inner, variables, depth + 1)
        for result, outer in zip(results, made.makes[owner], strict=False):
            if made.values[result][0] >= 0 and made.values[result][4] < 0:
                made.bind(result, outer)


@st.composite
def opened(draw: st.DrawFn) -> tuple[Graph, frozenset[int]]:
    """A random graph and some of its groups."""
    graph = draw(graphs())
    groups = range(len(graph.group_parent))
    return graph, draw(st.frozensets(st.sampled_from(groups)))


class Repeated(NamedTuple):
    """A graph with equal modules in a row, some of its groups, and the runs to be shown once."""

    graph: Graph
    opened: frozenset[int]
    once: frozenset[int]


@st.composite
def repeated(draw: st.DrawFn) -> Repeated:
    """A chain of equal modules, each with an inner module, perhaps a nested jaxpr."""
    made = GraphMaker()
    shared = made.argument("x")
    flow = made.argument("y")
    if draw(st.booleans()):
        flow = made.made(made.equation("before", [flow]))
    for _ in range(draw(st.integers(1, 2))):
        flow = _chain(draw, made, flow, shared)
        if draw(st.booleans()):
            flow = made.made(made.equation("between", [flow, shared]))
    made.output(flow)
    graph = made.graph()
    groups = st.sampled_from(range(len(graph.group_parent)))
    firsts = sorted(Repeats(graph).firsts)
    once = draw(st.frozensets(st.sampled_from(firsts))) if firsts else frozenset()
    return Repeated(graph, draw(st.frozensets(groups)), once)


def _chain(draw: st.DrawFn, made: GraphMaker, flow: int, shared: int) -> int:
    """Add equal modules that hand `flow` on, and return what comes out."""
    names = draw(st.lists(st.sampled_from(["sin", "mul", "add"]), min_size=1, max_size=3))
    nested, inner_copies = draw(st.booleans()), draw(st.integers(0, 4))
    first, first_inner = -1, -1
    for copy in range(draw(st.integers(1, 5))):
        start = len(made.groups)
        group = made.group(0, GroupKind.MODULE, f"blocks[{copy}]")
        for name in names:
            flow = made.made(made.equation(name, [flow, shared], group=group))
        for inner in range(inner_copies):
            part = made.group(group, GroupKind.MODULE, f"part[{inner}]")
            flow = made.made(made.equation("cos", [flow], group=part))
            first_inner = part if copy == 0 and inner == 0 else first_inner
            made.same_as[part] = first_inner if part != first_inner else -1
        if nested:
            call = made.equation("jit", [flow], group=group)
            body = made.group(group, GroupKind.JAXPR, "body", owner=call)
            inside = made.equation("tanh", [made.inner(flow)], group=body)
            made.bind(made.made(inside), made.made(call))
            flow = made.made(call)
        first = start if copy == 0 else first
        made.same_as[group] = first if copy else -1
    return flow
