"""What is known of what the mouse is at: for the card beside it and for copying."""

from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.layout import BoxKind
from eqxviz.session.details import Details
from eqxviz.session.graph.details import GraphTelling


def hit_details(scene: Scene, tells: GraphTelling, hit: Hit) -> Details:
    """Return what is known of a box, of an edge, or of an open group."""
    if hit.box >= 0:
        kind, item = scene.seen.key(hit.box)
        if kind == BoxKind.EQUATION:
            return tells.equation(item)
        if kind == BoxKind.GROUP:
            return tells.group(item)
        return tells.value(item) if kind == BoxKind.ARGUMENT else tells.result(item)
    if hit.edge >= 0:
        value, *beside = scene.seen.carries(hit.edge).tolist()
        return tells.value(value, beside)
    if hit.frame > 0:
        return tells.group(int(scene.seen.frame_group[hit.frame]))
    return Details()


def copied(details: Details) -> str:
    """Return what is known as lines of text."""
    return "\n".join([details.title, *(f"{fact.name}: {fact.value}" for fact in details.facts)])
