"""The graph view: the drawn functions as tabs, their inputs, search, and the page of one."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from eqxviz.gui.graph.call_bar import CallBar
from eqxviz.gui.graph.colour_chooser import ColourChooser
from eqxviz.gui.graph.differing import DifferenceMarks
from eqxviz.gui.graph.lighting import badges_of, lit_boxes, notes_of
from eqxviz.gui.graph.page import GraphPage
from eqxviz.gui.graph.scene import Hit
from eqxviz.gui.graph.selecting import hit_of, selection_of
from eqxviz.gui.graph.tabs import GraphTabs
from eqxviz.gui.graph_compare import BelowGraph
from eqxviz.gui.jaxpr.beside import BesideGraph
from eqxviz.gui.replay.blame_card import BlameCard
from eqxviz.gui.settings import GRAPH_COLOURS, Settings
from eqxviz.gui.theme import Theme
from eqxviz.gui.widgets import SearchBar, StateStack, hand_focus_on, tab_in_turn
from eqxviz.session.graph.colouring import ColourBy
from eqxviz.session.graph.finding import GraphSearch
from eqxviz.session.graph.query import COMPLETIONS
from eqxviz.session.graph_details import telling
from eqxviz.session.graphs import DrawnAs
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session

_PAUSE_MS = 20  # between a key and the search: a graph is searched within a frame or two
_ROOM_FOR_WORDS = 520  # pixels: in a narrower view buttons are icons, and one can type to search


class GraphView(QWidget):
    """Draws the graphs of a session and shares its selection.

    Signals:
        export_wanted: The graph that is shown is to be written to a file.
        values_wanted: The values of what is selected are to be seen.
    """

    export_wanted = Signal()
    values_wanted = Signal()

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._theme = theme
        self._search = GraphSearch()
        self._is_own = False  # the selection is being changed from here
        self._settings: Settings | None = None
        self.page = GraphPage(theme, lambda tab: telling(session, tab), self)
        self.colours = ColourChooser(session.exploring, theme, self)
        self.beside = BesideGraph(self.page, session, theme, self)
        self.below = BelowGraph(self.beside, session, theme, self)
        self.marks = DifferenceMarks(self.page, session.graph_comparison)
        self.tabs = GraphTabs(theme, self)
        self.call_bar = CallBar(theme, self)
        self.blame = BlameCard(session, theme, self)
        self.search_bar = SearchBar(
            theme, "Search: add, kind:matmul, flops>1e9", self, COMPLETIONS, pause_ms=_PAUSE_MS
        )
        self.stack = StateStack(
            theme,
            self._filled(),
            icon="mdi6.graph-outline",
            title="No graph drawn",
            text="Open a model and press Ctrl+G to draw its call, or draw a function of its file "
            "(Ctrl+Alt+G); or run a script and draw its training step.",
            parent=self,
        )
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.tabs)
        whole.addWidget(self.call_bar)
        over = QVBoxLayout()
        over.setContentsMargins(8, 6, 8, 2)
        over.addWidget(self.blame)
        whole.addLayout(over)
        whole.addWidget(self.stack, 1)
        hand_focus_on(self, lambda: self.page.canvas)
        self._connect()
        self._on_graphs_changed()

    def search(self, text: str) -> None:
        """Mark the equations that match `text`, and count them."""
        scene = self.page.scene
        self._search.ask(text, scene.reading if scene is not None else None)
        self.search_bar.set_problem(self._search.problem)
        self._show_found()

    def search_next(self, step: int) -> None:
        """Go to the next match (`step` 1) or the one before (-1), around the end."""
        if self.below.panel is not None and self.below.has_focus:
            self.below.panel.search_next(step)
            return
        if self.beside.panel is not None and self.beside.has_focus:
            self.beside.panel.search_next(step)
            return
        equation, tab = self._search.step(step), self.page.tab
        if equation >= 0 and tab is not None:
            self._select(Selection(kind="equation", graph=tab.key, equation=equation))
            self.page.reveal(equation)
        self._show_found()

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        for place in (self.below, self.beside):
            if place.panel is not None and place.has_focus:
                place.panel.focus_search()
                return
        self.search_bar.focus()

    def export(self, path: Path, done: Callable[[str], None]) -> None:
        """Write what is shown to `path`, in the form of its suffix; `done` gets why not, or ""."""
        from eqxviz.gui.graph.exporting import exporter
        from eqxviz.session.export import UnknownFormError

        scene, tab = self.page.scene, self.page.tab
        if scene is None or tab is None or tab.graph is None:
            done("no graph is shown yet")
            return
        try:
            write = exporter(path, tab.graph, scene, self._theme, self.page.canvas.metrics)
        except UnknownFormError as error:
            done(str(error))
            return

        def written() -> str:
            try:
                write()
            except OSError as error:
                return error.strerror or str(error)
            return ""

        self._session.in_background(written, done)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        style = Qt.ToolButtonStyle
        is_narrow = self.width() < _ROOM_FOR_WORDS
        shown = style.ToolButtonIconOnly if is_narrow else style.ToolButtonTextBesideIcon
        for button in (self.colours, self.below.button):
            button.setToolButtonStyle(shown)

    def _filled(self) -> QWidget:
        filled = QWidget(self)
        tools = QHBoxLayout()
        tools.setContentsMargins(8, 4, 8, 4)
        tools.setSpacing(8)
        tools.addWidget(self.search_bar, 4)
        tools.addStretch(1)
        tools.addWidget(self.colours, 0, Qt.AlignmentFlag.AlignTop)
        tools.addWidget(self.below.button, 0, Qt.AlignmentFlag.AlignTop)
        tools.addWidget(self.beside.button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(filled)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(tools)
        column.addWidget(self.below, 1)
        page = self.page
        tab_in_turn(
            *(self.tabs, self.call_bar, self.search_bar, self.colours, self.below.button),
            *(self.beside.button, page.canvas, page.legend, page.minimap, page.zoom_buttons),
        )
        return filled

    def _connect(self) -> None:
        session, page = self._session, self.page
        session.graphs_changed.connect(self._on_graphs_changed)
        session.selection_changed.connect(self._on_selection_changed)
        self.destroyed.connect(lambda: _disconnect(session, self))
        page.scene_shown.connect(self._on_scene_shown)
        session.exploring.recoloured.connect(self._on_recoloured)
        session.exploring.relit.connect(self._on_relit)
        session.exploring.reveal_asked.connect(self._reveal)
        session.replaying.marks.changed.connect(self._on_marked)
        self.blame.link_clicked.connect(session.select)
        self.blame.values_wanted.connect(self.values_wanted)
        page.picked.connect(self._on_picked)
        page.strip.closed.connect(session.exploring.clear)
        page.canvas.asked.connect(self._on_asked)
        page.selection_wanted.connect(session.select)
        self.tabs.chosen.connect(session.show_graph)
        self.tabs.closed.connect(session.close_graph)
        self.tabs.export_wanted.connect(self._on_export_wanted)
        self.tabs.stop_words = lambda index: session.debugging.offer(session.graphs[index].function)
        self.tabs.stop_toggled.connect(
            lambda index: session.debugging.toggle_function(session.graphs[index].function)
        )
        self.call_bar.asked.connect(self._on_call_asked)
        self.search_bar.searched.connect(self.search)
        self.search_bar.stepped.connect(self.search_next)
        self.search_bar.left.connect(page.canvas.setFocus)
        self.stack.cancelled.connect(session.cancel_drawing)
        self.stack.retried.connect(self._on_retried)
        self.stack.place_clicked.connect(page.select_source)

    def _on_graphs_changed(self) -> None:
        session = self._session
        self.tabs.show_titles([tab.title for tab in session.graphs], session.current_graph)
        at = session.current_graph
        tab = session.graphs[at] if 0 <= at < len(session.graphs) else None
        self.page.show_tab(tab)
        self.call_bar.show_tab(tab)
        if tab is None:
            self.stack.show_empty()
            return
        if tab.state == "failed" and tab.problem is not None:
            self.stack.show_failed(tab.problem)
        elif tab.state == "working":
            self.stack.show_working(tab.activity or f"Tracing {tab.title}")
        elif tab.graph is not None:
            self.stack.show_filled()

    def _on_scene_shown(self, is_new: bool) -> None:
        tab = self.page.tab
        if is_new and self.page.is_redrawn and tab is not None:
            self._session.exploring.forget(tab)
        self._show_selection(move=is_new and not self.page.is_redrawn)
        self._on_relit()
        self._on_marked()
        self._reveal()
        if is_new:
            self.search(self.search_bar.text)
        else:
            self._show_found()

    def _on_picked(self, hit: Hit) -> None:
        scene, tab = self.page.scene, self.page.tab
        if scene is None or tab is None:
            return
        model = self._session.model
        self._select(selection_of(scene, tab, hit, model.tree if model is not None else None))
        self.page.mark(hit, self.page.canvas.highlight.related)
        if hit.box >= 0:
            self.page.canvas.show_box(hit.box, readable=False)

    def _select(self, selection: Selection) -> None:
        """Select in the whole window; the canvas stays where it is."""
        self._is_own = True
        self._session.select(selection)
        self._is_own = False
        self._show_selection(move=False)

    def _on_selection_changed(self) -> None:
        if self._is_own:
            return
        session, selection = self._session, self._session.selection
        other = session.graph(selection.graph) if selection.graph else None
        if other is not None and other is not self.page.tab:
            session.show_graph(session.graphs.index(other))
        self._show_selection(move=True)

    def _show_selection(self, *, move: bool) -> None:
        """Mark what the window's selection is in this graph; bring it into sight if `move`."""
        scene, tab, selection = self.page.scene, self.page.tab, self._session.selection
        if scene is None or tab is None:
            return
        hit, related = Hit(), frozenset[int]()
        if selection.graph == tab.key:
            hit = hit_of(scene, selection)
        elif selection.kind == "node" and self._session.model is not None:
            values = tab.links.values_of(self._session.model.tree, selection.node)
            related = scene.boxes_of(tab.links.users_of(values))
        elif selection.kind == "source":
            related = scene.boxes_of(tab.links.equations_at(selection.file, selection.line))
        self.page.mark(hit, related)
        shown = hit.box if hit.box >= 0 else min(related, default=-1)
        if move and shown >= 0:
            self.page.canvas.show_box(shown, readable=True)

    def use_settings(self, settings: Settings) -> None:
        """Colour as is remembered, and remember what is chosen."""
        self._settings = settings
        self.beside.use_settings(settings)
        self._session.exploring.colour(ColourBy(settings[GRAPH_COLOURS]))

    def _on_recoloured(self) -> None:
        by = self._session.exploring.colour_by
        self.page.colour(by)
        self.colours.refresh()
        if self._settings is not None:
            self._settings[GRAPH_COLOURS] = by.value

    def _on_relit(self) -> None:
        """Dim all but what stands out in the graph that is shown."""
        exploring, page = self._session.exploring, self.page
        tab, scene, lit = page.tab, page.scene, exploring.lit
        boxes = None
        if tab is not None and scene is not None and lit is not None and lit.tab == tab.key:
            boxes = lit_boxes(scene, lit)
        page.canvas.set_highlight(replace(page.canvas.highlight, lit=boxes))
        page.strip.show_exploring(exploring, tab.key if tab is not None else "")

    def _on_marked(self) -> None:
        """Write at the boxes what was read of their equations."""
        scene, canvas, tab = self.page.scene, self.page.canvas, self.page.tab
        notes = ()
        if scene is not None and tab is not None:
            notes = notes_of(scene, self._session.replaying.marks.marks_in(tab.key))
        canvas.set_highlight(replace(canvas.highlight, notes=notes))

    def _reveal(self) -> None:
        """Unfold to the equation that is to be shown, once the scene of its graph is there."""
        exploring, tab = self._session.exploring, self.page.tab
        wanted = exploring.to_reveal
        if wanted is None or self.page.scene is None or tab is None or tab.key != wanted.graph:
            return
        exploring.to_reveal = None
        self.page.reveal(wanted.equation)

    def _on_asked(self, what: str) -> None:
        """Do what a key on the canvas asks for."""
        exploring = self._session.exploring
        if what == "dependents":
            exploring.light_dependents()
        elif what == "dependencies":
            exploring.light_dependencies()
        elif what == "path":
            exploring.step_path()
        elif what == "text":
            self.beside.set_shown(True)
        elif what == "non-finite":
            self._session.replaying.search.find_to_selection()
        elif what == "clear" and exploring.is_asked:
            exploring.clear()
        elif what == "clear":
            self._on_picked(Hit())

    def _show_found(self) -> None:
        scene, canvas = self.page.scene, self.page.canvas
        matched, badges = frozenset[int](), ()
        if scene is not None:
            matched, badges = (
                scene.boxes_of(self._search.found),
                badges_of(scene, self._search.found),
            )
        canvas.set_highlight(replace(canvas.highlight, matched=matched, badges=badges))
        self.search_bar.set_hits(self._search.at, len(self._search.found))

    def _on_export_wanted(self, index: int) -> None:
        self._session.show_graph(index)
        self.export_wanted.emit()

    def _on_call_asked(self, inputs: str, drawn_as: DrawnAs, batch: int) -> None:
        if self.page.tab is not None:
            self._session.redraw(self.page.tab, inputs, drawn_as, batch)

    def _on_retried(self) -> None:
        if self.page.tab is not None:
            self._session.draw(self.page.tab)


def _disconnect(session: Session, view: GraphView) -> None:
    session.graphs_changed.disconnect(view._on_graphs_changed, missing_ok=True)
    session.selection_changed.disconnect(view._on_selection_changed, missing_ok=True)
    session.exploring.recoloured.disconnect(view._on_recoloured, missing_ok=True)
    session.exploring.relit.disconnect(view._on_relit, missing_ok=True)
    session.exploring.reveal_asked.disconnect(view._reveal, missing_ok=True)
    session.replaying.marks.changed.disconnect(view._on_marked, missing_ok=True)
    view.page.maker.close()
