import dataclasses
import gc
import subprocess
import sys
import textwrap
from collections import OrderedDict, namedtuple
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqxcore
from eqxviz.analysis import is_model_like, model_tree, named_trees, nodes_of, walk, why_not_a_model
from eqxviz.records import ModelTree, NodeFlag, NodeKind, ShareKind
from eqxviz.records.codec import PREFIX, decode, encode

KEY = jax.random.key(0)
LIBRARIES = [pytest.param(eqxcore, id="eqxcore"), pytest.param(equinox, id="equinox")]


def rows(tree: ModelTree) -> dict[str, int]:
    """The node ids by path."""
    return {tree.path(node): node for node in range(len(tree))}


def places(tree: ModelTree, node: int) -> set[int]:
    """The nodes at which the same object is found."""
    return set(tree.places(int(tree.share[node])).tolist())


def summary(tree: ModelTree, path: str) -> str:
    return tree.strings[int(tree.leaf_summary[tree.leaf[rows(tree)[path]]])]


def kind(tree: ModelTree, path: str) -> NodeKind:
    return NodeKind(int(tree.kind[rows(tree)[path]]))


def flags(tree: ModelTree, path: str) -> NodeFlag:
    return NodeFlag(int(tree.flags[rows(tree)[path]]))


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_an_mlp_shows_its_layers_with_static_fields_apart_from_static_leaves(eqx: Any):
    tree = model_tree(eqx.nn.MLP(2, 1, 4, 2, key=KEY), "model", 7)
    tree.check()
    assert tree.revision == 7
    assert kind(tree, "model") is NodeKind.MODULE
    assert kind(tree, "model.layers[1]") is NodeKind.MODULE
    assert kind(tree, "model.layers") is NodeKind.CONTAINER
    assert summary(tree, "model.layers[0].weight") == "f32[4,2]"
    assert kind(tree, "model.activation") is NodeKind.STATIC_LEAF
    assert summary(tree, "model.activation") == "<function relu>"
    assert flags(tree, "model.activation") == NodeFlag.CALLABLE
    assert kind(tree, "model.layers[0].use_bias") is NodeKind.STATIC_FIELD
    assert summary(tree, "model.layers[0].use_bias") == "True"
    assert tree.n_params[0] == 2 * 4 + 4 + 4 * 4 + 4 + 4 + 1
    assert tree.n_bytes[0] == 4 * tree.n_params[0]


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_module_of_the_user_names_its_file_and_line(eqx: Any):
    class Layer(eqx.Module):
        weight: jax.Array
        size: int = eqx.field(static=True)

    tree = model_tree(Layer(jnp.ones(3), 3), "layer", 0)
    type_id = int(tree.type[0])
    assert tree.strings[int(tree.type_file[type_id])] == __file__
    line = int(tree.type_line[type_id])
    with open(__file__) as source:
        assert "class Layer(eqx.Module)" in source.readlines()[line - 1]


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_field_left_at_the_default_of_its_class_is_part_of_no_instance(eqx: Any):
    class Layer(eqx.Module):
        weight: jax.Array
        heads: int = 5

        def __init__(self) -> None:
            self.weight = jnp.ones(2)

    tree = model_tree(Layer(), "layer", 1)
    assert kind(tree, "layer.heads") is NodeKind.STATIC_FIELD
    assert summary(tree, "layer.heads") == "5"
    assert int(tree.n_leaves[0]) == 1


def test_an_array_is_differentiated_or_only_traced_by_its_dtype():
    tree = model_tree(
        {
            "f": jnp.ones(2),
            "i": jnp.arange(2),
            "c": jnp.ones(1, jnp.complex64),
            "bf": jnp.ones(2, jnp.bfloat16),
            "f8": jnp.ones(2, jnp.float8_e4m3fn),
            "key": KEY,
            "np": np.ones(3, np.float32),
            "weak": jnp.asarray(1.0),
            "struct": jax.ShapeDtypeStruct((2, 3), jnp.int8),
        },
        "d",
        0,
    )
    traced = NodeFlag.TRACED
    both = traced | NodeFlag.INEXACT
    assert flags(tree, "d['f']") == both
    assert flags(tree, "d['i']") == traced
    assert flags(tree, "d['c']") == flags(tree, "d['bf']") == flags(tree, "d['f8']") == both
    assert flags(tree, "d['key']") == traced | NodeFlag.PRNG_KEY
    assert flags(tree, "d['np']") == both | NodeFlag.NUMPY
    assert flags(tree, "d['weak']") == both | NodeFlag.WEAK_TYPE
    assert flags(tree, "d['struct']") == traced | NodeFlag.ABSTRACT
    assert summary(tree, "d['bf']") == "bf16[2]"
    assert summary(tree, "d['key']") == "key<fry>[]"
    assert tree.shape(rows(tree)["d['struct']"]) == (2, 3)
    sharding = int(tree.leaf_sharding[tree.leaf[rows(tree)["d['f']"]]])
    assert tree.strings[sharding] == "cpu:0"


def test_static_leaves_have_short_readable_summaries():
    class Failing:
        def __repr__(self) -> str:
            raise RuntimeError("no text")

    class Plain:
        pass

    values = {
        "lambda": lambda x: x,
        "jitted": jax.jit(jnp.tanh),
        "string": "gelu",
        "none": None,
        "failing": Failing(),
        "plain": Plain(),
        "class": Plain,
        "long": "x" * 500,
        "longer": "x" * 5000,
        "bytes": b"x" * 500,
        "huge": 10**500,
        "objects": np.array([{}], dtype=object),
    }
    tree = model_tree(values, "d", 0)
    line = values["lambda"].__code__.co_firstlineno
    assert summary(tree, "d['lambda']") == f"<lambda at test_tree.py:{line}>"
    assert summary(tree, "d['jitted']") == "<function tanh>"
    assert summary(tree, "d['string']") == "'gelu'"
    assert kind(tree, "d['none']") is NodeKind.NONE
    assert summary(tree, "d['failing']") == "<Failing, whose repr fails>"
    assert "0x" not in summary(tree, "d['plain']")
    assert summary(tree, "d['class']") == "<class Plain>"
    assert summary(tree, "d['long']") == repr("x" * 500)
    assert len(summary(tree, "d['longer']")) <= 1000
    assert len(summary(tree, "d['bytes']")) <= 80
    assert len(summary(tree, "d['huge']")) <= 80
    assert kind(tree, "d['objects']") is NodeKind.STATIC_LEAF


def test_a_donated_array_is_marked_and_keeps_its_shape():
    x = jnp.ones((3, 2))
    x.delete()
    tree = model_tree([x], "xs", 0)
    assert NodeFlag.DELETED in flags(tree, "xs[0]")
    assert summary(tree, "xs[0]") == "f32[3,2]"


def test_a_tracer_is_an_array_without_values():
    seen: list[ModelTree] = []

    @jax.jit
    def f(x: jax.Array) -> jax.Array:
        seen.append(model_tree({"x": x}, "d", 0))
        return x

    f(jnp.ones(3))
    assert kind(seen[0], "d['x']") is NodeKind.ARRAY
    assert NodeFlag.ABSTRACT in flags(seen[0], "d['x']")


def test_an_optimiser_state_names_its_fields():
    state = optax.adam(1e-3).init({"w": jnp.ones(3)})
    paths = rows(model_tree(state, "state", 0))
    assert {"state[0].count", "state[0].mu['w']", "state[0].nu['w']", "state[1]"} <= set(paths)


def test_keyword_metadata_of_a_registered_dataclass_is_a_static_field():
    @dataclasses.dataclass
    class Node:
        weight: Any
        name: str

    jax.tree_util.register_dataclass(Node, ["weight"], ["name"])
    tree = model_tree(Node(jnp.ones(2), "a"), "node", 0)
    assert kind(tree, "node") is NodeKind.NODE
    assert kind(tree, "node.weight") is NodeKind.ARRAY
    assert kind(tree, "node.name") is NodeKind.STATIC_FIELD


def test_a_dataclass_that_flattens_itself_with_keys_shows_its_other_fields_as_static():
    @dataclasses.dataclass
    class Variables:  # as flax.struct makes them
        step: int
        params: Any
        apply: Any

    def flatten(v: Variables) -> Any:
        key = jax.tree_util.GetAttrKey
        return ((key("step"), v.step), (key("params"), v.params)), v.apply

    jax.tree_util.register_pytree_with_keys(
        Variables, flatten, lambda apply, c: Variables(c[0], c[1], apply)
    )
    tree = model_tree(Variables(0, {"w": jnp.ones(2)}, jnp.tanh), "state", 0)
    assert [tree.path(n) for n in tree.children(0)] == ["state.step", "state.params", "state.apply"]
    assert kind(tree, "state.step") is NodeKind.STATIC_LEAF
    assert kind(tree, "state.apply") is NodeKind.STATIC_FIELD
    assert summary(tree, "state.apply") == "<function tanh>"


def test_a_node_registered_without_keys_numbers_its_children():
    class Pair:
        def __init__(self, *parts: Any) -> None:
            self.parts = parts

    jax.tree_util.register_pytree_node(Pair, lambda p: (p.parts, None), lambda _, c: Pair(*c))
    tree = model_tree(Pair(1.0, jnp.ones(2)), "pair", 0)
    assert [tree.path(n) for n in tree.children(0)] == [
        "pair<0>",
        "pair<1>",
    ]


def test_keys_that_jax_cannot_sort_are_shown_nevertheless():
    key = object()
    tree = model_tree({1: jnp.ones(2), "a": 2.0, (1, "b"): 3.0, key: None}, "d", 0)
    assert {"d[1]", "d['a']", "d[(1, 'b')]"} <= set(rows(tree))
    assert "cannot sort its keys (ValueError: Comparator raised" in tree.problem(0)
    assert NodeFlag.PROBLEM in flags(tree, "d")


def test_a_node_that_cannot_be_flattened_is_named():
    class Broken:
        pass

    def fail(_: Broken) -> Any:
        raise TypeError("no children today")

    jax.tree_util.register_pytree_node(Broken, fail, lambda _, c: Broken())
    tree = model_tree({"a": Broken(), "b": jnp.ones(2)}, "model", 0)
    node = rows(tree)["model['a']"]
    assert NodeFlag.PROBLEM in flags(tree, "model['a']")
    assert "cannot be flattened: TypeError: no children today" in tree.problem(node)
    assert tree.problem(0) == ""
    assert tree.n_params[0] == 2


@pytest.mark.parametrize("value", [3, "text", print, None, lambda: 0])
def test_a_value_that_is_no_container_is_a_tree_of_one_node(value: Any):
    tree = model_tree(value, "value", 0)
    tree.check()
    assert len(tree) == 1
    assert not is_model_like(value)


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_module_at_two_places_is_one_group_and_its_arrays_add_nothing(eqx: Any):
    linear = eqx.nn.Linear(2, 3, key=KEY)
    tree = model_tree({"a": linear, "b": [linear]}, "d", 0)
    at = rows(tree)
    assert places(tree, at["d['a']"]) == {at["d['a']"], at["d['b'][0]"]}
    assert tree.share_kind.tolist() == [ShareKind.MODULE]
    assert places(tree, at["d['a'].weight"]) == set()


def test_an_array_in_a_shared_container_and_outside_it_is_a_group_of_its_own():
    x = jnp.ones(2)
    shared = [x]
    tree = model_tree({"a": shared, "b": shared, "c": x}, "d", 0)
    at = rows(tree)
    assert places(tree, at["d['a']"]) == {at["d['a']"], at["d['b']"]}
    assert places(tree, at["d['c']"]) == {at["d['c']"], at["d['a'][0]"], at["d['b'][0]"]}
    assert sorted(tree.share_kind.tolist()) == [ShareKind.CONTAINER, ShareKind.ARRAY]


def test_what_python_itself_keeps_once_is_not_shared():
    pair = (1, 2)
    values = [None, None, 1, 1, "a", "a", jax.nn.relu, jax.nn.relu, (), (), pair, pair]
    assert len(model_tree(values, "d", 0).share_kind) == 0


def test_a_container_that_holds_itself_is_cut_off_where_it_comes_again():
    inner: list[Any] = [1]
    inner.append({"again": [inner]})
    tree = model_tree([inner], "m", 0)
    tree.check()
    again = rows(tree)["m[0][1]['again'][0]"]
    assert tree.problem(again).startswith("It is m[0] itself: a PyTree must not hold itself")
    assert (len(tree), int(tree.n_children[again]), int(tree.n_leaves[0])) == (6, 0, 1)


def nested(depth: int) -> Any:
    value: Any = jnp.ones(2)
    for _ in range(depth):
        value = [value]
    return value


def test_a_tree_900_deep_is_that_of_jax():
    tree = model_tree(nested(900), "deep", 0)
    tree.check()
    [(path, _)] = jax.tree_util.tree_flatten_with_path(nested(900))[0]
    assert tree.path(len(tree) - 1) == "deep" + jax.tree_util.keystr(path)
    assert (len(tree), int(tree.n_params[0]), len(tree.problem_node)) == (901, 2, 0)


def test_a_tree_10000_deep_is_cut_off_with_a_problem_on_its_node():
    tree = model_tree(nested(10_000), "deep", 0)
    tree.check()
    assert len(tree) == 2001
    assert "more than 2,000 nodes deep" in tree.problem(2000)
    assert tree.problem_node.tolist() == [2000]
    assert tree.path(2000) == "deep" + "[0]" * 2000


def test_a_tree_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch):
    class Endless:
        pass

    jax.tree_util.register_pytree_node(
        Endless, lambda _: ([Endless(), Endless()], None), lambda _, c: Endless()
    )
    monkeypatch.setattr(walk, "MAX_NODES", 1000)
    tree = model_tree({"a": Endless(), "x": jnp.ones(3)}, "d", 0)
    tree.check()
    assert len(tree) <= 1000
    assert tree.n_params[0] == 3
    assert "more than 1,000 nodes" in tree.problem(int(tree.problem_node[0]))


def test_object_at_gives_the_object_of_each_node():
    x = jnp.ones(3)
    index = nodes_of({"a": [x, "text"]}, "d")
    assert len(index) == 1
    tree = index.tree(0)
    at = rows(tree)
    assert index.object_at(at["d['a'][0]"]) is x
    assert index.object_at(at["d['a'][1]"]) == "text"
    assert [index.path(n) for n in range(len(index))] == [tree.path(n) for n in range(len(tree))]
    with pytest.raises(IndexError, match="d has 4 nodes; there is no node 4"):
        index.object_at(4)


def test_a_record_survives_the_wire():
    tree = model_tree(eqxcore.nn.MLP(2, 1, 4, 1, key=KEY), "model", 0)
    parts = encode(tree)
    n_header, _ = PREFIX.unpack(parts[0])[1:]
    header, payload = bytes(parts[1]), b"".join(bytes(p) for p in parts[2:])
    assert len(header) == n_header
    assert decode(header, payload)[1] == tree


def test_an_array_on_two_devices_says_how_it_is_split():
    script = """
        import jax, jax.numpy as jnp, numpy as np
        jax.config.update("jax_num_cpu_devices", 2)
        from eqxviz.analysis import model_tree, value_summary
        mesh = jax.make_mesh((2,), ("data",))
        split = jax.NamedSharding(mesh, jax.P("data"))
        x = jax.device_put(jnp.arange(8.0).reshape(4, 2), split)
        tree = model_tree([x], "xs", 0)
        print(tree.strings[int(tree.leaf_sharding[0])])
        print(value_summary(x, 0, 0).mean)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["cpu:0-1 P('data',)", "3.5"]


@pytest.mark.parametrize("eqx", LIBRARIES)
def test_a_jitted_function_is_no_model_unless_it_holds_one(eqx: Any):
    assert "function without arrays" in why_not_a_model(eqx.filter_jit(lambda x: x))
    assert is_model_like(eqx.filter_jit(eqx.nn.Linear(2, 3, key=KEY)))


def test_what_is_no_model_is_told_why():
    assert is_model_like({"w": jnp.ones(2)})
    assert is_model_like(eqxcore.nn.Identity() if hasattr(eqxcore.nn, "Identity") else jnp.ones(1))
    assert "class" in why_not_a_model(eqxcore.nn.MLP)
    assert "module" in why_not_a_model(np)
    assert "without a single array" in why_not_a_model({"a": 1})
    assert why_not_a_model("text") == "'text', of type str, is no PyTree that holds arrays."


Point = namedtuple("Point", ["x", "y"])

leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=3),
    st.builds(lambda n: np.zeros(n, np.float32), st.integers(0, 3)),
)
trees = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.tuples(inner, inner),
        st.builds(Point, inner, inner),
        st.builds(lambda d: OrderedDict(d), st.dictionaries(st.integers(), inner, max_size=2)),
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(trees)
def test_leaves_and_paths_are_those_of_jax(value: Any):
    index = nodes_of(value, "v")
    tree = index.tree(0)
    tree.check()
    is_leaf = np.isin(tree.kind, [NodeKind.ARRAY, NodeKind.STATIC_LEAF])
    expected = jax.tree_util.tree_flatten_with_path(value)[0]
    found = {tree.path(int(n)): index.object_at(int(n)) for n in np.flatnonzero(is_leaf)}
    assert len(expected) == int(tree.n_leaves[0]) == len(found)
    for path, leaf in expected:
        assert found["v" + jax.tree_util.keystr(path)] is leaf
    assert int(tree.n_params[0]) == sum(x.size for _, x in expected if isinstance(x, np.ndarray))
    for node in range(len(tree)):
        assert all(int(tree.parent[child]) == node for child in tree.children(node))


def test_a_jax_array_has_the_name_that_users_know_it_by():
    tree = model_tree({"x": jnp.ones(2), "key": jax.random.key(0)}, "state", 0)
    kinds = [int(tree.type[node]) for node in (1, 2)]
    assert [tree.strings[int(tree.type_name[kind])] for kind in kinds] == ["Array", "Array"]
    assert {tree.strings[int(tree.type_module[kind])] for kind in kinds} == {"jax"}


@pytest.mark.parametrize("is_on", [True, False])
def test_the_garbage_collector_is_left_as_it_was(is_on: bool):
    was_on = gc.isenabled()
    (gc.enable if is_on else gc.disable)()
    try:
        model_tree([1, [2]], "v", 0)
        assert gc.isenabled() is is_on
    finally:
        (gc.enable if was_on else gc.disable)()


def test_the_root_of_several_variables_has_no_source_and_prints_what_it_holds():
    root = named_trees({"a": [1], "b": 2})
    tree = model_tree(root, "", 1)
    kind = int(tree.type[0])
    assert tree.strings[int(tree.type_name[kind])] == "variables"
    assert int(tree.type_file[kind]) == -1
    assert repr(root) == "a = [1]\nb = 2"


def test_a_node_says_whether_it_can_be_called():
    model = {
        "layer": eqxcore.nn.Linear(2, 3, key=jax.random.key(0)),
        "relu": jax.nn.relu,
        "n": [1.0],
    }
    tree = model_tree(model, "model", 0)
    called = [tree.path(node) for node in range(len(tree)) if tree.can_be_called(node)]
    assert called == ["model['layer']", "model['relu']"]
