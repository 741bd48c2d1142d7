"""What a level's layout is asked, and what it answers: plain arrays, so that it can be cached."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Between two boxes of a rank, between two ranks, around the content of a frame, for its title.
NODE_GAP = 26.0
RANK_GAP = 38.0
FRAME_PADDING = 18.0
FRAME_TITLE = 30.0
# Above and below the content of a frame; less where ports already keep a rank's distance.
FRAME_EDGE = 16.0
FRAME_PORT_EDGE = 2.0


@dataclass(frozen=True, eq=False)
class Plan:
    """The nodes and edges of one level.

    `sides` tells inside nodes (0), entry ports (1) and exit ports (2). An edge leaves its tail at
    the bottom, `tail_shift` to the right of the middle, and enters its head at the top.
    """

    sizes: Floats  # (n, 2): width and height; ports are (0, 0)
    sides: NDArray[np.int64]
    edges: NDArray[np.int64]  # (m, 2): tail and head; no cycles
    tail_shift: Floats
    head_shift: Floats

    def digest(self) -> bytes:
        """Return a name of the plan that only an equal plan has."""
        made = hashlib.blake2b(digest_size=16)
        for column in (self.sizes, self.sides, self.edges, self.tail_shift, self.head_shift):
            made.update(f"{column.shape}".encode())
            made.update(np.ascontiguousarray(column).tobytes())
        return made.digest()


@dataclass(frozen=True, eq=False)
class LevelLayout:
    """Centres of the nodes, and a chain of cubic Bézier curves (3k + 1 points) for each edge.

    The content spans (0, 0) to `size`; y grows downwards.
    """

    centres: Floats  # (n, 2)
    curves: list[Floats]
    size: tuple[float, float]


def straight(start: Floats, stop: Floats) -> Floats:
    """Return the points after `start` of a curve that runs straight to `stop`."""
    return np.stack([start + (stop - start) / 3, start + (stop - start) * 2 / 3, stop])


def upright_chain(stops: Floats) -> Floats:
    """Return cubic Bézier curves through `stops` that pass each of them upright."""
    middle = (stops[:-1, 1] + stops[1:, 1]) / 2
    first = np.stack([stops[:-1, 0], middle], axis=1)
    second = np.stack([stops[1:, 0], middle], axis=1)
    rest = np.stack([first, second, stops[1:]], axis=1).reshape(-1, 2)
    return np.concatenate([stops[:1], rest])
