"""What stands in boxes and on frames."""

from made_graphs import GraphMaker, mlp

from eqxviz.layout import BoxText, box_texts, frame_texts, visible
from eqxviz.layout.levels import LONG_SPAN
from eqxviz.records.graph import EquationFlag, EquationKind, Graph, GroupKind

ALL = frozenset(range(1000))


def texts(graph: Graph, groups=()) -> dict[str, BoxText]:
    return {text.title: text for text in box_texts(graph, visible(graph, groups))}


def test_an_equation_says_primitive_shape_parameter_and_line():
    product = texts(mlp(), ALL)["dot_general"]
    assert product.shape == "f32[1]"
    assert product.rows == ("model.layers[1].weight",)
    assert product.source == "model.py:14"
    assert product.kind == EquationKind.MATMUL


def test_a_folded_group_says_how_much_is_inside_and_has_the_hue_of_its_matmul():
    layer = texts(mlp())["layers[0]"]
    assert (layer.n_inside, layer.source) == (2, "2 equations")
    assert layer.kind == EquationKind.MATMUL
    assert layer.rows == ("model.layers[0].weight", "model.layers[0].bias")


def test_a_call_is_named_by_what_it_calls_and_can_be_unfolded():
    call = texts(mlp())["jit relu"]
    assert call.n_inside == 1


def test_arguments_and_results_are_named_by_their_paths():
    shown = texts(mlp())
    assert shown["x"].shape == "f32[2]"
    assert "result" in shown


def test_literals_are_short():
    made = GraphMaker()
    made.equation("mul", [made.value(2, "0.8999999761581421:f32[]"), made.value(2, "3:i32[]")])
    assert texts(made.graph())["mul"].rows == ("0.9, 3",)


def test_a_loop_says_how_often_it_runs():
    made = GraphMaker()
    loop = made.equation("scan", [])
    made.group(0, GroupKind.JAXPR, "body", owner=loop, repeats=1200.0)
    assert "scan body × 1,200" in texts(made.graph())


def test_what_all_runs_backward_says_so():
    made = GraphMaker()
    for name, flags in (("model.a", 0), ("model.b", EquationFlag.BACKWARD)):
        group = made.group(0, GroupKind.MODULE, name)
        made.equation("sin", [], group=group, flags=flags)
    assert set(texts(made.graph())) == {"model.a", "model.b · backward"}


def test_inside_a_module_the_path_of_the_module_is_left_out():
    made = GraphMaker()
    outer = made.group(0, GroupKind.MODULE, "model.blocks[0]")
    inner = made.group(outer, GroupKind.MODULE, "model.blocks[0].norm")
    made.equation("sin", [], group=inner)
    graph = made.graph()
    assert "norm" in texts(graph, {outer})
    titles = frame_texts(graph, visible(graph, ALL))
    assert [t.title for t in titles] == ["f", "model.blocks[0]", "norm"]
    assert titles[1].detail == "1 equation"


def test_both_ends_of_a_far_edge_tell_of_each_other():
    made = GraphMaker()
    first = flow = made.made(made.equation("first", [], avals=["f32[7]"]))
    for _ in range(LONG_SPAN + 1):
        flow = made.made(made.equation("step", [flow]))
    made.equation("last", [flow, first])
    shown = texts(made.graph())
    assert shown["first"].rows == ("↓ 1 far reader",)
    assert shown["last"].rows == ("↑ first  f32[7]",)


def test_many_rows_are_cut_and_counted():
    made = GraphMaker()
    made.equation("f", [made.argument(f"model.w[{i}]") for i in range(9)])
    assert texts(made.graph())["f"].rows == ("model.w[0]", "model.w[1]", "+7 more")


def test_a_path_that_is_too_long_keeps_its_end():
    made = GraphMaker()
    path = "model.encoder.blocks[11].attention.query_key_value.weight"
    made.equation("f", [made.argument(p) for p in (path, path + "s", "model.b")])
    assert texts(made.graph())["f"].rows[0] == "…attention.query_key_value.weight"
