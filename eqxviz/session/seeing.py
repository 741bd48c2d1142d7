"""The part of the session that is about how filtering sees the open model."""

from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.drawing import GraphPart
from eqxviz.session.problems import Post

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.records import GradientSeen, ModelTree
    from eqxviz.session.xray import GradientMarks, XRay


class XRayPart(GraphPart):
    """The x-ray of the open model.

    Signals:
        xray_changed: `xray` says more, or less, of the same tree: other gradients were seen.
    """

    xray_changed = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self._xray: XRay | None = None
        self._matched: tuple[ModelTree | None, tuple[GradientSeen, ...]] = (None, ())
        self.model_changed.connect(self._match_gradients)
        self.tree_grew.connect(self._match_gradients)
        self.gradients_changed.connect(self._match_gradients)

    @property
    def xray(self) -> "XRay | None":
        """How filtering sees each node of the open model, None while none is open."""
        from eqxviz.session.xray import XRay

        if self.model is None:
            self._xray = None
        elif self._xray is None or self._xray.tree is not self.model.tree:
            self._xray = XRay(self.model.tree)
        return self._xray

    def _match_gradients(self) -> None:
        """Find the gradients of the run in the open tree, and put them into the x-ray."""
        tree = self.model.tree if self.model is not None else None
        if tree is not None and not tree.is_complete:
            return
        seen = tuple(self.run.gradients.values()) if self.run is not None else ()
        before, self._matched = self._matched, (tree, seen)
        if tree is None or (before[0] is tree and before[1] == seen):
            return
        if not seen:
            if before[1]:
                self._xray = None
                self.xray_changed.emit()
            return

        def match() -> "GradientMarks":
            from eqxviz.session.gradients import gradient_marks

            return gradient_marks(tree, seen)

        def matched(marks: "GradientMarks") -> None:
            from eqxviz.session.xray import XRay

            if self.model is not None and self.model.tree is tree and self._matched[1] is seen:
                self._xray = XRay(tree, marks)
                self.xray_changed.emit()

        self.in_background(match, matched)

    def _on_run_begun(self) -> None:
        super()._on_run_begun()
        self.gradients_changed.emit()
