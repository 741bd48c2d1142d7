"""The tree on screen: rows, marks, keys, search and the window's one selection."""

import jax.numpy as jnp
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QAbstractItemModelTester

from eqxviz.analysis.tree import model_tree
from eqxviz.gui.settings import TREE_ONLY_FOUND, Settings
from eqxviz.gui.tree import TreeView
from eqxviz.gui.tree.painting import chevron_rect
from eqxviz.records import Problem, Severity
from eqxviz.session.columns import NAMES
from eqxviz.session.graphs import GraphTab
from eqxviz.session.selection import Selection
from eqxviz.session.session import Session
from tests.gui.graph.drawn import draw_tree_model
from tests.gui.shown import make_tree, node_at, show_model

NAME, VALUE, PARAMETERS = NAMES.index("name"), NAMES.index("value"), NAMES.index("parameters")
BYTES, FILTER = NAMES.index("bytes"), NAMES.index("filter")


def rows(view: TreeView) -> list[str]:
    model = view.model
    return [model.index(r, NAME).data() for r in range(model.rowCount())]


def cell(view: TreeView, path: str, column: int) -> str:
    outline = view.model.outline
    assert outline is not None
    return view.model.index(outline.row_of(node_at(outline.tree, path)), column).data()


def test_without_a_model_the_view_says_what_it_is_for(view: TreeView):
    assert view.stack.state == "empty"


def test_the_model_behaves_as_qt_expects_of_a_table(view: TreeView, session: Session):
    model: QAbstractItemModel = view.model
    tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal, view
    )
    show_model(session, make_tree())
    view.search("weight")
    view.table.toggle(0)
    assert tester.model() is model


def test_the_first_levels_are_shown_in_reading_order(view: TreeView, session: Session):
    show_model(session, make_tree())
    assert rows(view)[:3] == ["model", "body", "layers"]
    assert [r for r in rows(view) if r in ("head", "tied", "settings", "counts")] == [
        "head",
        "tied",
        "settings",
        "counts",
    ]


def test_every_kind_of_leaf_says_how_filtering_sees_it(view: TreeView, session: Session):
    show_model(session, make_tree())
    view.nodes.unfold_to_depth(-1)
    words = {
        "model.head.weight": "differentiated",
        "model.counts": "traced",
        "model.settings['rate']": "static leaf",
        "model.settings['nothing']": "None",
        "model.body.activation": "static leaf",
        "model.head.use_bias": "static field",
        "model.name": "static field",
        "model.head": "",
    }
    assert {path: cell(view, path, FILTER) for path in words} == words


def test_values_parameters_and_bytes_are_shown(view: TreeView, session: Session):
    show_model(session, make_tree())
    assert cell(view, "model.head", PARAMETERS) == "12"
    assert cell(view, "model.head", BYTES) == "48 B"
    assert cell(view, "model.head.weight", VALUE) == "f32[3,3]"


def test_a_shared_module_names_its_other_place(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    row = view.model.outline.row_of(node_at(tree, "model.head"))
    index = view.model.index(row, NAME)
    assert "shared with 1 more" in index.data(Qt.ItemDataRole.AccessibleTextRole)


def test_keys_unfold_fold_and_walk(qtbot, view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    head = node_at(tree, "model.head")
    view.table.show_node(head)
    view.table.toggle(head)
    n_before = view.model.rowCount()
    qtbot.keyClick(view.table, Qt.Key.Key_Right)
    assert view.model.rowCount() > n_before
    assert view.table.current_node() == head
    qtbot.keyClick(view.table, Qt.Key.Key_Right)
    assert tree.path(view.table.current_node()) == "model.head.weight"
    qtbot.keyClick(view.table, Qt.Key.Key_Left)
    assert view.table.current_node() == head
    qtbot.keyClick(view.table, Qt.Key.Key_Left)
    assert view.model.rowCount() == n_before


def test_folding_an_ancestor_leaves_the_selection_on_it(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    view.table.show_node(node_at(tree, "model.body.layers[0].weight"))
    view.table.toggle(node_at(tree, "model.body"))
    assert tree.path(view.table.current_node()) == "model.body"


def test_a_click_on_the_chevron_folds_without_selecting(qtbot, view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    outline = view.model.outline
    head = node_at(tree, "model.head")
    cell_rect = view.table.visualRect(view.model.index(outline.row_of(head), NAME))
    at = chevron_rect(cell_rect, outline.depth_of(head)).center()
    qtbot.mouseClick(view.table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert not outline.is_expanded(head)
    assert session.selection.kind == "none"


def test_selecting_a_row_selects_in_the_whole_window(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    view.table.show_node(node_at(tree, "model.counts"))
    assert session.selection == Selection(kind="node", node=node_at(tree, "model.counts"))


def test_a_selection_made_elsewhere_is_unfolded_and_shown(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    deep = node_at(tree, "model.body.layers[2].bias")
    session.select(Selection(kind="node", node=deep))
    assert view.table.current_node() == deep


def test_search_highlights_counts_and_walks(view: TreeView, session: Session):
    tree = make_tree()
    show_model(session, tree)
    view.search("weight")
    assert tree.path(view.table.current_node()) == "model.body.layers[0].weight"
    view.search_next(1)
    assert tree.path(view.table.current_node()) == "model.body.layers[1].weight"
    view.search_next(-1)
    view.search_next(-1)
    assert tree.path(view.table.current_node()) == "model.tied.weight"


def test_only_what_is_found_is_shown_on_request(view: TreeView, session: Session):
    show_model(session, make_tree())
    before = rows(view)
    view.finding.switch_only()
    assert rows(view) == before  # nothing is searched for
    view.search("head")
    outline = view.model.outline
    assert outline is not None
    tree, head = outline.tree, node_at(outline.tree, "model.head")
    paths = [tree.path(int(node)) for node in outline.rows]
    assert paths[:2] == ["model", "model.head"]
    assert all(path.startswith("model.head") for path in paths[1:])
    view.table.unfold(head, True)
    assert "model.head.weight" in [tree.path(int(node)) for node in outline.rows]
    view.search("nothing is called so")
    assert rows(view) == ["model"]
    view.search("head")
    view.finding.switch_only()
    assert rows(view) == before
    assert view.table.current_node() == head


def test_a_search_shows_only_what_it_finds_after_a_restart_and_a_reload_too(
    view: TreeView, session: Session
):
    settings = Settings(on_disk=False)
    settings[TREE_ONLY_FOUND] = True
    view.use_settings(settings)
    show_model(session, make_tree())
    view.search("tied")
    found = rows(view)
    assert found[:2] == ["model", "tied"]
    show_model(session, make_tree(width=16, revision=2))
    assert rows(view) == found
    view.search("")
    assert "body" in rows(view)
    view.finding.switch_only()
    assert settings[TREE_ONLY_FOUND] is False


def test_a_reload_keeps_what_was_unfolded(view: TreeView, session: Session):
    show_model(session, make_tree())
    view.table.toggle(node_at(view.model.outline.tree, "model.head"))
    before = rows(view)
    show_model(session, make_tree(width=16, revision=2))
    assert rows(view) == before


def test_a_failure_is_a_problem_card_in_place(view: TreeView, session: Session):
    session.model_problem = Problem(
        "syntax-error", Severity.ERROR, "model.py does not parse", "line 3", "Mend line 3."
    )
    session.model_state = "failed"
    session.model_changed.emit()
    assert view.stack.state == "failed"
    assert view.stack.problem_card is not None


def test_what_lies_very_deep_keeps_its_name_in_its_column(view: TreeView, session: Session):
    value: object = jnp.zeros(3)
    for _ in range(400):
        value = [value]
    show_model(session, model_tree(value, "model", 1))
    view.nodes.unfold_to_depth(-1)
    outline, table = view.model.outline, view.table
    assert outline is not None
    deepest = len(outline.tree) - 1
    table.show_node(deepest)
    cell_rect = table.visualRect(view.model.index(outline.row_of(deepest), NAME))
    depth = outline.depth_of(deepest)
    assert depth == 400
    assert chevron_rect(cell_rect, depth).left() < cell_rect.center().x()
    guides = table._painter.guides(cell_rect, depth)
    assert 0 < len(guides) < 40
    assert all(line.x1() < cell_rect.center().x() for line in guides)
    # One level is told from the next where there is room for it.
    assert chevron_rect(cell_rect, 2).left() > chevron_rect(cell_rect, 1).left()


def test_the_leaves_that_a_line_reads_stand_out_while_its_graph_is_there(
    view: TreeView, session: Session
):
    show_model(session, make_tree())
    view.nodes.unfold_to_depth(-1)
    graph = draw_tree_model()
    tab = GraphTab("model", "model", node=0)
    tab.fill(graph)
    session.graphs, session.current_graph = [tab], 0
    session.graphs_changed.emit()
    plain = view.table.grab().toImage()
    file, line = tab.links.source_of(len(graph) - 2)
    session.select(Selection(kind="source", file=file, line=line))
    lit = view.table.grab().toImage()
    assert lit != plain
    tab.fail(Problem("draw-failed", Severity.ERROR, "", "", ""))
    session.graphs_changed.emit()
    assert view.table.grab().toImage() == plain
    tab.fill(graph)
    session.graphs_changed.emit()
    assert view.table.grab().toImage() == lit
