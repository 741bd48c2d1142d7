"""From what is hit in a picture to the window's selection, and back."""

import numpy as np

from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.layout import BoxKind
from eqxviz.records import GroupKind, ModelTree
from eqxviz.session.graphs import GraphTab
from eqxviz.session.links import node_at
from eqxviz.session.selection import Selection


def selection_of(scene: Scene, tab: GraphTab, hit: Hit, tree: ModelTree | None) -> Selection:
    """Return what the window selects for a box, an edge or a frame.

    It is a node of the tree where it is the call of a Module, or a leaf; else an equation, a group
    or a value of the graph.
    """
    if hit.edge >= 0:
        value, *beside = scene.seen.carries(hit.edge).tolist()
        return Selection(kind="value", graph=tab.key, value=value, beside=tuple(beside))
    if hit == Hit():
        return Selection()
    graph = scene.graph
    kind, item = scene.seen.key(hit.box) if hit.box >= 0 else scene.frame_key(hit.frame)
    if kind == BoxKind.EQUATION:
        return Selection(kind="equation", graph=tab.key, equation=item)
    if kind == BoxKind.GROUP:
        node = -1
        if tree is not None and graph.group_kind[item] == GroupKind.MODULE:
            path = graph.text(int(graph.group_name[item]))
            accessors = path[len(path.split(".")[0].split("[")[0]) :]
            node = node_at(tree, accessors) if accessors else -1
        # Node 0 is the whole model: a plain argument like `x` has no path of its own.
        what = "node" if node > 0 else "group"
        return Selection(kind=what, graph=tab.key, group=item, node=node if node > 0 else -1)
    value = item if kind == BoxKind.ARGUMENT else int(graph.outputs[item])
    node = tab.links.node_of(tree, value) if tree is not None and kind == BoxKind.ARGUMENT else -1
    if node > 0:
        return Selection(kind="node", graph=tab.key, value=value, node=node)
    return Selection(kind="value", graph=tab.key, value=value)


def hit_of(scene: Scene, selection: Selection) -> Hit:
    """Return where something of the scene's graph is selected, an empty hit if it is nowhere."""
    graph, seen = scene.graph, scene.seen
    if 0 <= selection.equation < len(graph):
        return place_of_equation(scene, selection.equation)
    if 0 <= selection.group < len(graph.group_parent):
        return _place_of_group(scene, selection.group)
    value = selection.value
    if not 0 <= value < len(graph.value_producer):
        return Hit()
    if (box := scene.box_numbers.get((BoxKind.ARGUMENT, value), -1)) >= 0:
        return Hit(box=box)
    if len(edges := seen.edges_with(value)):
        return Hit(edge=int(edges[0]))
    for output in np.flatnonzero(graph.outputs == value).tolist():
        if (box := scene.box_numbers.get((BoxKind.OUTPUT, output), -1)) >= 0:
            return Hit(box=box)
    producer = int(graph.value_producer[value])
    return place_of_equation(scene, producer) if producer >= 0 else Hit()


def place_of_equation(scene: Scene, equation: int) -> Hit:
    """Return the box that shows an equation, or the frame that it has become."""
    box = scene.box_of(equation)
    return Hit(box=box) if box >= 0 else scene.place_of((BoxKind.EQUATION, equation))


def _place_of_group(scene: Scene, group: int) -> Hit:
    """Return the frame or the box of a group; if it is folded away, the box over it."""
    if (frame := scene.frame_of_group(group)) > 0:
        return Hit(frame=frame)
    if (box := scene.box_numbers.get((BoxKind.GROUP, group), -1)) >= 0:
        return Hit(box=box)
    inside = np.flatnonzero(scene.graph.equation_group == group)
    return place_of_equation(scene, int(inside[0])) if len(inside) else Hit()
