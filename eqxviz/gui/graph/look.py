"""How the boxes of a scene are to look: a hue, a bar and a mark for each."""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eqxviz.layout import BoxText
from eqxviz.records import EquationKind

KIND_ROLES = tuple(f"kind.{kind.name.lower()}" for kind in EquationKind)


class Mark(enum.IntEnum):
    """What a box is, compared with another graph: a colour, a sign and a kind of line."""

    NONE = 0
    ADDED = 1
    REMOVED = 2
    CHANGED = 3


@dataclass(frozen=True, eq=False)
class Look:
    """Columns with a row for each box: what is painted besides its texts.

    `hue` is an index into `roles`, the theme's colours. `share` fills a bar along the bottom, from
    0 to 1, and is NaN where there is none. `mark` holds a `Mark`.
    """

    roles: tuple[str, ...]
    hue: NDArray[np.uint8]
    share: NDArray[np.float64]
    mark: NDArray[np.uint8]


def plain_look(texts: list[BoxText]) -> Look:
    """Return the look of boxes that are coloured by the kind of their equation, without marks."""
    hue = np.array([text.kind for text in texts], np.uint8)
    return Look(KIND_ROLES, hue, np.full(len(hue), np.nan), np.zeros(len(hue), np.uint8))
