"""The page of one graph: the canvas, what floats over it, and the scenes made for it."""

from collections.abc import Callable, Collection
from dataclasses import replace

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCursor, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from eqxviz.gui.graph.canvas import GraphCanvas
from eqxviz.gui.graph.corners import free_corner
from eqxviz.gui.graph.lighting import LitStrip
from eqxviz.gui.graph.menu import graph_menu
from eqxviz.gui.graph.minimap import Minimap
from eqxviz.gui.graph.overlays import BoxCard, Legend, ZoomButtons
from eqxviz.gui.graph.scene import Hit, Scene
from eqxviz.gui.graph.scene_maker import SceneMaker, SceneRequest
from eqxviz.gui.graph.telling import copied, hit_details
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import ThinBar
from eqxviz.records import Graph
from eqxviz.session.graph.colouring import ColourBy
from eqxviz.session.graph.details import GraphTelling
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection

_EDGE = 12
_ROOMY = (640, 560)  # pixels: in a smaller page the legend is folded at first
_BUSY_AFTER_MS = 200


class GraphPage(QWidget):
    """Shows the graph of one tab at a time, and folds it.

    A graph that was left and is shown again has the groups open that were open then. While a
    scene is made the one before stays usable.

    Signals:
        scene_shown: Another scene is on the canvas; True if it is of another graph.
        picked: The user selected something, as a `Hit`.
        selection_wanted: A `Selection` that the user asked for in a menu.

    `tells` gives what tells of the parts of a tab's graph.
    """

    scene_shown = Signal(bool)
    picked = Signal(object)
    selection_wanted = Signal(object)

    def __init__(
        self,
        theme: Theme,
        tells: Callable[[GraphTab], GraphTelling],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._tells = tells
        self._colour_by = ColourBy.KIND
        self.canvas = GraphCanvas(theme, self)
        self.maker = SceneMaker(self.canvas.metrics, self)
        self.tab: GraphTab | None = None
        self.graph: Graph | None = None  # the tab's graph that the canvas shows, or soon will
        self._drawn: Graph | None = None  # the one that the canvas shows
        self._drawn_tab = ""  # the tab that the canvas shows
        self.is_redrawn = False  # what is shown is a new drawing of what was shown before
        self._left: dict[str, tuple[Graph, SceneRequest]] = {}  # by tab: how it was left
        self.legend = Legend(theme, self)
        self.zoom_buttons = ZoomButtons(theme, self)
        self.minimap = Minimap(theme, self.canvas, self)
        self.strip = LitStrip(theme, self)
        self.card = BoxCard(theme, self)
        self._busy = ThinBar(theme, self)
        self._busy.hide()
        self._busy_timer = QTimer(self, singleShot=True, interval=_BUSY_AFTER_MS)
        self._busy_timer.timeout.connect(self._busy.show)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.canvas)
        copy = QAction("Copy", self.canvas, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self.copy)
        self.canvas.addAction(copy)
        self.canvas.selected.connect(self.picked)
        self.canvas.toggled.connect(self.toggle)
        self.canvas.hover_changed.connect(self.card.hide)
        self.canvas.hover_rested.connect(self._on_hover_rested)
        self.canvas.menu_wanted.connect(self._on_menu_wanted)
        self.zoom_buttons.zoomed.connect(self.canvas.zoom)
        self.zoom_buttons.fitted.connect(self.show_all)
        self.zoom_buttons.neared.connect(self.canvas.zoom_to_selection)
        self.canvas.looked.connect(self._place_minimap)
        self.legend.resized.connect(self._place_overlays)
        self.strip.resized.connect(self._place_overlays)
        self.maker.made.connect(self._on_scene_made)
        self.maker.idle_changed.connect(self._on_idle_changed)

    @property
    def scene(self) -> Scene | None:
        """The scene of the tab that is shown; None while it is still being made."""
        return self.canvas.scene if self._drawn is self.graph else None

    def show_tab(self, tab: GraphTab | None) -> None:
        """Show the graph of `tab`, if it has one that is not shown yet."""
        before, self.tab = self.graph, tab
        self.graph = tab.graph if tab is not None else None
        if tab is None or tab.graph is None:
            self.maker.cancel()
        elif tab.graph is not before:
            of_graph, request = self._left.get(tab.key, (None, None))
            if request is None or of_graph is not tab.graph:
                request = SceneRequest(tab.graph, like=request)
            self._ask(request)

    def colour(self, by: ColourBy) -> None:
        """Colour the boxes by something else, and say in the legend what the colours mean."""
        self._colour_by = by
        scene = self.scene
        if scene is not None:
            self.canvas.set_colours(by)
            self.legend.show_colouring(scene.reading.colouring(by))

    def toggle(self, hit: Hit) -> None:
        """Unfold a box that holds something; fold a frame."""
        scene = self.scene
        if scene is None:
            return
        if hit.box >= 0 and scene.inside(hit.box):
            self.refold(scene.unfolded(hit.box), scene.seen.key(hit.box))
        elif hit.frame > 0:
            self.refold(scene.folded(hit.frame), scene.frame_key(hit.frame))

    def refold(
        self,
        opened: frozenset[int],
        keep: tuple[int, int] | None = None,
        once: frozenset[int] | None = None,
    ) -> None:
        """Open just the groups `opened`; the place of the box called `keep` is kept.

        Runs of equal groups that begin with one of `once` are shown once; None: as they are.
        """
        scene = self.scene
        if scene is not None:
            once = scene.once if once is None else once
            self._ask(SceneRequest(scene.graph, opened, once, scene.reading, keep))

    def reveal(self, equation: int) -> None:
        """Unfold what hides `equation`, and bring it into sight."""
        scene = self.scene
        if scene is None:
            return
        opened, box = scene.opened_to(equation), scene.box_of(equation)
        if opened != scene.open_groups and box >= 0:
            self._ask(
                SceneRequest(
                    *(scene.graph, opened, scene.once, scene.reading),
                    keep=scene.seen.key(box),
                    show=equation,
                )
            )
        elif box >= 0:
            self.canvas.show_box(box, readable=True)

    def mark(self, hit: Hit, related: Collection[int] = ()) -> None:
        """Let the selected box, edge or frame and the `related` boxes stand out."""
        scene = self.scene
        self.canvas.set_highlight(
            replace(
                self.canvas.highlight,
                selected=hit.box,
                selected_frame=hit.frame,
                selected_edge=hit.edge,
                related=frozenset(related),
            )
        )
        text = ""
        if scene is not None and hit.box >= 0:
            text = scene.text_of(hit.box)
        elif scene is not None and hit.frame > 0:
            text = " ".join(scene.titles[hit.frame])
        self.canvas.describe(text)

    def copy(self) -> None:
        """Put what is known of what is selected on the clipboard."""
        scene, tab, hit = self.scene, self.tab, self.canvas.selected_hit
        if scene is not None and tab is not None and hit != Hit():
            QApplication.clipboard().setText(copied(hit_details(scene, self._tells(tab), hit)))

    def show_all(self) -> None:
        """Show the whole picture."""
        self.canvas.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_overlays()

    def _on_scene_made(self, request: SceneRequest, scene: Scene) -> None:
        tab = self.tab
        if tab is None or tab.graph is None:
            return
        tab.reading = scene.reading
        is_new, self._drawn = self._drawn is not tab.graph, tab.graph
        self.is_redrawn = is_new and self._drawn_tab == tab.key
        self._drawn_tab = tab.key
        again = SceneRequest(scene.graph, scene.open_groups, scene.once, scene.reading)
        self._left[tab.key] = (tab.graph, again)
        self.canvas.setAccessibleName(f"Graph of {scene.graph.title}")
        self.canvas.set_scene(scene, keep=request.keep, stays=self.is_redrawn)
        self.colour(self._colour_by)
        self._place_legend()
        self.card.hide()
        self.scene_shown.emit(is_new)
        if request.keep is not None and self.canvas.highlight.is_empty:
            self.mark(scene.place_of(request.keep))
        if request.show >= 0 and (box := scene.box_of(request.show)) >= 0:
            self.canvas.show_box(box, readable=True)

    def _on_idle_changed(self, idle: bool) -> None:
        if idle:
            self._busy_timer.stop()
            self._busy.hide()
        elif not self._busy_timer.isActive() and self._busy.isHidden():
            self._busy_timer.start()

    def _on_hover_rested(self, hit: Hit) -> None:
        scene, tab = self.scene, self.tab
        if scene is None or tab is None:
            return
        details = hit_details(scene, self._tells(tab), hit)
        if hit.box < 0:
            at = self.canvas.mapFromGlobal(QCursor.pos())
            self.card.show_details(details, (at.x() - 4.0, at.y() - 4.0, 8.0, 8.0))
            return
        camera, (x, y, width, height) = self.canvas.camera, scene.boxes[hit.box]
        left, top = camera.to_widget(x, y)
        self.card.show_details(details, (left, top, width * camera.zoom, height * camera.zoom))

    def _ask(self, request: SceneRequest) -> None:
        self.maker.ask(replace(request, colour_by=self._colour_by))

    def _on_menu_wanted(self, hit: Hit, at: QPoint) -> None:
        scene, tab = self.scene, self.tab
        if scene is None or tab is None:
            return
        if hit != Hit():
            self.picked.emit(hit)
        graph_menu(self, scene, hit, hit_details(scene, self._tells(tab), hit), self).popup(at)

    def select_source(self, file: str, line: int) -> None:
        """Ask for a line of the source to be selected."""
        self.want_selection(Selection(kind="source", file=file, line=line))

    def want_selection(self, selection: Selection) -> None:
        """Ask for something to be selected in the window."""
        self.selection_wanted.emit(selection)

    def ask(self, what: str) -> None:
        """Ask for what depends on the selection, for a path or for its text, as a key does."""
        self.canvas.asked.emit(what)

    def copy_text(self, text: str) -> None:
        """Put `text` on the clipboard."""
        QApplication.clipboard().setText(text)

    def _place_overlays(self) -> None:
        self.legend.fold_unless_clicked(self.width() < _ROOMY[0] or self.height() < _ROOMY[1])
        self.zoom_buttons.adjustSize()
        self.zoom_buttons.move(
            self.width() - _EDGE - self.zoom_buttons.width(),
            self.height() - _EDGE - self.zoom_buttons.height(),
        )
        self.strip.resize(
            min(self.strip.sizeHint().width(), self.width() - 2 * _EDGE),
            self.strip.sizeHint().height(),
        )
        self.strip.move(_EDGE, _EDGE)
        self._place_minimap()
        self._place_legend()
        self._busy.setGeometry(0, 0, self.width(), self._busy.height())

    def _place_minimap(self) -> None:
        buttons = self.zoom_buttons.geometry()
        self.minimap.move(
            buttons.right() + 1 - self.minimap.width(), buttons.top() - 8 - self.minimap.height()
        )
        self.canvas.keep_beside(self._covers())

    def _covers(self) -> list[QRect]:
        """Return where something floats over the canvas, the legend apart: that gives way."""
        floating = self.zoom_buttons, self.strip, self.minimap
        return [widget.geometry() for widget in floating if not widget.isHidden()]

    def _place_legend(self) -> None:
        """Put the legend where it covers least of the picture as it is now; away for no room."""
        taken = [*self._covers(), self.canvas.in_sight]
        at = free_corner(
            self.size(), self.legend.size(), _EDGE, taken, self.scene, self.canvas.camera
        )
        self.legend.setVisible(at is not None)
        if at is not None:
            self.legend.move(at)
