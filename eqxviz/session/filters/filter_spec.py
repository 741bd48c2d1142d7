"""A filter spec as the user builds it: a rule for all leaves, then rules for parts of the tree."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from eqxviz.session.filters.predicates import Predicate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from eqxviz.records import ModelTree
    from eqxviz.session.outline.tree_order import TreeOrder

    Masks = Mapping[str, NDArray[np.bool_]]

USUAL = Predicate("is_inexact_array")
INCLUDE, EXCLUDE = Predicate("everything"), Predicate("nothing")


def can_be_trained(tree: "ModelTree", node: int) -> bool:
    """Whether there is a floating-point array at or below `node`, of what has come of the tree."""
    from eqxviz.records import NodeFlag, NodeKind
    from eqxviz.session.outline.unfolding import ranges_below

    if not 0 <= node < len(tree):
        return False
    return any(
        bool(((tree.flags[part] & NodeFlag.INEXACT) != 0)[tree.kind[part] == NodeKind.ARRAY].any())
        for part in (slice(node, node + 1), *ranges_below(tree, node))
    )


@dataclass(frozen=True)
class Edit:
    """At `node` and below it, `predicate` decides."""

    node: int
    predicate: Predicate


@dataclass(frozen=True)
class FilterSpec:
    """`base` decides, but where an edit does; of two edits the later one."""

    base: Predicate = USUAL
    edits: tuple[Edit, ...] = ()

    def with_base(self, base: Predicate) -> "FilterSpec":
        """Return the same edits over another rule."""
        return replace(self, base=base)

    def edited(self, order: "TreeOrder", node: int, predicate: Predicate) -> "FilterSpec":
        """Return it with one more edit, and without those that the new one hides."""
        if node == 0:
            return FilterSpec(predicate)
        kept = (e for e in self.edits if not order.is_below(e.node, node))
        return replace(self, edits=(*kept, Edit(node, predicate)))

    def without(self, index: int) -> "FilterSpec":
        """Return it without edit `index`."""
        return replace(self, edits=self.edits[:index] + self.edits[index + 1 :])

    def moved(self, at: Callable[[int], int]) -> "FilterSpec":
        """Return it for a tree in which node `n` is node `at(n)`; edits of lost nodes (-1) go."""
        found = (Edit(at(e.node), e.predicate) for e in self.edits)
        return replace(self, edits=tuple(e for e in found if e.node >= 0))

    def predicates(self) -> Iterable[Predicate]:
        """Return the base, and the rules of the edits."""
        return (self.base, *(e.predicate for e in self.edits))

    def codes(self, model: str) -> list[str]:
        """Return the code that must have been run for `mask`."""
        return [p.python(model) for p in self.predicates() if not p.is_local]

    def mask(self, order: "TreeOrder", model: str, masks: "Masks") -> "NDArray[np.bool_]":
        """Return which nodes are selected; only leaves are. `masks` are those of `codes`."""

        def of(predicate: Predicate) -> "NDArray[np.bool_]":
            if predicate.is_local:
                return predicate.mask(order)
            return masks[predicate.python(model)]

        mask = of(self.base).copy()
        for edit in self.edits:
            below = order.below(edit.node)
            if edit.predicate == EXCLUDE:
                mask[below] = False
            elif edit.predicate == INCLUDE:
                mask[below] = order.is_leaf[below]
            else:
                mask[below] = of(edit.predicate)[below]
        return mask
