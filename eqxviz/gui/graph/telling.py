"""What is known of a box or a frame, as facts: for the card beside the mouse and for copying."""

import numpy as np

from eqxviz.gui.graph.scene import Scene
from eqxviz.layout import BoxKind
from eqxviz.session.details import Details, equation_details
from eqxviz.session.facts import Fact

_MOST_NAMES = 5


def box_details(scene: Scene, tab: str, box: int) -> Details:
    """Return what is known of `box`."""
    graph, seen, text = scene.graph, scene.seen, scene.texts[box]
    kind, item = seen.key(box)
    if kind == BoxKind.EQUATION:
        details = equation_details(graph, tab, item)
        return Details(f"{text.title}  {text.shape}".strip(), details.note, details.facts)
    facts: list[Fact] = []
    if kind == BoxKind.GROUP:
        facts.append(Fact("Holds", text.source))
        names = [graph.text(int(graph.value_path[v])) for v in seen.reads(box)]
        names = [name for name in names if name]
        facts += [Fact("Reads", name, is_mono=True) for name in names[:_MOST_NAMES]]
        if len(names) > _MOST_NAMES:
            facts.append(Fact("Reads", f"and {len(names) - _MOST_NAMES} more"))
    elif kind == BoxKind.ARGUMENT:
        facts.append(Fact("Kind", "argument"))
        facts.append(Fact("Shape", text.shape, is_mono=True))
    else:
        facts.append(Fact("Kind", "result of the function"))
        facts.append(Fact("Shape", text.shape, is_mono=True))
    n_in = int(np.count_nonzero(seen.edge_to == box))
    n_out = int(np.count_nonzero(seen.edge_from == box))
    if n_in:
        facts.append(Fact("From", _places(n_in)))
    if n_out:
        facts.append(Fact("To", _places(n_out)))
    return Details(text.title, "", tuple(facts))


def frame_details(scene: Scene, frame: int) -> Details:
    """Return what is known of the open group `frame`."""
    title = scene.titles[frame]
    return Details(title.title, "", (Fact("Holds", title.detail),))


def _places(n: int) -> str:
    return "1 box" if n == 1 else f"{n:,} boxes"
