"""Where an arrow key leads: along an edge, or to the neighbour at the side."""

import numpy as np

from eqxviz.gui.graph.scene import Scene


def next_box(scene: Scene, box: int, dx: int, dy: int) -> int:
    """Return the box one step from `box`; -1 where there is none. From -1, the first box.

    Up and down follow the edges, to the end that is nearest. Left and right go to the nearest box
    at about the same height.
    """
    boxes = scene.boxes
    if not len(boxes):
        return -1
    if box < 0:
        return int(np.lexsort((boxes[:, 0], boxes[:, 1]))[0])
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
            return -1
        distance = np.abs(way[ends, 0]) + np.abs(way[ends, 1])
        return int(ends[np.argmin(distance)])
    beside = np.abs(way[:, 1]) <= (boxes[:, 3] + boxes[box, 3]) / 2
    ahead = np.flatnonzero(beside & (way[:, 0] * dx > 0))
    return int(ahead[np.argmin(np.abs(way[ahead, 0]))]) if len(ahead) else -1
