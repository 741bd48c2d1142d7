"""The graph view: the drawn functions as tabs, their inputs, search, and the canvas."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from eqxviz.gui.graph.canvas import GraphCanvas
from eqxviz.gui.graph.finding import Finding
from eqxviz.gui.graph.overlays import BoxCard, Legend, ZoomButtons
from eqxviz.gui.graph.scene import Scene
from eqxviz.gui.graph.scene_maker import SceneMaker, SceneRequest
from eqxviz.gui.graph.telling import box_details, frame_details
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import SearchBar, StateStack, ThinBar
from eqxviz.layout import BoxKind
from eqxviz.records import Graph, GroupKind
from eqxviz.session.graphs import GraphTab
from eqxviz.session.links import node_at
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_EDGE = 12
_BUSY_AFTER_MS = 200


class GraphView(QWidget):
    """Draws the graphs of a session and shares its selection."""

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._theme = session, theme
        self._shown: Graph | None = None  # the tab's graph that the canvas shows, or soon will
        self._left: dict[str, tuple[Graph, SceneRequest]] = {}  # by tab: how it was left
        self._finding = Finding()
        self.canvas = GraphCanvas(theme, self)
        self.maker = SceneMaker(self.canvas.metrics, self)
        self.tabs = QTabBar(self, expanding=False, drawBase=False)
        self.tabs.setElideMode(Qt.TextElideMode.ElideMiddle)
        self.tabs.setAccessibleName("Graphs")
        self.inputs = QLineEdit(self)
        self.inputs.setPlaceholderText("f32[8,3]")
        self.inputs.setFont(theme.font("mono"))
        self.inputs.setMaximumWidth(220)
        self.inputs.setToolTip("Shapes of the arguments, as JAX writes them. Return draws anew.")
        self.inputs.setAccessibleName("Inputs of the model")
        self._inputs_label = QLabel("Inputs", self)
        self._inputs_label.setProperty("tone", "faint")
        self.search_bar = SearchBar(theme, "Search primitives, shapes, paths; / for a regex", self)
        self.legend = Legend(theme, self.canvas)
        self.zoom_buttons = ZoomButtons(theme, self.canvas)
        self._card = BoxCard(theme, self.canvas)
        self._busy = ThinBar(theme, self.canvas)
        self._busy.hide()
        self._lay_out()
        self._connect()
        self._on_graphs_changed()

    def search(self, text: str) -> None:
        """Mark the equations that match `text` and count them; a regex if it begins with "/"."""
        self._finding.search(text, self._shown)
        self.search_bar.setToolTip(self._finding.fault)
        self._show_found()

    def search_next(self, step: int) -> None:
        """Go to the next match (`step` 1) or the one before (-1), around the end."""
        equation = self._finding.step(step)
        tab = self._tab()
        if equation >= 0 and tab is not None:
            self._session.select(Selection(kind="equation", graph=tab.key, equation=equation))
            self._reveal(equation)
        self._show_found()

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search_bar.focus()

    def close_threads(self) -> None:
        """End the layout thread; called when the view is destroyed."""
        self.maker.close()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.canvas and event.type() in (QEvent.Type.Resize, QEvent.Type.Show):
            self._place_overlays()
        return super().eventFilter(watched, event)

    def _lay_out(self) -> None:
        page = QWidget(self)
        tools = QHBoxLayout()
        tools.setContentsMargins(8, 4, 8, 4)
        tools.setSpacing(8)
        tools.addWidget(self._inputs_label)
        tools.addWidget(self.inputs)
        tools.addWidget(self.search_bar, 1)
        tools.addStretch(1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self.canvas, 1)
        self.stack = StateStack(
            self._theme,
            page,
            icon="mdi6.graph-outline",
            title="No graph drawn",
            text="Open a model and press Ctrl+G to draw its forward pass, or run a script and "
            "draw its training step.",
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.tabs)
        whole.addWidget(self.stack, 1)
        self.setFocusProxy(self.canvas)
        copy = QAction("Copy", self, shortcut=QKeySequence(QKeySequence.StandardKey.Copy))
        copy.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        copy.triggered.connect(self._copy)
        self.canvas.addAction(copy)

    def _connect(self) -> None:
        session, canvas, maker = self._session, self.canvas, self.maker
        session.graphs_changed.connect(self._on_graphs_changed)
        session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(session, self, maker))
        canvas.installEventFilter(self)
        canvas.box_clicked.connect(self._on_box_clicked)
        canvas.frame_clicked.connect(self._on_frame_clicked)
        canvas.empty_clicked.connect(lambda: self._select(Selection()))
        canvas.box_unfolded.connect(self._on_box_unfolded)
        canvas.frame_folded.connect(self._on_frame_folded)
        canvas.hover_changed.connect(lambda _box: self._card.hide())
        canvas.hover_rested.connect(self._on_hover_rested)
        canvas.menu_wanted.connect(self._on_menu)
        maker.made.connect(self._on_scene_made)
        maker.idle_changed.connect(self._on_idle_changed)
        self.tabs.currentChanged.connect(session.show_graph)
        self.inputs.returnPressed.connect(self._on_inputs_entered)
        self.search_bar.searched.connect(self.search)
        self.search_bar.stepped.connect(self.search_next)
        self.search_bar.left.connect(canvas.setFocus)
        self.zoom_buttons.zoomed.connect(canvas.zoom)
        self.zoom_buttons.fitted.connect(canvas.fit)
        self.stack.retried.connect(self._on_retried)
        self.stack.place_clicked.connect(
            lambda file, line: session.select(Selection(kind="source", file=file, line=line))
        )

    def _tab(self) -> GraphTab | None:
        session = self._session
        at = session.current_graph
        return session.graphs[at] if 0 <= at < len(session.graphs) else None

    def _on_graphs_changed(self) -> None:
        self._show_tabs()
        tab = self._tab()
        if tab is None:
            self._shown = None
            self.maker.cancel()
            self.stack.show_empty()
            return
        of_model = tab.node >= 0
        self.inputs.setVisible(of_model)
        self._inputs_label.setVisible(of_model)
        if not self.inputs.hasFocus():
            self.inputs.setText(tab.inputs)
        if tab.graph is not None and tab.graph is not self._shown:
            self._show_graph(tab.key, tab.graph)
        if tab.state == "failed" and tab.problem is not None:
            self._shown = None
            self.stack.show_failed(tab.problem)
        elif tab.state == "working":
            self.stack.show_working(tab.activity or f"Tracing {tab.title}")
        elif tab.graph is not None:
            self.stack.show_filled()

    def _show_tabs(self) -> None:
        session, tabs = self._session, self.tabs
        tabs.blockSignals(True)
        while tabs.count() > len(session.graphs):
            tabs.removeTab(tabs.count() - 1)
        for index, tab in enumerate(session.graphs):
            if index == tabs.count():
                tabs.addTab(tab.title)
                tabs.setTabButton(index, QTabBar.ButtonPosition.RightSide, self._close_button())
            tabs.setTabText(index, tab.title)
        tabs.setCurrentIndex(session.current_graph)
        tabs.setVisible(len(session.graphs) > 0)
        tabs.blockSignals(False)

    def _close_button(self) -> QToolButton:
        button = QToolButton(self.tabs, autoRaise=True)
        button.setIcon(self._theme.icon("mdi6.close", "faint"))
        button.setIconSize(QSize(12, 12))
        button.setToolTip("Close the graph")
        button.setAccessibleName("Close the graph")
        button.clicked.connect(lambda: self._on_close_clicked(button))
        return button

    def _on_close_clicked(self, button: QToolButton) -> None:
        side = QTabBar.ButtonPosition.RightSide
        for index in range(self.tabs.count()):
            if self.tabs.tabButton(index, side) is button:
                self._session.close_graph(index)
                return

    def _show_graph(self, key: str, graph: Graph) -> None:
        """Lay out `graph`, with the groups open that were open when it was left."""
        self._shown = graph
        of_graph, request = self._left.get(key, (None, SceneRequest(graph)))
        self.maker.ask(request if of_graph is graph else SceneRequest(graph))
        self.legend.show_kinds(graph)
        self._place_overlays()
        self._finding.search(self.search_bar.text, graph)

    def _on_scene_made(self, request: SceneRequest, scene: Scene) -> None:
        tab = self._tab()
        if tab is None or tab.graph is None:
            return
        self._left[tab.key] = (tab.graph, SceneRequest(scene.graph, scene.open_groups))
        self.canvas.setAccessibleName(f"Graph of {scene.graph.title}")
        self.canvas.set_scene(scene, keep=request.keep)
        self._card.hide()
        self._on_selection_changed()
        self._show_found()

    def _on_idle_changed(self, idle: bool) -> None:
        self._busy.setVisible(not idle)

    def _on_box_clicked(self, box: int) -> None:
        scene, tab = self.canvas.scene, self._tab()
        if scene is None or tab is None:
            return
        kind, item = scene.seen.key(box)
        if kind == BoxKind.EQUATION:
            self._select(Selection(kind="equation", graph=tab.key, equation=item))
        else:
            node = self._node_of(kind, item, scene.graph, tab)
            self._select(Selection(kind="node", node=node) if node > 0 else Selection())
        self._mark(box)

    def _on_frame_clicked(self, frame: int) -> None:
        scene, tab = self.canvas.scene, self._tab()
        if scene is None or tab is None:
            return
        group = int(scene.seen.frame_group[frame])
        node = self._node_of(BoxKind.GROUP, group, scene.graph, tab)
        self._select(Selection(kind="node", node=node) if node > 0 else Selection())
        self.canvas.set_highlight(replace(self.canvas.highlight, selected=-1, selected_frame=frame))
        self.canvas.describe(" ".join(scene.titles[frame]))

    def _node_of(self, kind: int, item: int, graph: Graph, tab: GraphTab) -> int:
        """Return the node of the model's tree that a box stands for, 0 or -1 for none."""
        model = self._session.model
        if model is None:
            return -1
        if kind == BoxKind.ARGUMENT:
            return tab.links.node_of(model.tree, item)
        if kind == BoxKind.GROUP and graph.group_kind[item] == GroupKind.MODULE:
            name = graph.text(int(graph.group_name[item]))
            at = min((i for i in (name.find("."), name.find("[")) if i >= 0), default=-1)
            return node_at(model.tree, name[at:]) if at >= 0 else -1
        return -1

    def _select(self, selection: Selection) -> None:
        self._session.select(selection)
        self._on_selection_changed()

    def _on_selection_changed(self) -> None:
        scene, tab, selection = self.canvas.scene, self._tab(), self._session.selection
        if scene is None or tab is None or tab.graph is not self._shown:
            return
        selected, related = -1, frozenset[int]()
        if selection.kind == "equation" and selection.graph == tab.key:
            if 0 <= selection.equation < len(scene.graph):
                selected = scene.box_of(selection.equation)
        elif selection.kind == "node" and self._session.model is not None:
            values = tab.links.values_of(self._session.model.tree, selection.node)
            related = scene.boxes_of(tab.links.users_of(values))
        elif selection.kind == "source":
            related = scene.boxes_of(tab.links.equations_at(selection.file, selection.line))
        self.canvas.set_highlight(
            replace(self.canvas.highlight, related=related, selected_frame=-1)
        )
        self._mark(selected)
        shown = selected if selected >= 0 else min(related, default=-1)
        if shown >= 0:
            self.canvas.show_box(shown)

    def _mark(self, box: int) -> None:
        """Let `box` be the selected one, and tell assistive tools."""
        scene = self.canvas.scene
        self.canvas.set_highlight(replace(self.canvas.highlight, selected=box))
        self.canvas.describe(scene.text_of(box) if scene is not None and box >= 0 else "")

    def _on_box_unfolded(self, box: int) -> None:
        scene = self.canvas.scene
        if scene is not None and scene.inside(box):
            self._refold(scene, scene.unfolded(box), scene.seen.key(box))

    def _on_frame_folded(self, frame: int) -> None:
        scene = self.canvas.scene
        if scene is not None and frame > 0:
            self._refold(scene, scene.folded(frame), scene.frame_key(frame))

    def _refold(self, scene: Scene, opened: frozenset[int], keep: tuple[int, int] | None) -> None:
        self.maker.ask(SceneRequest(scene.graph, opened, keep))

    def _reveal(self, equation: int) -> None:
        """Unfold what hides `equation`."""
        scene = self.canvas.scene
        if scene is not None and (opened := scene.opened_to(equation)) != scene.open_groups:
            self._refold(scene, opened, scene.seen.key(scene.box_of(equation)))

    def _show_found(self) -> None:
        scene = self.canvas.scene
        matched = frozenset[int]()
        if scene is not None:
            matched = scene.boxes_of(self._finding.found)
        self.canvas.set_highlight(replace(self.canvas.highlight, matched=matched))
        self.search_bar.set_hits(self._finding.at, len(self._finding.found))

    def _on_hover_rested(self, box: int) -> None:
        scene, tab = self.canvas.scene, self._tab()
        if scene is None or tab is None or box < 0:
            return
        camera, (x, y, width, height) = self.canvas.camera, scene.boxes[box]
        left, top = camera.to_widget(x, y)
        beside = (left, top, width * camera.zoom, height * camera.zoom)
        self._card.show_details(box_details(scene, tab.key, box), beside)

    def _on_menu(self, box: int, frame: int, at: QPoint) -> None:
        scene, tab = self.canvas.scene, self._tab()
        if scene is None or tab is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if box >= 0:
            self._on_box_clicked(box)
            menu.addAction("Copy", self._copy)
            self._add_box_actions(menu, scene, tab, box)
        around = int(scene.seen.box_frame[box]) if box >= 0 else frame
        if around > 0:
            title = scene.titles[around].title
            menu.addAction(f"Fold {title}", lambda: self._on_frame_folded(around))
        everything = frozenset(range(len(scene.graph.group_parent)))
        menu.addSeparator()
        if scene.open_groups < everything:
            menu.addAction("Unfold all", lambda: self._refold(scene, everything, None))
        if len(scene.frames) > 1:
            menu.addAction("Fold all", lambda: self._refold(scene, frozenset({0}), None))
        menu.addAction("Show the whole graph", self.canvas.fit)
        menu.popup(at)

    def _add_box_actions(self, menu: QMenu, scene: Scene, tab: GraphTab, box: int) -> None:
        kind, item = scene.seen.key(box)
        if kind == BoxKind.EQUATION:
            file, line = tab.links.source_of(item)
            if file:
                place = Selection(kind="source", file=file, line=line)
                menu.addAction("Show source", lambda: self._session.select(place))
        ends = scene.edges_of(box)
        inputs = scene.seen.edge_from[ends[scene.seen.edge_to[ends] == box]]
        if len(inputs):
            menu.addAction("Select inputs", lambda: self._relate(inputs))
        if scene.inside(box):
            menu.addAction("Unfold", lambda: self._on_box_unfolded(box))

    def _relate(self, boxes: np.ndarray) -> None:
        related = frozenset(int(b) for b in boxes)
        self.canvas.set_highlight(replace(self.canvas.highlight, related=related))

    def _copy(self) -> None:
        scene, highlight, tab = self.canvas.scene, self.canvas.highlight, self._tab()
        if scene is None or tab is None:
            return
        if highlight.selected >= 0:
            details = box_details(scene, tab.key, highlight.selected)
        elif highlight.selected_frame > 0:
            details = frame_details(scene, highlight.selected_frame)
        else:
            return
        lines = [details.title, *(f"{f.name}: {f.value}" for f in details.facts)]
        QApplication.clipboard().setText("\n".join(lines))

    def _on_inputs_entered(self) -> None:
        tab = self._tab()
        if tab is not None and tab.node >= 0:
            self._session.draw_model(tab.node, self.inputs.text().strip())

    def _on_retried(self) -> None:
        tab = self._tab()
        if tab is not None and tab.node >= 0:
            self._session.draw_model(tab.node, tab.inputs)
        elif tab is not None:
            self._session.draw_function(tab.function)

    def _place_overlays(self) -> None:
        canvas = self.canvas
        self.legend.adjustSize()
        self.legend.move(_EDGE, canvas.height() - _EDGE - self.legend.height())
        self.zoom_buttons.adjustSize()
        self.zoom_buttons.move(
            canvas.width() - _EDGE - self.zoom_buttons.width(),
            canvas.height() - _EDGE - self.zoom_buttons.height(),
        )
        self._busy.setGeometry(0, 0, canvas.width(), self._busy.height())


def _disconnect(session: Session, view: GraphView, maker: SceneMaker) -> None:
    session.graphs_changed.disconnect(view._on_graphs_changed, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
