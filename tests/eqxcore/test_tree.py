"""Tree surgery: laws, and messages that name the place and the fix."""

import re
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import eqxcore as eqx
from tests.eqxcore.pytrees import Node, law, pytrees, same


def _nodes(tree: Any) -> list[tuple[Any, ...]]:
    """Return the key path of every node of `tree` that holds a leaf, leaves included."""
    paths = [path for path, _ in jtu.tree_leaves_with_path(tree)]
    return sorted({path[:n] for path in paths for n in range(len(path) + 1)}, key=str)


def _get(tree: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        if isinstance(key, jtu.GetAttrKey):
            tree = getattr(tree, key.name)
        else:
            tree = tree[key.idx if isinstance(key, jtu.SequenceKey) else key.key]
    return tree


@law
@given(pytrees(), st.data())
def test_tree_at_sets_what_is_got(tree: Any, data: st.DataObject) -> None:
    paths = _nodes(tree)
    assume(paths)
    path = data.draw(st.sampled_from(paths))
    changed = eqx.tree_at(lambda t: _get(t, path), tree, "new")
    assert _get(changed, path) == "new"
    back = eqx.tree_at(lambda t: _get(t, path), changed, _get(tree, path))
    assert same(back, tree)


@law
@given(pytrees(), st.data())
def test_tree_at_leaves_all_else_as_it_is(tree: Any, data: st.DataObject) -> None:
    leaves, structure = jtu.tree_flatten(tree)
    paths = [path for path, _ in jtu.tree_leaves_with_path(tree)]
    assume(paths)
    chosen = data.draw(st.sets(st.integers(0, len(paths) - 1)))
    changed = eqx.tree_at(
        lambda t: [_get(t, paths[i]) for i in chosen], tree, [f"new {i}" for i in chosen]
    )
    expected = [f"new {i}" if i in chosen else leaf for i, leaf in enumerate(leaves)]
    new_leaves, new_structure = jtu.tree_flatten(changed)
    assert new_structure == structure
    assert all(x is y or x == y for x, y in zip(new_leaves, expected, strict=True))


@law
@given(pytrees())
def test_a_tree_equals_its_own_copy(tree: Any) -> None:
    copy = jtu.tree_map(lambda x: x, tree)
    assert bool(eqx.tree_equal(tree, copy, tree, typematch=True))


@law
@given(pytrees())
def test_one_level_at_a_time_leads_to_all_leaves(tree: Any) -> None:
    def walk(node: Any) -> list[Any]:
        children, structure = eqx.tree_flatten_one_level(node)
        assert structure.num_leaves == len(children)
        if len(children) == 1 and children[0] is node:
            return [node]
        return [leaf for child in children for leaf in walk(child)]

    assert same(walk(tree), jtu.tree_leaves(tree))


@law
@given(pytrees())
def test_what_was_just_unflattened_is_a_tree(tree: Any) -> None:
    assert eqx.tree_check(jtu.tree_map(lambda x: x, tree)) is None


@pytest.mark.parametrize(
    ("where", "tree", "message"),
    [
        (lambda t: t.kind, Node(1), r"returned 'a'.*not a node.*no static field.*new Module"),
        (lambda t: t[0] + 1, [1, 2], r"unsupported operand"),
        (lambda t: (t[0], t[0][0]), [[1]], r"element 1.*lies inside another node"),
        (lambda t: {"a": t[0]}, [1], r"`dict` with the keys \['a'\].*not a node.*flat tuple"),
        (lambda t: t[0], [None, None], r"`None`, which stands in 2 places.*is_leaf=lambda x"),
        (
            lambda t: [x for x in t if type(x) is int],
            [1, 2],
            r"2 nodes for the PyTree and 0 nodes.*Decide by the structure",
        ),
        (
            lambda t: t["b"] if isinstance(t["a"], int) else t["a"],
            {"a": 1, "b": 2},
            r"type `int` for the PyTree, but the leaf at \['a'\].*Decide by the structure",
        ),
    ],
)
def test_tree_at_says_what_where_did_wrong(where: Any, tree: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        eqx.tree_at(where, tree, 5)


def test_tree_at_names_the_leaf_that_where_looked_into() -> None:
    tree = {"a": Node(jnp.ones(2))}
    with pytest.raises(AttributeError, match="no attribute 'T'") as caught:
        eqx.tree_at(lambda t: t["a"].leaf.T, tree, 5)
    assert "['a'].leaf" in caught.value.__notes__[0]
    assert "`replace_fn`" in caught.value.__notes__[0]


def test_tree_at_says_how_many_replacements_are_needed() -> None:
    with pytest.raises(ValueError, match=r"it returned 2 nodes, and `replace` holds 1"):
        eqx.tree_at(lambda t: (t[0], t[1]), [1, 2], [3])
    with pytest.raises(TypeError, match=r"a sequence of 2 replacements; it is 3, of type `int`"):
        eqx.tree_at(lambda t: (t[0], t[1]), [1, 2], 3)


def test_tree_at_under_jit_and_grad() -> None:
    def f(x: jax.Array) -> jax.Array:
        return eqx.tree_at(lambda t: t.leaf, Node(jnp.ones(2)), x).leaf @ jnp.ones(2)

    assert jax.jit(f)(jnp.ones(2)) == 2
    assert jnp.array_equal(jax.grad(f)(jnp.zeros(2)), jnp.ones(2))


def test_tree_at_does_not_call_init() -> None:
    class Refuses(eqx.Module):
        x: Any

        def __check_init__(self) -> None:
            if self.x != 1:
                raise ValueError("not 1")

    assert eqx.tree_at(lambda t: t.x, Refuses(1), 2).x == 2


def test_tree_check_names_both_places() -> None:
    shared = Node(1)
    tree = {"first": [shared], "second": Node(shared)}
    message = re.escape("`Node` appears in the PyTree multiple times: at ['first'][0] and at ")
    with pytest.raises(ValueError, match=message + re.escape("['second'].leaf")):
        eqx.tree_check(tree)


def test_tree_check_names_both_places_of_a_cycle() -> None:
    cycle: dict[str, Any] = {"a": [1]}
    cycle["a"].append(cycle)
    message = re.escape("the node at the root is met again inside itself, at ['a'][1]")
    with pytest.raises(ValueError, match=message):
        eqx.tree_check(cycle)


def test_tree_check_is_not_fooled_by_nodes_made_while_it_looks() -> None:
    class Fresh:
        """Hands out new lists whenever it is flattened, whose ids are soon used again."""

    jtu.register_pytree_with_keys(
        Fresh,
        lambda _: ([(jtu.SequenceKey(i), [object()]) for i in range(50)], None),
        lambda *_: Fresh(),
    )
    assert eqx.tree_check([Fresh(), Fresh()]) is None


def test_tree_equal_ends_at_the_first_known_difference() -> None:
    def f(x: jax.Array) -> jax.Array:
        assert eqx.tree_equal((x, 1), (x, 2)) is False
        assert eqx.tree_equal((x, 1), (x, 1)) is not True
        assert eqx.tree_equal(("s", 1), ("s", 1)) is True
        return x

    jax.jit(f)(jnp.ones(2))


def test_tree_equal_with_traced_tolerance() -> None:
    f = jax.jit(lambda atol: eqx.tree_equal(jnp.ones(2), jnp.ones(2) + 0.01, atol=atol))
    assert bool(f(0.1))
    assert not bool(f(0.001))


def test_apply_updates_locates_what_does_not_fit() -> None:
    with pytest.raises(
        ValueError, match=r"prefix.*updates\['a'\]` it has a list of 1 .* list of 2"
    ):
        eqx.apply_updates({"a": [1, 2]}, {"a": [1]})


@law
@given(pytrees())
def test_updates_of_none_change_nothing(tree: Any) -> None:
    nothing = jtu.tree_map(lambda _: None, tree)
    assert same(eqx.apply_updates(tree, nothing), tree)


@law
@given(pytrees())
def test_updates_are_added_to_the_inexact_leaves(tree: Any) -> None:
    model = eqx.filter(tree, eqx.is_inexact_array)
    twice = eqx.apply_updates(model, model)
    expected = jtu.tree_map(lambda x: x + x, model)
    assert bool(eqx.tree_equal(twice, expected, rtol=1e-2))


def test_inference_flags_within_flags_are_all_set() -> None:
    class Flagged(eqx.Module):
        inference: Any
        inner: Any

    tree = Flagged(None, [Flagged(False, np.ones(1)), eqx.nn.Dropout()])
    switched = eqx.tree_inference(tree)
    assert (switched.inference, switched.inner[0].inference, switched.inner[1].inference) == (
        True,
        True,
        True,
    )
    assert tree.inner[1].inference is False


def test_tree_at_takes_dictionaries_in_the_order_they_have():
    tree = {"b": 2, "a": {"d": 4, "c": [3]}}
    values = lambda t: [t["b"], *t["a"].values()]  # noqa: E731 (as users write it)
    assert eqx.tree_at(values, tree, [7, 8, 9]) == {"b": 7, "a": {"d": 8, "c": 9}}
    assert eqx.tree_at(values, tree, replace_fn=str) == {"b": "2", "a": {"d": "4", "c": "[3]"}}
    assert eqx.tree_at(lambda t: next(iter(t.values())), tree, 9)["b"] == 9
    nodes = {"z": [1], "y": [2]}
    assert eqx.tree_at(lambda t: list(t.values()), nodes, ["z", "y"]) == {"z": "z", "y": "y"}
