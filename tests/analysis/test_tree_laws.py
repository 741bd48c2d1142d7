"""Whatever the PyTree, its record says what `jax.tree_util` says."""

import dataclasses
import re
from collections import OrderedDict, defaultdict, namedtuple
from typing import Any

import equinox
import jax
import jax.export
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import eqxcore
from eqxviz.analysis import catalogue, model_tree, nodes_of, value_summary
from eqxviz.records import ModelTree, NodeFlag, NodeKind
from eqxviz.records.codec import decode, encode

Point = namedtuple("Point", ["x", "y"])


class CoreLayer(eqxcore.Module):
    weight: Any
    inner: Any
    config: Any = eqxcore.field(static=True)


class RealLayer(equinox.Module):
    weight: Any
    inner: Any
    config: Any = equinox.field(static=True)


class Bare(equinox.Module):
    pass


@dataclasses.dataclass
class Registered:
    weight: Any
    inner: Any
    config: Any


jtu.register_dataclass(Registered, ["weight", "inner"], ["config"])


class Unkeyed:
    def __init__(self, *parts: Any) -> None:
        self.parts = parts


class Keyed(Unkeyed):
    pass


jtu.register_pytree_node(Unkeyed, lambda u: (u.parts, None), lambda _, c: Unkeyed(*c))
jtu.register_pytree_with_keys(
    Keyed,
    lambda k: ([(jtu.GetAttrKey(f"part{i}"), p) for i, p in enumerate(k.parts)], None),
    lambda _, c: Keyed(*c),
)


def raising(self: Any, *_: Any) -> Any:
    raise RuntimeError("not today")


class FailingRepr:
    __repr__ = raising


class Incomparable:
    __eq__ = __hash__ = __bool__ = __len__ = raising  # type: ignore[assignment]  # it is the point


class FailingGetattr:
    __getattr__ = raising


class FailingClass:
    @property  # type: ignore[misc]  # the class of an object may be anything
    def __class__(self) -> Any:
        raise RuntimeError("not today")


class FailingAttributes:
    __getattribute__ = raising


def deleted() -> jax.Array:
    x = jnp.ones((2, 3))
    x.delete()
    return x


JAX_ARRAYS = [
    jnp.ones((2, 3)), jnp.arange(4), jnp.zeros((0, 5), jnp.bfloat16), jnp.asarray(1.0),
    jnp.ones(2, jnp.complex64), jax.random.key(0), jax.random.PRNGKey(0), deleted(),
    jax.ShapeDtypeStruct((7, 2), jnp.int8), jax.ShapeDtypeStruct((1 << 40, 1 << 40), jnp.float32),
]  # fmt: skip
NUMPY = [
    np.ones((3, 1)), np.float32(2), np.int8(3), np.bool_(True), np.array({"a": 1}, object),
    np.array(["text"]), np.zeros(2, [("a", "f4"), ("b", "i2")]), np.datetime64("2026-01-01"),
    np.zeros((2, 0), np.float16), np.array(3 + 4j),
]  # fmt: skip
ODD = [
    FailingRepr(), Incomparable(), FailingGetattr(), FailingClass(), FailingAttributes(),
    object(), jnp.tanh, lambda x: x, int, "x" * 1_000_000, b"y" * 1_000_000, 10**5000, ..., {1, 2},
    range(3), CoreLayer,
]  # fmt: skip


def one_of(values: list[Any]) -> st.SearchStrategy[Any]:
    """One of `values`, of which some cannot be hashed or printed."""
    return st.integers(0, len(values) - 1).map(lambda i: values[i])


ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=4)  # surrogates included
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), ANY_TEXT,
    st.binary(max_size=3), one_of(JAX_ARRAYS), one_of(NUMPY), one_of(ODD),
)  # fmt: skip
KEYS = st.one_of(
    ANY_TEXT, st.sampled_from(["it's", 'say "a"', "two  spaces", "line\nbreak", "\ud800", "é"])
)
STATIC = st.one_of(st.integers(), ANY_TEXT, st.none(), one_of(ODD))


def made(cls: type, *fields: Any) -> Any:
    """A Module, or a tuple where its class cannot hold such an object."""
    try:
        return cls(*fields)
    except (RuntimeError, ValueError):
        return fields


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=3),
        st.tuples(inner, inner),
        st.builds(Point, inner, inner),
        st.dictionaries(KEYS, inner, max_size=3),
        st.dictionaries(st.integers(), inner, max_size=3),
        st.dictionaries(st.tuples(st.integers(0, 3), KEYS), inner, max_size=2),
        st.dictionaries(st.none() | st.booleans() | KEYS, inner, max_size=3),  # have no order
        st.builds(OrderedDict, st.dictionaries(KEYS, inner, max_size=2)),
        st.builds(lambda d: defaultdict(list, d), st.dictionaries(KEYS, inner, max_size=2)),
        st.builds(made, st.sampled_from([CoreLayer, RealLayer]), inner, inner, STATIC),
        st.just(Bare()),
        st.builds(Registered, inner, inner, STATIC),
        st.builds(Unkeyed, inner, inner),
        st.builds(Keyed, inner),
        inner.map(lambda shared: [shared, {"again": shared}]),
    )


TREES = st.recursive(LEAVES, containers, max_leaves=15)


def is_leaf(tree: ModelTree, node: int) -> bool:
    return int(tree.kind[node]) in (NodeKind.ARRAY, NodeKind.STATIC_LEAF)


def leaves_in_order(tree: ModelTree, node: int = 0) -> list[int]:
    """The leaves as they are read, which is the order of JAX."""
    if is_leaf(tree, node):
        return [node]
    below = (leaves_in_order(tree, child) for child in tree.children(node))
    return [leaf for leaves in below for leaf in leaves]


def check_of_jax(value: Any) -> None:
    """Check that the record of `value` is sound, and what JAX says where it says something."""
    index = nodes_of(value, "v")
    tree = index.tree(0)
    frame = encode(tree)
    assert decode(bytes(frame[1]), b"".join(bytes(p) for p in frame[2:]))[1] == tree
    found = leaves_in_order(tree)
    for node in range(len(tree)):
        assert len(tree.strings[int(tree.key[node])]) <= 202
        children = list(tree.children(node))
        assert all(int(tree.parent[child]) == node for child in children)
        if children:
            assert int(tree.n_leaves[node]) == int(tree.n_leaves[children].sum())
            assert int(tree.n_params[node]) == int(tree.n_params[children].sum())
    try:
        expected = jtu.tree_flatten_with_path(value)[0]
    except ValueError:
        texts = [tree.problem(int(node)) for node in tree.problem_node]
        assert all("cannot sort its keys" in text for text in texts)
        assert len(texts) > 0
        return
    assert len(tree.problem_node) == 0
    for node, (path, leaf) in zip(found, expected, strict=True):
        assert index.object_at(node) is leaf
        # A node without names is counted: `<1>`, which nobody takes for an index in Python.
        written = re.sub(r"\[<flat index (\d+)>\]", r"<\1>", jtu.keystr(path))
        assert tree.path(node) == "v" + written
        if int(tree.kind[node]) == NodeKind.ARRAY:
            assert tree.shape(node) == leaf.shape
            assert tree.strings[int(tree.leaf_dtype[tree.leaf[node]])] == str(leaf.dtype)
            is_inexact = bool(jnp.issubdtype(leaf.dtype, jnp.inexact))
            assert bool(tree.flags[node] & NodeFlag.INEXACT) == is_inexact


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_a_record_says_what_jax_says(value: Any):
    check_of_jax(value)


def node_at(tree: ModelTree, path: str) -> int:
    return next(n for n in range(len(tree)) if tree.path(n) == path)


def summary(tree: ModelTree, path: str) -> str:
    return tree.strings[int(tree.leaf_summary[tree.leaf[node_at(tree, path)]])]


def test_texts_of_a_megabyte_cost_nothing_on_the_wire():
    value = {
        "a": "x" * 1_000_000,
        "b" * 1_000_000: b"y" * 1_000_000,
        "c": CoreLayer(1, 2, "z" * 10**6),
    }
    tree = model_tree(value, "v", 0)
    assert sum(len(part) for part in encode(tree)) < 10_000
    assert len(summary(tree, "v['c'].config")) <= 1000


def test_a_repr_that_takes_long_is_not_asked_of_every_object(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(catalogue, "TEXT_SECONDS", 0.0)
    asked: list[int] = []

    class Slow:
        def __repr__(self) -> str:
            asked.append(id(self))
            return "at last"

    tree = model_tree([Slow() for _ in range(5)], "v", 0)
    assert summary(tree, "v[0]") == "at last"
    assert summary(tree, "v[4]") == "<Slow>"
    assert len(asked) == 1


def test_a_static_field_that_holds_its_own_module_is_shown():
    class Holder:
        owner: Any = None

        def __repr__(self) -> str:
            return f"Holder({self.owner!r})"

    holder = Holder()
    layer = CoreLayer(jnp.ones(2), None, holder)
    holder.owner = layer
    tree = model_tree(layer, "v", 0)
    assert len(tree) == 4
    assert summary(tree, "v.config").startswith(("Holder(", "<Holder"))


def test_a_module_in_a_static_field_is_shown_by_its_first_fields():
    inner = CoreLayer("a", [1, CoreLayer(0, 0, "deep")], "text")
    tree = model_tree(CoreLayer(None, None, inner), "v", 0)
    assert summary(tree, "v.config").startswith("CoreLayer(weight='a', inner=[1, CoreLayer(")


@pytest.mark.parametrize("cls", [CoreLayer, RealLayer])
def test_instances_of_one_class_may_lack_fields(cls: Any):
    full, partial = cls(1.0, 2.0, "a"), object.__new__(cls)
    object.__setattr__(partial, "weight", 3.0)
    object.__setattr__(partial, "config", "b")
    other = object.__new__(cls)
    for name, value in (("weight", 4.0), ("config", "c"), ("no_field", 5.0)):
        object.__setattr__(other, name, value)
    for value in ([full, partial, other, full], [partial, full], [other, full]):
        check_of_jax(value)


def test_a_flattening_that_ends_the_program_is_a_problem_of_its_node():
    class Leaving(Unkeyed):
        pass

    def leave(_: Leaving) -> Any:
        raise SystemExit(3)

    jtu.register_pytree_node(Leaving, leave, lambda _, c: Leaving(*c))
    tree = model_tree([Leaving(), 1], "v", 0)
    assert "It cannot be flattened: SystemExit: 3. JAX cannot use it" in tree.problem(1)
    assert len(tree) == 3


def test_keys_that_fail_to_print_are_a_problem_of_their_node():
    class Key:
        __str__ = __repr__ = raising

    class Odd(Unkeyed):
        pass

    jtu.register_pytree_with_keys(Odd, lambda o: ([(Key(), 1)], None), lambda _, c: Odd(*c))
    tree = model_tree([Odd(), 1], "v", 0)
    assert "RuntimeError: not today" in tree.problem(1)


def test_an_array_that_cannot_be_read_is_a_problem_of_its_node():
    class Broken(np.ndarray):
        @property
        def dtype(self) -> Any:
            raise RuntimeError("not today")

    tree = model_tree([np.ones(2).view(Broken), np.ones(3)], "v", 0)
    assert "Reading it raised RuntimeError: not today" in tree.problem(1)
    assert summary(tree, "v[0]") == "<Broken>"
    assert int(tree.n_params[0]) == 3


def test_the_exception_of_a_flattening_may_fail_to_print():
    class MuteError(Exception):
        __str__ = raising

    class Worst(Unkeyed):
        pass

    def fail(_: Worst) -> Any:
        raise MuteError

    jtu.register_pytree_node(Worst, fail, lambda _, c: Worst(*c))
    assert "It cannot be flattened: MuteError." in model_tree([Worst()], "v", 0).problem(1)


def test_tracers_and_what_they_are_part_of_are_shown():
    seen: list[ModelTree] = []

    @jax.jit
    def f(layer: Any) -> Any:
        seen.append(model_tree(layer, "v", 0))
        return layer

    f(CoreLayer(jnp.ones((2, 3)), [jnp.asarray(1.0)], "a"))
    [tree] = seen
    assert tree.shape(node_at(tree, "v.weight")) == (2, 3)
    weak = NodeFlag(int(tree.flags[node_at(tree, "v.inner[0]")]))
    assert weak == NodeFlag.INEXACT | NodeFlag.TRACED | NodeFlag.ABSTRACT | NodeFlag.WEAK_TYPE


def test_an_exported_shape_with_symbols_is_shown_without_numbers():
    dims = jax.export.symbolic_shape("b, 3")
    tree = model_tree([jax.ShapeDtypeStruct(dims, jnp.float32), jnp.ones(2)], "v", 0)
    assert summary(tree, "v[0]") == "f32[b,3]"
    assert (tree.shape(1), int(tree.n_params[0])) == (None, 2)


@pytest.mark.parametrize("value", [pytest.param(v, id=str(i)) for i, v in enumerate(ODD)])
def test_the_value_of_any_object_may_be_asked_for(value: Any):
    assert 0 < len(value_summary(value, 0, 0).text) <= 2000


def test_the_value_of_what_cannot_be_flattened_says_why():
    class Shut(Unkeyed):
        pass

    jtu.register_pytree_node(Shut, raising, lambda _, c: Shut(*c))
    said = value_summary([Shut()], 0, 0).text
    assert said.endswith("Looking into it raises RuntimeError: not today")


@st.composite
def shared_trees(draw: st.DrawFn) -> Any:
    """A tree from a pool in which what comes later holds what came before, again and again."""
    pool: list[Any] = [np.ones(i) for i in range(3)]
    for _ in range(draw(st.integers(1, 8))):
        parts = [pool[i] for i in draw(st.lists(st.integers(0, len(pool) - 1), max_size=3))]
        make = draw(
            st.sampled_from([list, tuple, lambda p: dict(enumerate(p)), lambda p: Keyed(*p)])
        )
        pool.append(make(parts))
    return pool[-3:]


@settings(max_examples=300, deadline=None)
@given(shared_trees())
def test_a_group_is_one_object_and_no_shared_array_is_missed(value: Any):
    index = nodes_of(value, "v")
    tree = index.tree(0)
    places: dict[int, list[int]] = {}
    for node in range(len(tree)):
        places.setdefault(id(index.object_at(node)), []).append(node)
    for group in range(len(tree.share_kind)):
        start, stop = int(tree.share_offsets[group]), int(tree.share_offsets[group + 1])
        members = tree.share_members[start:stop].tolist()
        assert members == places[id(index.object_at(members[0]))]
        assert len(members) > 1
        assert tree.share[members].tolist() == [group] * len(members)
    assert int((tree.share >= 0).sum()) == len(tree.share_members)
    firsts = tree.share_members[tree.share_offsets[:-1]].tolist()
    assert firsts == sorted(firsts)
    for nodes in places.values():
        if len(nodes) > 1 and int(tree.kind[nodes[0]]) == NodeKind.ARRAY:
            # In a group of its own, or once in each place of one that is.
            is_told = int(tree.share[nodes[0]]) >= 0
            above = [shared_above(tree, node) for node in nodes]
            assert is_told or (len(set(above)) == 1 and above[0] >= 0)


def shared_above(tree: ModelTree, node: int) -> int:
    """The group of the nearest shared node above `node`, -1 if there is none."""
    while node > 0:
        node = int(tree.parent[node])
        if int(tree.share[node]) >= 0:
            return int(tree.share[node])
    return -1
