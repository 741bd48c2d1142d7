"""What is found in a tree, against a plain search of node after node."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eqxviz.records import ModelTree, NodeFlag, NodeKind
from eqxviz.session.outline.sorting import Sorting, order_of
from eqxviz.session.search import COMPLETIONS, Known, find, haystack, parse
from tests.session.trees import TREES, Leaf, Nested, begun, large_tree, tree_of

STATIC, FIELD = NodeKind.STATIC_LEAF, NodeKind.STATIC_FIELD
MODEL: Nested = {
    ".layers": {
        "[0]": {
            ".weight": Leaf("float32", (8, 3)),
            ".bias": Leaf("bfloat16", (8,)),
            ".activation": Leaf("", (), "<function gelu>", STATIC, int(NodeFlag.CALLABLE)),
        },
        "[1]": {".weight": Leaf("float32", (3, 8), flags=int(NodeFlag.NUMPY))},
    },
    ".settings": {"['learning rate']": Leaf("", (), "0.5", STATIC), "['steps']": {}},
    ".size": Leaf("", (), "64", FIELD),
    ".count": Leaf("int32", (), flags=int(NodeFlag.WEAK_TYPE)),
}
TREE = tree_of(MODEL)


def texts(tree: ModelTree, node: int) -> list[str]:
    """Return the texts of a node, other than its path."""
    key = tree.strings[int(tree.key[node])].removeprefix(".") if node else tree.name
    found = [key, tree.strings[int(tree.type_name[tree.type[node]])]]
    leaf = int(tree.leaf[node])
    if leaf >= 0:
        found += [tree.strings[int(tree.leaf_dtype[leaf])]]
        found += [tree.strings[int(tree.leaf_summary[leaf])]]
    return found


def ends_in_key(tree: ModelTree, node: int, wanted: str) -> bool:
    """Whether `wanted` is in a node's path, and ends past that of its parent."""
    path = tree.path(node).casefold()
    n_above = len(tree.path(int(tree.parent[node]))) if node else 0
    starts = [at for at in range(len(path)) if path.startswith(wanted.casefold(), at)]
    return any(at + len(wanted) > n_above for at in starts)


def paths(text: str, tree: ModelTree = TREE, **options) -> list[str]:
    """Return the paths of what is found, past the root's name."""
    found = find(tree, parse(text), **options)
    assert not found.problem
    return [tree.path(int(node)).removeprefix("model").removeprefix(".") for node in found.nodes]


WORDS = ["a", "A", "b", "ab", "f32", "[3]", "f32[3", "dict", "ä", "gelu", "1"]
PIECES_OF_PATHS = [".a", "[0]", "a[", "[1].a", ".a.b", "'a.b", "l.a", "[0][1]", "b['ä"]
PATTERNS = [r"a$", r"\[\d+\]", r"ab|f32", r"^a", r"\bab\b", "(?=ge)gelu|(?<=a).b"]
PATTERNS_OF_PATHS = [
    *(r"a.*b", r"\[\d+\]$", r"^model\.a", r"(a|b)\.(a|b)$", r"\bab\b", r"a\]?.*$"),
    *("ä", r"[^a]b", "a(?=b)"),
]


@settings(deadline=None)
@given(TREES, st.sampled_from(WORDS))
def test_a_word_is_found_in_names_types_dtypes_and_values(nested, word):
    tree = tree_of(nested)
    in_paths = "[" in word or "." in word
    expected = {
        node
        for node in range(len(tree))
        if any(word.casefold() in text.casefold() for text in texts(tree, node))
        or (in_paths and ends_in_key(tree, node, word))
    }
    assert set(find(tree, parse(word)).nodes.tolist()) == expected


@settings(deadline=None)
@given(TREES, st.sampled_from(PIECES_OF_PATHS))
def test_a_text_with_a_dot_or_a_bracket_is_found_in_paths(nested, text):
    tree = tree_of(nested)
    expected = {
        node
        for node in range(len(tree))
        if ends_in_key(tree, node, text)
        or any(text.casefold() in other.casefold() for other in texts(tree, node))
    }
    assert set(find(tree, parse(text)).nodes.tolist()) == expected


@settings(deadline=None)
@given(TREES, st.sampled_from(PATTERNS_OF_PATHS))
def test_paths_that_hold_a_pattern_are_those_that_python_finds(nested, pattern):
    tree = tree_of(nested)
    search = re.compile(pattern, re.IGNORECASE).search
    expected = {node for node in range(len(tree)) if search(tree.path(node))}
    assert set(find(tree, parse(f"path:/{pattern}/")).nodes.tolist()) == expected


@settings(deadline=None)
@given(TREES, st.sampled_from(PATTERNS))
def test_a_pattern_alone_is_found_in_texts_or_ends_in_the_nodes_own_key(nested, pattern):
    tree = tree_of(nested)
    compiled = re.compile(pattern, re.IGNORECASE)
    expected = set()
    for node in range(len(tree)):
        path, n_above = tree.path(node), len(tree.path(int(tree.parent[node]))) if node else 0
        in_key = any(match.end() > n_above for match in compiled.finditer(path))
        if in_key or any(compiled.search(text) for text in texts(tree, node)):
            expected.add(node)
    assert set(find(tree, parse(f"/{pattern}/")).nodes.tolist()) == expected


@settings(deadline=None)
@given(TREES, st.sampled_from([None, "name"]), st.booleans())
def test_what_is_found_comes_in_the_order_of_the_rows(nested, column, descending):
    tree = tree_of(nested)
    order = order_of(tree, Sorting(column, descending)).nodes
    found = find(tree, parse("a"), order=order).nodes.tolist()
    assert found == [node for node in order.tolist() if node in set(found)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WEIGHT", ["layers[0].weight", "layers[1].weight"]),
        ("weight f32[8", ["layers[0].weight"]),
        ("layers[1]", ["layers[1]"]),
        ("model.layers[1].w", ["layers[1].weight"]),
        ("path:layers[1]", ["layers[1]", "layers[1].weight"]),
        ('"learning rate"', ["settings['learning rate']"]),
        ("[8, 3]", ["layers[0].weight"]),
        ("(8, 3)", ["layers[0].weight"]),
        ("f32[3, 8]", ["layers[1].weight"]),
        ("(8,)", ["layers[0].bias"]),
        ("shape:[8,*]", ["layers[0].weight"]),
        ("shape:8x3", ["layers[0].weight"]),
        ("shape:(3, 8)", ["layers[1].weight"]),
        ("shape:[...,8]", ["layers[0].bias", "layers[1].weight"]),
        ("shape:[]", ["count"]),
        ("shape:[8", ["layers[0].weight", "layers[0].bias"]),
        ("shape:[8,", ["layers[0].weight", "layers[0].bias"]),
        ("dtype:bf16", ["layers[0].bias"]),
        ("dtype:bfloat16", ["layers[0].bias"]),
        ("dtype:f", ["layers[0].weight", "layers[1].weight"]),
        ("dtype=f", []),
        ("dtype=f32", ["layers[0].weight", "layers[1].weight"]),
        ("dtype:/16$/", ["layers[0].bias"]),
        ("float", ["layers[0].weight", "layers[0].bias", "layers[1].weight"]),
        ("int", ["count"]),
        ("rank:2", ["layers[0].weight", "layers[1].weight"]),
        ("rank<2", ["layers[0].bias", "count"]),
        ("size>=24", ["layers[0].weight", "layers[1].weight"]),
        ("params>0.04k", ["", "layers"]),
        ("bytes:96B", ["layers[1]", "layers[0].weight", "layers[1].weight"]),
        ("children=3", ["layers[0]"]),
        ("depth<2 children>0", ["", "layers", "settings"]),
        ("leaves>4", [""]),
        ("static", ["layers[0].activation", "settings['learning rate']", "size"]),
        ("static -field", ["layers[0].activation", "settings['learning rate']"]),
        ("static not field", ["layers[0].activation", "settings['learning rate']"]),
        ("is:field", ["size"]),
        ("array -differentiated", ["count"]),
        ("leaf -array", ["layers[0].activation", "settings['learning rate']"]),
        ("traced weak", ["count"]),
        ("numpy", ["layers[1].weight"]),
        ("callable", ["layers[0].activation"]),
        ("none", ["settings['steps']"]),
        ("none | numpy", ["layers[1].weight", "settings['steps']"]),
        ("none or numpy or weak", ["layers[1].weight", "settings['steps']", "count"]),
        ("value:gelu", ["layers[0].activation"]),
        ("key:.weight", ["layers[0].weight", "layers[1].weight"]),
        ("key=weigh", []),
        ("key:/^w.*t$/", ["layers[0].weight", "layers[1].weight"]),
        ("key!=weight rank:2", []),
        ("device:cpu rank:1", ["layers[0].bias"]),
        ("type:NoneType", ["settings['steps']"]),
        ('type="dict" key:settings', ["settings"]),
        (r"/layers\[\d\]\.w/", ["layers[0].weight", "layers[1].weight"]),
        ("/^weight$/ numpy", ["layers[1].weight"]),
        ("/learning rate/", ["settings['learning rate']"]),
        ("cpu:0", []),
        ("shared", []),
        ("deleted", []),
        ("module", []),
        ("problem", []),
        ("prng", []),
        ("abstract", []),
        ("optimiser", []),
    ],
)
def test_a_query_finds(text: str, expected: list[str]):
    assert sorted(paths(text)) == sorted(expected)


@pytest.mark.parametrize("text", ["", "  ", "|", "or", '"', '""', "/", "//", '-"'])
def test_what_says_nothing_yet_finds_nothing(text):
    found = find(TREE, parse(text))
    assert not found.problem
    assert not len(found.nodes)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("/[a/", r"The pattern /\[a/ is wrong at position 1: unterminated character set\."),
        ("path:/(a/", r"The pattern /\(a/ is wrong at position 1"),
        ("/" + "(" * 500 + "/", "is wrong|is too large"),
        ("dtpe:bf16", r"no predicate 'dtpe'. Did you mean dtype:bf16\? Put the text in quotes"),
        ("is:stat", r"Nothing is 'stat'. Did you mean is:static\?"),
        ("is:", r"Nothing is ''. There are array, traced"),
        ("static:yes", "static takes no value: write static, or -static"),
        ("size>", "'' is no number. Write one such as 1000, 1e6, 10k or 2.5MB"),
        ("size>1.2.3", "'1.2.3' is no number"),
        ("size>3 apples", None),
        ("size>3lb", "'3lb' is no number"),
        ("shape:[8,a]", r"'a' is no length of an axis. Write a shape such as \[8,\*\]"),
    ],
)
def test_what_cannot_be_understood_is_told(text: str, problem: str | None):
    query = parse(text)
    if problem is None:
        assert not query.problem
        return
    assert re.search(problem, query.problem)
    found = find(TREE, query)
    assert found.problem == query.problem
    assert not len(found.nodes)


def test_values_are_looked_up_where_they_are_known():
    found = find(TREE, parse("nan"))
    assert not len(found.nodes)
    assert "nan needs the values" in found.problem
    arrays = np.flatnonzero(TREE.kind == NodeKind.ARRAY).astype(np.int32)
    counts = np.arange(len(arrays))
    columns = {
        "nodes": arrays,
        "size": np.full(len(arrays), 2),
        "n_nan": counts == 0,
        "n_inf": counts == 1,
        "n_zero": counts,
    }
    known = Known(statistics=columns)
    assert [find(TREE, parse(w), known=known).nodes.tolist() for w in ("nan", "inf", "zero")] == [
        [arrays[0]],
        [arrays[1]],
        [arrays[2]],
    ]


def test_gradients_are_looked_up_where_they_are_known():
    assert "gradient is not known yet" in find(TREE, parse("gradient")).problem
    nodes = np.array([5, 3], np.int32)
    known = Known(gradient=nodes, optimiser=nodes)
    assert set(find(TREE, parse("gradient"), known=known).nodes.tolist()) == {3, 5}
    assert set(find(TREE, parse("optimiser"), known=known).nodes.tolist()) == {3, 5}


def test_totals_of_what_is_still_to_come_are_not_known():
    found = find(begun(TREE, 9), parse("params>0"))
    assert "Totals are not known yet" in found.problem


def test_a_search_of_a_tree_that_is_still_arriving_finds_what_has_come():
    assert paths("weight", begun(TREE, 8)) == []
    assert paths("path:/[01]/", begun(TREE, 8)) == ["layers[0]", "layers[1]"]


@pytest.mark.parametrize("text", ["weight", "/(?=w)weight/", "layers[0].w", "dtype:f32"])
def test_a_search_that_is_no_longer_wanted_gives_up(text: str):
    assert not len(find(TREE, parse(text), lambda: True).nodes)
    n_calls = 0

    def soon() -> bool:
        nonlocal n_calls
        n_calls += 1
        return n_calls > 1

    tree = large_tree(3, 10)
    find(tree, parse(f"{text} {text}"), soon)
    assert n_calls == 2


def test_each_example_of_a_predicate_is_understood():
    for example, says in COMPLETIONS:
        assert not parse(example).problem
        assert says
    assert len({example for example, _ in COMPLETIONS}) == len(COMPLETIONS)


@pytest.mark.parametrize("max_pairs", [8_000_000, 0])
def test_many_different_keys_are_found_like_few(max_pairs: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(haystack, "MAX_PAIRS", max_pairs)
    children: Nested = {f"[{i}]": {".w": Leaf()} for i in range(300)}
    tree = tree_of({".items": children})
    assert paths("items[29", tree) == ["items[29]", *(f"items[29{i}]" for i in range(10))]
    assert paths("items[7].w", tree) == ["items[7].w"]
