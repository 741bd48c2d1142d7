"""What is told of the parts of a graph."""

from made_graphs import GraphMaker, mlp

from eqxviz.records import EquationFlag, EquationKind, Graph, GroupKind, ValueOrigin
from eqxviz.session.details import Details
from eqxviz.session.graph.details import GraphTelling
from eqxviz.session.graph.names import named_parts
from eqxviz.session.graph.reading import GraphReading
from eqxviz.session.selection import Selection


def telling(graph: Graph, node_of=lambda _value: -1) -> GraphTelling:
    return GraphTelling(GraphReading(graph), "model", node_of)


def said(details: Details) -> dict[str, list[str]]:
    rows: dict[str, list[str]] = {}
    for fact in details.facts:
        rows.setdefault(fact.name, []).append(fact.value)
    return rows


def link(details: Details, name: str, nth: int = 0) -> Selection | None:
    return [fact for fact in details.facts if fact.name == name][nth].link


def costed() -> Graph:
    """A Module twice, each with a scan of five turns; a constant; a part of unknown cost."""
    made = GraphMaker("f")
    x = made.argument("x", "f32[4]")
    flow = x
    for n in range(2):
        weight = made.argument(f"model.layers[{n}].weight", "f32[4]")
        group = made.group(0, GroupKind.MODULE, f"model.layers[{n}]")
        if n:
            made.same_as[group] = 1
        scan = made.equation(
            "scan", [weight, flow], group=group, kind=EquationKind.CONTROL, flops=500, n_bytes=1000,
            avals=["f32[4]"],
        )  # fmt: skip
        body = made.group(group, GroupKind.JAXPR, "body", owner=scan, repeats=5)
        inner = [made.inner(weight), made.inner(flow)]
        product = made.equation("mul", inner, group=body, flops=100, n_bytes=200, avals=["f32[4]"])
        made.bind(made.made(product), made.made(scan))
        made.jaxpr(body, inner, [made.made(product)])
        flow = made.made(scan)
    table = made.value(ValueOrigin.CONSTANT, "f32[4]", "table")
    last = made.equation(
        "custom", [flow, table], flops=7, n_bytes=14, flags=EquationFlag.UNKNOWN_COST
    )
    made.output(made.made(last), "['loss']")
    return made.graph()


def test_an_equation_tells_its_cost_of_one_run_and_of_all():
    told = said(telling(costed()).equation(1))
    assert told["Cost"] == ["100 FLOPs × 5 = 500 FLOPs"]
    assert told["Bytes"] == ["1.00 kB (unfused upper estimate)"]
    assert told["Intensity"] == ["0.5 FLOPs a byte"]
    assert told["Share"] == ["50 % of the function's FLOPs"]
    assert told["In"] == ["model.layers[0] › body"]


def test_a_cost_that_is_not_known_is_said_to_be_so():
    told = said(telling(costed()).equation(4))
    assert told["Cost"] == ["at least 7 FLOPs: a part of it is not known"]
    assert said(telling(mlp()).equation(0))["Cost"] == ["not known"]
    assert said(telling(mlp()).equation(0))["Bytes"] == ["not known"]
    assert "Share" not in said(telling(mlp()).equation(0))


def test_an_equation_leads_to_the_leaf_that_it_reads_and_to_its_line():
    graph = mlp()
    details = telling(graph, lambda value: 5 if value == 1 else -1).equation(0)
    leaf = link(details, "Reads")
    assert leaf is not None
    assert (leaf.kind, leaf.node, leaf.value) == ("node", 5, 1)
    assert link(details, "Source") == Selection(kind="source", file="/home/me/model.py", line=14)
    assert said(details)["Parameters"] == ["dimension_numbers=(([1], [0]), ([], []))"]
    assert said(details)["Read by"] == ["add  model.py:15"]


def test_a_constant_is_said_to_be_baked_into_the_program():
    graph = costed()
    tells = telling(graph)
    reads = tells.equation(4)
    constant = link(reads, "Reads", 1)
    assert said(reads)["Reads"][1] == "constant table  f32[4]"
    assert constant is not None
    told = tells.value(constant.value)
    assert said(told)["Kind"] == ["a constant captured by closure: baked into the compiled program"]
    assert said(told)["Size"] == ["16 B"]
    assert said(told)["Read by"] == ["custom"]


def test_a_group_tells_its_sum_its_repeats_and_what_goes_in_and_out():
    told = said(telling(costed()).group(1))
    assert told["Kind"] == ["the call of a Module"]
    assert told["Holds"] == ["2 equations"]
    assert told["Repeats"] == ["× 2: as many groups do the same on other values"]
    assert told["Cost"] == ["500 FLOPs"]
    assert told["Reads"] == ["model.layers[0].weight  f32[4]", "x  f32[4]"]
    assert told["Returns"] == ["f32[4]"]
    assert told["Read by"] == ["scan body × 5"]


def test_a_group_tells_who_reads_its_results_outside_and_as_what_they_are_returned():
    made = GraphMaker("f")
    group = made.group(0, GroupKind.SCOPE, "moments")
    first = made.equation("mul", [made.argument("x", "f32[4]")], group=group, avals=["f32[4]"])
    second = made.equation("div", [made.made(first)], group=group, avals=["f32[4]"])
    for reader in ("add", "sub"):
        made.equation(reader, [made.made(first), made.made(second)], avals=["f32[4]"])
    made.output(made.made(first), "[0].mu")
    told = said(telling(made.graph()).group(group))
    assert told["Returns"] == ["[0].mu  f32[4]", "f32[4]"]
    assert told["Read by"] == ["add", "sub"]


def test_the_body_of_a_loop_tells_how_often_it_runs():
    details = telling(costed()).group(2)
    told = said(details)
    assert told["Kind"] == ["a nested jaxpr"]
    assert told["Cost"] == ["100 FLOPs × 5 = 500 FLOPs"]
    assert len(told["Reads"]) == 2
    assert told["Returns"] == ["f32[4]"]


def test_an_edge_tells_the_array_who_makes_it_and_who_reads_it():
    graph = mlp()
    value = int(graph.outputs_of(0)[0])
    other = int(graph.outputs_of(1)[0])
    details = telling(graph).value(value, (other,))
    told = said(details)
    assert told["Array"] == ["f32[8]"]
    assert told["Size"] == ["32 B"]
    assert told["Made by"] == ["dot_general  model.py:14"]
    assert link(details, "Made by") == Selection(kind="equation", graph="model", equation=0)
    assert told["Read by"] == ["add  model.py:15"]
    assert told["Beside it"] == [graph.text(int(graph.value_aval[other]))]
    assert link(details, "Beside it") == Selection(kind="value", graph="model", value=other)


def test_a_variable_of_a_nested_jaxpr_leads_to_what_it_is_outside():
    graph = mlp()
    inner = int(graph.inputs_of(3)[0])
    details = telling(graph).value(inner)
    assert said(details)["Kind"] == ["a variable of a nested jaxpr"]
    assert link(details, "Is outside") == Selection(kind="equation", graph="model", equation=1)


def test_a_result_tells_who_makes_it():
    details = telling(costed()).result(0)
    assert details.title == "['loss']"
    assert said(details)["Kind"] == ["a result of the function"]
    assert said(details)["Made by"] == ["custom"]


def test_parts_go_by_where_they_are():
    parts = named_parts(costed())
    groups = {part.title: part.group for part in parts if part.group >= 0}
    assert groups["model.layers[1]"] == 3
    assert groups["model.layers[1] › scan body"] == 4
    equations = [part.title for part in parts if part.equation >= 0]
    assert "model.layers[0] › scan body › mul" in equations
    assert equations[-1] == "custom"
