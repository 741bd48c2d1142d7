"""Which part of a scene is on screen, and how large."""

from dataclasses import dataclass, replace

SMALLEST_ZOOM = 0.005
LARGEST_ZOOM = 4.0
_MARGIN = 28.0
_SHOWN_MARGIN = 60.0  # what is shown keeps clear of what floats in the corners
_TALL_ZOOM = 0.9


@dataclass(frozen=True)
class Camera:
    """Scene point (x, y) is at the widget's top left corner; `zoom` pixels are one unit."""

    x: float = 0.0
    y: float = 0.0
    zoom: float = 1.0

    def to_scene(self, x: float, y: float) -> tuple[float, float]:
        """Return the scene point under a point of the widget."""
        return self.x + x / self.zoom, self.y + y / self.zoom

    def to_widget(self, x: float, y: float) -> tuple[float, float]:
        """Return where a scene point is in the widget."""
        return (x - self.x) * self.zoom, (y - self.y) * self.zoom

    def area(self, width: float, height: float) -> tuple[float, float, float, float]:
        """Return the part of the scene in a widget of that size: x, y, width, height."""
        return self.x, self.y, width / self.zoom, height / self.zoom

    def moved(self, dx: float, dy: float) -> "Camera":
        """Return the camera after the picture was dragged by (dx, dy) pixels."""
        return replace(self, x=self.x - dx / self.zoom, y=self.y - dy / self.zoom)

    def zoomed(self, factor: float, x: float, y: float) -> "Camera":
        """Return the camera at `factor` times the zoom; what is under (x, y) stays there."""
        # Rounded, so that the way back leads to the same zooms.
        zoom = float(f"{min(max(self.zoom * factor, SMALLEST_ZOOM), LARGEST_ZOOM):.5g}")
        at_x, at_y = self.to_scene(x, y)
        return Camera(at_x - x / zoom, at_y - y / zoom, zoom)

    def showing(
        self, rect: tuple[float, float, float, float], width: float, height: float
    ) -> "Camera":
        """Return the camera moved, no farther than needed, so that `rect` is in the widget."""
        x, y = self.x, self.y
        margin = _SHOWN_MARGIN / self.zoom
        for axis, (low, size, extent) in enumerate(
            ((rect[0], rect[2], width / self.zoom), (rect[1], rect[3], height / self.zoom))
        ):
            at = (x, y)[axis]
            if size + 2 * margin > extent:
                at = low + size / 2 - extent / 2
            else:
                at = min(max(at, low + size + margin - extent), low - margin)
            x, y = (at, y) if axis == 0 else (x, at)
        return replace(self, x=x, y=y)

    def centred(
        self, rect: tuple[float, float, float, float], width: float, height: float, top: float
    ) -> "Camera":
        """Return the camera with `rect` in the middle of the widget below `top`."""
        x, y, w, h = rect
        return replace(
            self,
            x=x + w / 2 - width / self.zoom / 2,
            y=y + h / 2 - (top + height) / self.zoom / 2,
        )

    @staticmethod
    def fitting(
        rect: tuple[float, float, float, float], width: float, height: float, *, least: float = 0.0
    ) -> "Camera":
        """Return the camera that shows all of `rect`, at zoom 1 at most.

        Where that needs a zoom under `least`, the top of the picture is shown, as large as the
        width allows but at `least`.
        """
        x, y, w, h = rect
        inner_w, inner_h = max(width - 2 * _MARGIN, 40.0), max(height - 2 * _MARGIN, 40.0)
        zoom = min(inner_w / max(w, 1.0), inner_h / max(h, 1.0), 1.0)
        if zoom >= least:
            return Camera(x + w / 2 - width / zoom / 2, y + h / 2 - height / zoom / 2, zoom)
        zoom = min(max(inner_w / max(w, 1.0), least), max(_TALL_ZOOM, least))
        top = y - _MARGIN / zoom if h * zoom > inner_h else y + h / 2 - height / zoom / 2
        return Camera(x + w / 2 - width / zoom / 2, top, zoom)
