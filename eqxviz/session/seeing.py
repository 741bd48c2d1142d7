"""The part of the session that is about how filtering sees the open model."""

from typing import TYPE_CHECKING

from psygnal import Signal

from eqxviz.session.drawing import GraphPart
from eqxviz.session.problems import Post

if TYPE_CHECKING:
    from eqxviz.engine.engine import Engine
    from eqxviz.session.xray import GradientMarks, XRay


class XRayPart(GraphPart):
    """The x-ray of the open model.

    Signals:
        xray_changed: `xray` says more of the same tree: gradients were seen.
    """

    xray_changed = Signal()

    def __init__(self, post: Post, engine: "Engine | None" = None) -> None:
        super().__init__(post, engine)
        self._xray: XRay | None = None
        self._gradient_marks: GradientMarks | None = None

    @property
    def xray(self) -> "XRay | None":
        """How filtering sees each node of the open model, None while none is open."""
        from eqxviz.session.xray import XRay

        if self.model is None:
            self._xray = None
        elif self._xray is None or self._xray.tree is not self.model.tree:
            self._xray = XRay(self.model.tree, self._gradient_marks)
        return self._xray
