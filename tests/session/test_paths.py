"""Paths as code: what is copied leads to the very object when it is evaluated."""

import enum
from collections import OrderedDict, defaultdict, namedtuple
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore as eqx
from eqxviz.analysis import named_trees
from eqxviz.analysis.tree import model_tree
from eqxviz.records import NodeKind
from eqxviz.session import paths

Pair = namedtuple("Pair", "left right")


class Colour(enum.Enum):
    RED = 1

    def __lt__(self, other: "Colour") -> bool:
        return self.value < other.value


@jax.tree_util.register_pytree_node_class
class Nameless:
    """A node whose class says nothing of its children's names."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def tree_flatten(self) -> tuple[tuple[Any], None]:
        return (self.value,), None

    @classmethod
    def tree_unflatten(cls, aux: None, children: tuple[Any]) -> "Nameless":
        return cls(*children)


class Layer(eqx.Module):
    weight: jax.Array
    parts: list
    size: int = eqx.field(static=True)


def leaf(n: int) -> jax.Array:
    return jnp.full(3, n)


MODELS: dict[str, Any] = {
    "modules": Layer(leaf(0), [leaf(1), (leaf(2), {"a": leaf(3)})], 3),
    "named tuples": Pair(leaf(0), Pair(leaf(1), None)),
    "texts as keys": {"it's": leaf(0), 'say "a"': leaf(1), "a.b[0]": leaf(2), "\n\\": leaf(3)},
    "numbers as keys": {0: leaf(0), 1: {True: leaf(1)}, -2: leaf(2)},
    "tuples as keys": {(1, "a"): leaf(0), (2, None): leaf(1)},
    "None and floats as keys": {"in": {None: leaf(0)}, "of": {0.5: leaf(1), 1e-9: leaf(2)}},
    "other dictionaries": [OrderedDict(b=leaf(0), a=leaf(1)), defaultdict(list, {3: leaf(2)})],
    "one leaf": leaf(0),
}


@pytest.mark.parametrize("name", MODELS)
def test_python_paths_and_lambdas_lead_to_the_object(name: str):
    model = MODELS[name]
    tree = model_tree(model, "model", 1)
    leaves = {id(x) for x in jax.tree.leaves(model)}
    reached = set()
    for node in range(len(tree)):
        path, where = paths.python_path(tree, node), paths.tree_at_lambda(tree, node)
        assert path.fault == ""
        found = eval(path.text, {"model": model})
        if tree.kind[node] == NodeKind.ARRAY:
            assert eval(where.text)(model) is found
            reached.add(id(found))
    assert reached == leaves


@pytest.mark.parametrize("name", MODELS)
def test_key_paths_are_those_that_jax_prints(name: str):
    model = MODELS[name]
    tree = model_tree(model, "model", 1)
    written = {
        paths.key_path(tree, node).text
        for node in range(len(tree))
        if tree.kind[node] == NodeKind.ARRAY
    }
    assert written == {str(path) for path, _ in jax.tree_util.tree_leaves_with_path(model)}


def node_at(tree: Any, path: str) -> int:
    return next(n for n in range(len(tree)) if tree.path(n) == path)


def test_an_attribute_that_is_no_identifier_is_asked_for_by_getattr():
    odd = type("Odd", (), {})
    jax.tree_util.register_pytree_with_keys(
        odd,
        lambda o: (((jax.tree_util.GetAttrKey("two words"), getattr(o, "two words")),), None),
        lambda _aux, children: odd(),
    )
    value = odd()
    setattr(value, "two words", leaf(0))
    tree = model_tree([value], "model", 1)
    path = paths.python_path(tree, 2)
    assert path == paths.Written("getattr(model[0], 'two words')")
    assert eval(path.text, {"model": [value]}) is getattr(value, "two words")


def test_a_key_without_a_literal_is_named_as_the_reason():
    tree = model_tree({Colour.RED: leaf(0)}, "model", 1)
    assert "no literal" in paths.python_path(tree, 1).fault
    assert "no literal" in paths.key_path(tree, 1).fault


def test_a_key_that_was_shortened_is_no_code():
    tree = model_tree({"k" * 500: leaf(0)}, "model", 1)
    assert "shortened" in paths.python_path(tree, 1).fault


def test_children_without_names_have_a_key_path_but_no_python_path():
    tree = model_tree(Nameless(leaf(0)), "model", 1)
    assert "without names" in paths.python_path(tree, 1).fault
    assert paths.key_path(tree, 1) == paths.Written("(FlattenedIndexKey(key=0),)")


def test_what_is_copied_where_python_has_no_path_is_a_comment_that_says_so():
    tree = model_tree({"a": Nameless([leaf(0)])}, "model", 1)
    copied = paths.python_paths(tree, np.array([3, 1]))
    first, second = copied.splitlines()
    assert first.startswith("# model['a']<0>[0]: its class gives JAX its children without names")
    assert second == "model['a']"
    assert paths.tree_at_lambda(tree, 3).copied.startswith("# lambda model: model['a']<0>[0]: ")


def test_static_fields_have_no_place_in_the_pytree():
    tree = model_tree(MODELS["modules"], "model", 1)
    size = node_at(tree, "model.size")
    assert paths.python_path(tree, size) == paths.Written("model.size")
    assert "static field" in paths.tree_at_lambda(tree, size).fault
    assert "static field" in paths.key_path(tree, size).fault


@pytest.mark.parametrize(
    ("name", "argument"), [("params", "params"), ("args[0].model", "model"), ("12", "tree")]
)
def test_the_argument_of_the_lambda_is_named_after_the_model(name: str, argument: str):
    tree = model_tree([leaf(0)], name, 1)
    assert paths.tree_at_lambda(tree, 1).text == f"lambda {argument}: {argument}[0]"
    assert paths.python_path(tree, 1).text == f"{name}[0]"


def test_each_of_several_variables_is_the_root_of_its_paths():
    tree = model_tree(named_trees({"model": [leaf(0)], "state": {"mu": leaf(1)}}), "", 1)
    mu = node_at(tree, "state['mu']")
    assert paths.python_path(tree, mu) == paths.Written("state['mu']")
    assert paths.tree_at_lambda(tree, mu).text == "lambda state: state['mu']"
    assert paths.key_path(tree, mu) == paths.Written("(DictKey(key='mu'),)")
    assert "several variables" in paths.python_path(tree, 0).fault
    assert [text for text, _ in paths.breadcrumbs(tree, mu)] == ["variables", "state", "['mu']"]


def test_a_row_says_once_that_it_holds_several_variables():
    several = model_tree(named_trees({"model": [leaf(0)], "state": {"mu": leaf(1)}}), "", 1)
    assert (paths.node_name(several, 0), paths.class_name(several, 0)) == ("variables", "")
    assert (paths.node_name(several, 1), paths.class_name(several, 1)) == ("model", "list")
    one = model_tree([leaf(0)], "model", 1)
    assert (paths.node_name(one, 0), paths.class_name(one, 0)) == ("model", "list")


def test_breadcrumbs_are_the_keys_from_the_root_down():
    tree = model_tree(MODELS["modules"], "model", 1)
    deep = node_at(tree, "model.parts[1][0]")
    crumbs = paths.breadcrumbs(tree, deep)
    assert [text for text, _ in crumbs] == ["model", ".parts", "[1]", "[0]"]
    assert [node for _, node in crumbs][::3] == [0, deep]


def test_many_paths_are_a_line_each_and_bounded():
    tree = model_tree([leaf(0), leaf(1)], "model", 1)
    assert paths.python_paths(tree, np.array([1, 2])) == "model[0]\nmodel[1]"
    many = paths.python_paths(tree, np.ones(paths.MOST_PATHS + 5, np.int32))
    assert many.endswith("\n# and 5 more")


def test_a_node_is_found_again_in_another_version_by_its_keys():
    before = model_tree([leaf(0), {"a": leaf(1), "aa": leaf(2)}], "model", 1)
    after = model_tree([leaf(0), {"a": leaf(1), "aa": leaf(2), "A": leaf(3)}, 5], "model", 2)
    for path in ("model", "model[0]", "model[1]", "model[1]['a']", "model[1]['aa']"):
        keys = paths.keys_to(before, node_at(before, path))
        assert paths.node_with_keys(after, keys) == node_at(after, path)
    gone = paths.keys_to(after, node_at(after, "model[1]['A']"))
    assert paths.node_with_keys(before, gone) == -1
