"""What is typed into the search of a tree, understood."""

from eqxviz.session.search.conditions import Test
from eqxviz.session.search.haystack import Haystack
from eqxviz.session.search.language import Language, Mask, Query, understood
from eqxviz.session.search.pattern import compiled
from eqxviz.session.search.predicates import PREDICATES


def parse(text: str) -> Query[Haystack]:
    """Return what `text` asks for.

    Words are looked for in names, types, dtypes, shapes and values, with a dot or a bracket in
    paths, too. With `COMPLETIONS` come predicates.
    """
    return understood(text, _TREE)


def _anywhere(pattern: str, in_paths: bool) -> Test:
    def test(hay: Haystack) -> Mask:
        tree, texts = hay.tree, hay.of_texts(pattern)
        found = texts[tree.key]
        types = texts[tree.type_name]
        leaves = texts[tree.leaf_dtype] | texts[tree.leaf_summary]
        for rows, of_nodes in ((types, hay.of_types), (leaves, hay.of_leaves)):
            if rows.any():  # seldom: most words stand in names alone
                found |= of_nodes(rows)
        if in_paths:
            found |= hay.of_paths(pattern, anywhere=False)
        found[0] |= compiled(pattern).search(tree.name) is not None
        return found

    return test


_TREE = Language(PREDICATES, _anywhere)
