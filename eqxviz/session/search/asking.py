"""The search of the tree view: what was typed, what was found, and where one is in it."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from psygnal import Signal

from eqxviz.records import ModelTree
from eqxviz.session.outline.outline import Outline
from eqxviz.session.outline.sorting import Order, order_of
from eqxviz.session.outline.unfolding import Mask, Nodes, parents_of, with_all_below
from eqxviz.session.problems import ProblemPart
from eqxviz.session.search.finding import Found, find
from eqxviz.session.search.haystack import Known
from eqxviz.session.search.query import parse


class Search:
    """A search of the outline that `outline` gives, done in the background.

    Masks hold for the nodes of the outline as it was, `n_searched` of them: it may have grown.
    With `is_only`, `kept` are the matches with all that is above and below them, and the root.

    Signals:
        found: What was found is another: `matches` and all that follows from them.
    """

    found = Signal()

    def __init__(
        self,
        session: ProblemPart,
        outline: Callable[[], Outline | None],
        known: Callable[[], Known] = Known,
    ) -> None:
        self.text = ""
        self.problem = ""
        self.matches: Nodes = np.zeros(0, np.int32)  # in the order of the rows
        self.is_match: Mask = np.zeros(0, np.bool_)
        self.ancestors: Mask = np.zeros(0, np.bool_)  # what lies above a match
        self.current = -1  # of `matches`
        self.n_searched = 0
        self.is_searching = False
        self.is_only = False
        self.kept: Mask | None = None
        self._uses_known = False
        self._session = session
        self._outline = outline
        self._known = known
        self._n_asked = 0
        self._revision: int = -1

    def __len__(self) -> int:
        return len(self.matches)

    @property
    def current_node(self) -> int:
        """The match that one is at, or -1."""
        return int(self.matches[self.current]) if self.current >= 0 else -1

    def ask(self, text: str) -> None:
        """Search for `text`; `found` tells when that is done. An earlier search is given up."""
        self.text = text
        self.refresh()

    def set_only(self, is_only: bool) -> None:
        """Work out from now on what is `kept`, or no more."""
        self.is_only = is_only
        self.refresh()

    def refresh(self) -> None:
        """Search again: the outline is another one, has grown or is sorted in another way."""
        self._n_asked += 1
        asked, outline, query = self._n_asked, self._outline(), parse(self.text)
        if outline is None or query.problem or not query.choices:
            tree = None if outline is None else outline.tree
            self._take(tree, _Result(Found(np.zeros(0, np.int32), query.problem)))
            return
        self.is_searching = True
        tree, sorting, order, known = outline.tree, outline.sorting, outline.order, self._known()
        is_only = self.is_only

        def stop() -> bool:
            return asked != self._n_asked

        def work() -> _Result | None:
            if stop():
                return None
            known_order = order or order_of(tree, sorting)
            found = find(tree, query, stop, order=known_order.nodes, known=known)
            is_match = np.zeros(len(tree), np.bool_)
            is_match[found.nodes] = True
            above = parents_of(tree, found.nodes)
            kept = _kept(tree, is_match, above) if is_only else None
            return _Result(found, is_match, above, known_order, kept)

        def done(result: _Result | None) -> None:
            if result is None or stop():
                return
            if result.order is not None and outline.sorting == sorting:
                outline.use(result.order)
            self._take(tree, result)

        self._session.in_background(work, done)

    def learn(self) -> None:
        """Search again if more being known beside the tree can change what was found."""
        if self._uses_known or self.is_searching:
            self.refresh()

    def step(self, by: int) -> int:
        """Go to the next match (`by` 1) or the one before (-1), round the ends; return it or -1."""
        if len(self.matches):
            start = self.current if self.current >= 0 else min(-by, 0)
            self.current = (start + by) % len(self.matches)
        return self.current_node

    def _take(self, tree: ModelTree | None, result: "_Result") -> None:
        """Show a result; one stays at the match where one was, if it is still one."""
        found, revision = result.found, -1 if tree is None else tree.revision
        is_here = found.nodes == np.int32(self.current_node)
        stays = revision == self._revision and self.current >= 0 and bool(is_here.any())
        self.current = int(is_here.argmax()) if stays else -1
        self.matches, self.problem = found.nodes, found.problem
        self.is_match, self.ancestors = result.is_match, result.ancestors
        self.kept = result.kept
        self.n_searched = 0 if tree is None else len(tree)
        self.is_searching, self._revision = False, revision
        self._uses_known = found.uses_known
        self.found.emit()


@dataclass(frozen=True)
class _Result:
    found: Found
    is_match: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))
    ancestors: Mask = field(default_factory=lambda: np.zeros(0, np.bool_))
    order: Order | None = None
    kept: Mask | None = None


def _kept(tree: ModelTree, is_match: Mask, above: Mask) -> Mask:
    """Return the matches with all that is above and below them, and the root."""
    tops = is_match.copy()
    tops[0] = False  # what is below the root is everything
    kept = with_all_below(tree, tops) | above
    kept[0] = True
    return kept
