"""Where a graph's nodes go, in abstract units (one unit is a pixel at zoom 1)."""

from eqxviz.layout.gathering import gathered
from eqxviz.layout.placing import LayoutCancelledError, Placement, Placer
from eqxviz.layout.repeats import Repeats
from eqxviz.layout.texts import BoxText, FrameText, box_texts, frame_texts
from eqxviz.layout.visible import (
    BoxKind,
    VisibleGraph,
    carried_open,
    default_once,
    default_open,
    foldable,
    folded_with,
    group_sizes,
    opened_to_depth,
    visible,
)

__all__ = [
    "BoxKind",
    "BoxText",
    "FrameText",
    "LayoutCancelledError",
    "Placement",
    "Placer",
    "Repeats",
    "VisibleGraph",
    "box_texts",
    "carried_open",
    "default_once",
    "default_open",
    "foldable",
    "folded_with",
    "frame_texts",
    "gathered",
    "group_sizes",
    "opened_to_depth",
    "visible",
]
