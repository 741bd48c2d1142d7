"""Which rows the tree shows, in which order: sorted, while it grows, and over a reload."""

from collections.abc import Callable

from eqxviz.gui.tree.table import TreeTable
from eqxviz.records import ModelTree
from eqxviz.session.outline.outline import Outline
from eqxviz.session.outline.sorting import Order, Sorting, order_of
from eqxviz.session.problems import ProblemPart

LARGE = 50_000  # nodes: what takes longer than a frame for more of them is done in a thread


class Ordering:
    """The outline of `table`: of one tree after the other, each as it was left before.

    `changed` is called when the outline is another one, or has grown.
    """

    def __init__(self, session: ProblemPart, table: TreeTable, changed: Callable[[], None]) -> None:
        self._session = session
        self._table = table
        self._changed = changed
        self._sorting = Sorting()
        self._latest: ModelTree | None = None  # the outline may still show less of it
        self._is_working = False

    def show(self, tree: ModelTree, before: Outline | None) -> None:
        """Show `tree`; what was unfolded in `before`, an earlier version of it, is so again."""
        outline, bar = Outline(tree), self._table.verticalScrollBar()
        top, self._latest = bar.value(), tree
        if before is not None:
            outline.keep_expansion_of(before)
        elif self._sorting.column is not None and len(tree) < LARGE:
            outline.sort(self._sorting)
        self._table.tree_model.set_outline(outline)
        self._changed()
        if before is not None:
            bar.setValue(top)
        self._catch_up()

    def grow(self, tree: ModelTree) -> None:
        """Show `tree`, which is the one that is shown with more rows, or complete."""
        self._latest = tree
        self._catch_up()

    def sort(self, sorting: Sorting) -> None:
        """Sort siblings by `sorting`."""
        self._sorting = sorting
        outline = self._table.tree_model.outline
        if outline is not None and len(outline.tree) < LARGE and outline.sorting != sorting:
            self._table.change(outline.sort, sorting)
        self._catch_up()

    def _catch_up(self) -> None:
        """Bring the outline to the latest tree and sorting, in a thread where that takes long."""
        outline, tree = self._table.tree_model.outline, self._latest
        if outline is None or tree is None or self._is_working:
            return
        has_grown = tree is not outline.tree
        if has_grown and len(outline) < LARGE:
            self._table.change(outline.grow, tree)
            self._changed()
            has_grown = False
        is_wanting = outline.order is None or outline.sorting != self._sorting
        if has_grown or (is_wanting and tree.is_complete and len(tree) >= LARGE):
            self._work_out(outline, tree, self._sorting)

    def _work_out(self, outline: Outline, tree: ModelTree, sorting: Sorting) -> None:
        """Work out the order of all nodes in a thread: with it everything unfolds quickly."""
        self._is_working = True

        def done(order: Order) -> None:
            self._is_working = False
            if outline is self._table.tree_model.outline and sorting == self._sorting:
                has_grown = tree is not outline.tree
                self._table.change(outline.use, order)
                if has_grown:
                    self._changed()
            self._catch_up()

        self._session.in_background(lambda: order_of(tree, sorting), done)
