"""Where an arrow key leads: along an edge, or to the neighbour on that side."""

import numpy as np

from eqxviz.gui.graph.scene import Hit, Scene


def next_box(scene: Scene, box: int, dx: int, dy: int) -> int:
    """Return the box one step from `box`; -1 where there is none. From -1, the first box.

    Up and down follow the edges, to the end that is nearest; where there is none, to the nearest
    box that way. Left and right go to the nearest box at about the same height.
    """
    boxes = scene.boxes
    if not len(boxes):
        return -1
    if box < 0:
        return end_box(scene, last=False)
    middle = boxes[:, :2] + boxes[:, 2:] / 2
    way = middle - middle[box]
    if dy:
        near, far = (
            (scene.seen.edge_from, scene.seen.edge_to)
            if dy > 0
            else (scene.seen.edge_to, scene.seen.edge_from)
        )
        ends = far[near == box]
        if not len(ends):
            ends = np.flatnonzero(way[:, 1] * dy > np.abs(way[:, 0]))
        distance = np.abs(way[ends, 0]) + np.abs(way[ends, 1])
        return int(ends[np.argmin(distance)]) if len(ends) else -1
    beside = np.abs(way[:, 1]) <= (boxes[:, 3] + boxes[box, 3]) / 2
    ahead = np.flatnonzero(beside & (way[:, 0] * dx > 0))
    return int(ahead[np.argmin(np.abs(way[ahead, 0]))]) if len(ahead) else -1


def end_box(scene: Scene, *, last: bool) -> int:
    """Return the first box of a scene, from the top and the left, or the last."""
    order = np.lexsort((scene.boxes[:, 0], scene.boxes[:, 1]))
    return int(order[-1 if last else 0])


def next_edge(scene: Scene, turning: int, current: Hit, step: int) -> tuple[int, int]:
    """Return the box whose edges are gone through, and its next one; -1 where it has none.

    The edges that come in are first, then those that go out, each from left to right. `turning` is
    the box whose edges were gone through before: it stays while one of them is selected.
    """
    seen, middle = scene.seen, scene.boxes[:, 0] + scene.boxes[:, 2] / 2
    box = current.box
    if current.edge >= 0:
        tail, head = int(seen.edge_from[current.edge]), int(seen.edge_to[current.edge])
        box = turning if turning in (tail, head) else head
    if box < 0:
        return -1, -1
    edges = scene.edges_of(box)
    goes_out = seen.edge_from[edges] == box
    other = np.where(goes_out, seen.edge_to[edges], seen.edge_from[edges])
    edges = edges[np.lexsort((middle[other], goes_out))]
    if not len(edges):
        return box, -1
    at = np.flatnonzero(edges == current.edge)
    start = int(at[0]) if len(at) else -1 if step > 0 else 0
    return box, int(edges[(start + step) % len(edges)])
