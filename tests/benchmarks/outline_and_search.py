"""What unfolding, sorting and searching a large tree costs, without a window.

    python -m tests.benchmarks.outline_and_search [LEAVES]

Prints milliseconds, the best of some runs; nothing is asserted. "Held up" is how long a thread that
wants to run every millisecond, as a window does, waits at most while another searches.
"""

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from eqxviz.records import ModelTree
from eqxviz.session.outline.outline import ALL_LEVELS, Outline
from eqxviz.session.outline.sorting import Sorting, order_of
from eqxviz.session.outline.unfolding import parents_of
from eqxviz.session.search import find, parse
from tests.session.trees import Leaf, large_tree, tree_of

SEARCHES = (
    "w",
    "we",
    "wei",
    "weight",
    "layers[3].weight",
    "/layers\\[\\d\\]\\.w.*t$/",
    "/\\bweight\\b/",
    "/(?<=\\.)weight/",
    "path:blocks[7]",
    "dtype:bf16 rank:0",
    "shape:[64,*] size>1e3 -static",
)


def best(work: Callable[[], Any], times: int = 5) -> tuple[float, Any]:
    """Return the shortest time of some runs in milliseconds, and the last result."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        result = work()
        seconds.append(time.perf_counter() - start)
    return min(seconds) * 1e3, result


def held_up(work: Callable[[], Any]) -> float:
    """Return for how many milliseconds, at most, `work` in a thread keeps this one from running."""
    thread = threading.Thread(target=work)
    longest, last = 0.0, time.perf_counter()
    thread.start()
    while thread.is_alive():
        time.sleep(0.001)
        now = time.perf_counter()
        longest, last = max(longest, now - last - 0.001), now
    return longest * 1e3


def unfolding(tree: ModelTree) -> None:
    """Print what an outline of `tree` costs."""
    ms, outline = best(lambda: Outline(tree))
    print(f"outline, first rows         {ms:8.2f}")
    ms, order = best(lambda: order_of(tree))
    print(f"reading order, in a thread  {ms:8.2f}")

    def everything() -> None:
        outline.expand_to_depth(2)
        outline.expand_to_depth(ALL_LEVELS)

    outline = Outline(tree)
    ms, _ = best(lambda: outline.expand_to_depth(ALL_LEVELS), 1)
    print(f"expand everything           {ms:8.2f}")
    outline.use(order)
    ms, _ = best(everything)
    print(f"  with the order known      {ms:8.2f}")
    arrays = {id(a): a for a in (outline.rows, outline.expanded, order.nodes)}
    n_bytes = sum(array.nbytes for array in arrays.values())
    print(f"  bytes a node              {n_bytes / len(tree):8.2f}")
    row = len(outline) // 2
    layer = int(tree.parent[outline.rows[row]])
    for node, name in ((layer, "one layer"), (int(tree.parent[tree.parent[layer]]), "one block")):
        fold, _ = best(lambda node=node: outline.set_expanded(node, False), 1)
        unfold, _ = best(lambda node=node: outline.set_expanded(node, True), 1)
        print(f"fold, unfold {name}      {fold:8.2f} {unfold:8.2f}")
    outline.expand_to_depth(2)
    hits = np.random.default_rng(0).choice(len(tree), 10_000, replace=False).astype(np.int32)
    ms, _ = best(lambda: outline.reveal(hits), 1)
    print(f"reveal 10,000 nodes         {ms:8.2f}  ({len(outline):,} rows)")
    ms, _ = best(lambda: outline.sort_by("name", True), 1)
    print(f"sort these rows by name     {ms:8.2f}")
    ms, _ = best(lambda: order_of(tree, Sorting("bytes", True)))
    print(f"sort all nodes, in a thread {ms:8.2f}")
    other = Outline(tree)
    ms, _ = best(lambda: other.keep_expansion_of(outline))
    print(f"keep this of a reload       {ms:8.2f}")
    ms, _ = best(lambda: Outline(tree).grow(tree))
    print(f"grow by one part            {ms:8.2f}")


def searching(tree: ModelTree, texts: tuple[str, ...] = SEARCHES) -> None:
    """Print what searches of `tree` cost."""
    order = order_of(tree).nodes
    print("search, in a thread                 ms  held up    matches")
    for text in texts:

        def search(text: str = text) -> int:
            found = find(tree, parse(text), order=order)
            parents_of(tree, found.nodes)
            return len(found.nodes)

        ms, n_found = best(search)
        print(f"  {text:30s} {ms:7.1f}  {held_up(search):7.1f} {n_found:10,}")


def main() -> None:
    """Print all of it."""
    n_leaves = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    tree = large_tree(n_leaves // 800, 200)
    print(f"{int(tree.n_leaves[0]):,} leaves, {len(tree):,} nodes; ms")
    unfolding(tree)
    searching(tree)
    flat = tree_of({f"['key {i}']": Leaf() for i in range(n_leaves)})
    print(f"one dict of {len(flat) - 1:,} keys")
    searching(flat, ("key 77", "['key 77", "/y \\d+77'/"))


if __name__ == "__main__":
    main()
