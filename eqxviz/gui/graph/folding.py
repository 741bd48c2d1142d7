"""What the menu offers to fold, unfold and show once."""

from collections.abc import Callable
from typing import Protocol

from PySide6.QtWidgets import QMenu

from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.layout import BoxKind, opened_to_depth

_DEEPEST = 5


class Folds(Protocol):
    """Shows a graph with other groups open."""

    def refold(
        self,
        opened: frozenset[int],
        keep: tuple[int, int] | None = None,
        once: frozenset[int] | None = None,
    ) -> None: ...


def add_folding(menu: QMenu, folds: Folds, scene: Scene, hit: Hit) -> None:
    """Add to `menu` how to fold and unfold the whole graph, and what is shown once."""
    everything = frozenset(range(len(scene.graph.group_parent)))
    if scene.open_groups < everything:
        menu.addAction("Unfold all", lambda: folds.refold(everything))
        _add_depths(menu, folds, scene, everything)
    if len(scene.frames) > 1:
        menu.addAction("Fold all", lambda: folds.refold(frozenset({0})))
    runs = scene.reading.repeats.runs
    first = _group_of(scene, hit)
    if first in runs:
        n = len(runs[first])
        text = f"Show all {n:,}" if first in scene.once else f"Show the {n:,} alike once"
        menu.addAction(text, _switch(folds, scene, scene.once ^ {first}, first))
    if runs:
        all_once = menu.addAction("Show repeated blocks once")
        all_once.setCheckable(True)
        all_once.setChecked(bool(scene.once))
        others = frozenset[int]() if scene.once else scene.reading.repeats.firsts
        all_once.triggered.connect(_switch(folds, scene, others, first))


def _add_depths(menu: QMenu, folds: Folds, scene: Scene, everything: frozenset[int]) -> None:
    """Add a menu of the depths to which the graph can be unfolded."""
    depths = menu.addMenu("Unfold to depth")
    for depth in range(1, _DEEPEST + 1):
        opened = opened_to_depth(scene.graph, depth)
        if opened == everything:
            break
        depths.addAction(f"{depth}", _opener(folds, opened))
    depths.menuAction().setVisible(not depths.isEmpty())


def _opener(folds: Folds, opened: frozenset[int]) -> Callable[[], None]:
    return lambda: folds.refold(opened)


def _switch(folds: Folds, scene: Scene, once: frozenset[int], kept: int) -> Callable[[], None]:
    keep = (int(BoxKind.GROUP), kept) if kept >= 0 else None
    return lambda: folds.refold(scene.open_groups, keep, once)


def _group_of(scene: Scene, hit: Hit) -> int:
    """Return the group that a box or a frame shows, -1 for none."""
    if hit.box >= 0:
        kind, item = scene.seen.key(hit.box)
        return item if kind == BoxKind.GROUP else -1
    return int(scene.seen.frame_group[hit.frame]) if hit.frame > 0 else -1
