"""By what boxes are coloured, and what the colours mean."""

import numpy as np
import pytest
from hypothesis import given, settings
from made_graphs import GraphMaker, mlp
from random_graphs import opened

from eqxviz.gui.theme.palette import DARK, LIGHT
from eqxviz.layout import visible
from eqxviz.records import EquationFlag, EquationKind, Graph, GroupKind
from eqxviz.session.graph.colouring import ColourBy, Colouring, box_colours, coloured, percent
from eqxviz.session.graph.costs import graph_costs


def colouring(graph: Graph, by: ColourBy) -> Colouring:
    return coloured(graph, by, graph_costs(graph))


def legend(made: Colouring) -> dict[str, int]:
    return {row.name: row.count for row in made.legend}


def stack_of_blocks(n: int = 12) -> Graph:
    """A model of equal blocks, each of an attention and a feed-forward part."""
    made = GraphMaker()
    x = made.argument("x")
    for block in range(n):
        outer = made.group(0, GroupKind.MODULE, f"model.blocks[{block}]")
        for part in ("attention", "feed_forward"):
            inner = made.group(outer, GroupKind.MODULE, f"model.blocks[{block}].{part}")
            made.equation("mul", [x], group=inner)
    made.equation("neg", [x])
    return made.graph()


def test_equal_blocks_are_coloured_by_their_parts():
    made = colouring(stack_of_blocks(), ColourBy.MODULE)
    assert legend(made) == {
        "model.blocks[·].attention": 12,
        "model.blocks[·].feed_forward": 12,
        "no Module": 1,
    }
    assert made.words[:2] == ("attention", "feed_forward")


def test_a_few_modules_are_told_apart_by_number():
    assert legend(colouring(stack_of_blocks(3), ColourBy.MODULE)) == {
        **{
            f"model.blocks[{n}].{part}": 1
            for n in range(3)
            for part in ("attention", "feed_forward")
        },
        "no Module": 1,
    }


def test_costs_are_steps_of_a_logarithmic_ramp():
    made = GraphMaker()
    x = made.argument("x")
    for flops in (10.0**9, 10.0**6, 10.0, 0.0, float("nan")):
        made.equation("op", [x], flops=flops, n_bytes=flops)
    graph = made.graph()
    of_flops = colouring(graph, ColourBy.FLOPS)
    roles = [of_flops.roles[hue] for hue in of_flops.equation_hue]
    assert roles == ["ramp.7", "ramp.3", "ramp.0", "none", "static"]
    rows = legend(of_flops)
    assert (rows["no arithmetic"], rows["cost not known"], rows["less"]) == (1, 1, 1)
    assert next(iter(rows)).endswith("FLOPs or more")
    colours = box_colours(of_flops, visible(graph, [0]))
    words = [
        w for w, kind in zip(colours.word, visible(graph, [0]).box_kind, strict=True) if not kind
    ]
    assert words[0] == "100 %"
    assert words[3:] == ["", ""]
    assert next(iter(legend(colouring(graph, ColourBy.BYTES)))).endswith("MB or more")


def test_a_group_of_both_directions_says_so():
    made = GraphMaker()
    x = made.argument("x")
    group = made.group(0, GroupKind.SCOPE, "both")
    made.equation("mul", [x], group=group)
    made.equation("mul", [x], group=group, flags=EquationFlag.BACKWARD)
    of_pass = colouring(made.graph(), ColourBy.PASS)
    assert [of_pass.words[h] for h in of_pass.equation_hue] == ["↓ forward", "↑ backward"]
    assert of_pass.words[of_pass.group_hue[group]] == "↕ both"


def test_dtypes_keep_their_hues_and_rare_ones_share_one():
    made = GraphMaker()
    x = made.argument("x", "f32[2]")
    for aval in ("f32[2]", "bf16[2]", "f8_e4m3fn[2]", "c64[2]"):
        made.equation("convert", [x], avals=[aval])
    made.equation("effect", [], avals=[])
    of_dtype = colouring(made.graph(), ColourBy.DTYPE)
    assert [of_dtype.roles[h] for h in of_dtype.equation_hue] == [
        *("curve.0", "curve.1", "curve.7", "curve.7", "none"),
    ]
    assert "c64, f8_e4m3fn" in legend(of_dtype)


def test_kinds_are_listed_the_commonest_first():
    rows = colouring(mlp(), ColourBy.KIND).legend
    assert [row.role for row in rows] == ["kind.elementwise", "kind.matmul", "kind.control"]
    assert [row.count for row in rows] == [3, 2, 1]
    # Where there is a matmul at all it is what a group is about.
    assert colouring(mlp(), ColourBy.KIND).group_hue[1] == EquationKind.MATMUL


@pytest.mark.parametrize("by", list(ColourBy))
@settings(max_examples=25, deadline=None)
@given(opened())
def test_every_box_has_a_colour_of_both_themes(by: ColourBy, case: tuple[Graph, frozenset[int]]):
    graph, groups = case
    made = colouring(graph, by)
    seen = visible(graph, groups)
    colours = box_colours(made, seen)
    assert len(colours.hue) == len(colours.bar) == len(colours.word) == len(seen)
    roles = [made.roles[hue] for hue in np.unique(colours.hue)]
    assert all(role in LIGHT and role in DARK for role in roles)
    counted = [row.count for row in made.legend if row.count >= 0]
    assert sum(counted) >= len(graph) - int(graph_costs(graph).is_call.sum())


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, ""), (0.0004, "< 0.1 %"), (0.032, "3.2 %"), (0.41, "41 %"), (1.0, "100 %")],
)
def test_a_share_is_said_in_percent(share: float, words: str):
    assert percent(share) == words
