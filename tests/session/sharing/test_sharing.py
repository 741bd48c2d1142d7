"""What is shared, what comes of it, and fixes whose code does what it says."""

import time
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import eqxcore
from eqxviz.analysis import model_tree, named_trees
from eqxviz.records import ModelTree, ShareKind
from eqxviz.session.sharing.sharing_code import Fix, fixes
from eqxviz.session.sharing.sharing_map import SharingMap

LIBRARIES = pytest.mark.parametrize("library", [eqxcore, equinox], ids=["eqxcore", "equinox"])


def tied(library: Any) -> Any:
    """Return a language model whose embedding is its unembedding."""

    class Model(library.Module):
        embedding: Any
        head: Any

    embedding = library.nn.Embedding(7, 4, key=jax.random.key(0))
    head = library.nn.Linear(4, 7, use_bias=False, key=jax.random.key(1))
    return Model(embedding, library.tree_at(lambda m: m.weight, head, embedding.weight))


def twice(library: Any) -> Any:
    """Return a model that holds one layer twice in a list."""

    class Stack(library.Module):
        layers: list
        scale: dict

    layer = library.nn.Linear(3, 3, key=jax.random.key(0))
    other = library.nn.Linear(3, 3, key=jax.random.key(1))
    return Stack([layer, other, layer, layer], {"in": 1.0})


def containers(library: Any) -> Any:
    both = [jnp.ones(2), jnp.zeros(2)]
    return {"a": both, "b": {"c d": both}}


def slopes(library: Any) -> Any:
    """Return a model in which one activation has its array at several places."""

    class Model(library.Module):
        first: Any
        rest: tuple

    prelu = library.nn.PReLU()
    same = library.tree_at(lambda p: p.negative_slope, library.nn.PReLU(0.1), prelu.negative_slope)
    return Model(prelu, (same, prelu.negative_slope))


MODELS = {"tied": tied, "twice": twice, "containers": containers, "slopes": slopes}


def opened(value: Any, name: str = "model") -> SharingMap:
    return SharingMap(model_tree(value, name, 1))


def run(fix: Fix, **variables: Any) -> dict[str, Any]:
    names = dict(variables)
    exec(fix.code, names)
    return names


def arrays(library: Any, value: Any) -> list[Any]:
    return jax.tree.leaves(library.filter(value, library.is_array))


@LIBRARIES
@pytest.mark.parametrize("name", MODELS)
def test_each_fix_does_what_it_says(library, name: str):
    model = MODELS[name](library)
    sharing = opened(model)
    (group,) = range(len(sharing))
    tie, once, apart = fixes(sharing, group, library.__name__)

    names = run(tie, model=model)
    stored = arrays(library, names["shared"])
    assert len(stored) == len({id(leaf) for leaf in arrays(library, model)})
    assert library.tree_equal(names["model"], jax.tree.map(lambda x: x, model))

    kept = run(once, model=model)["model"]
    library.tree_check(kept)
    assert len(arrays(library, kept)) == len({id(leaf) for leaf in arrays(library, model)})

    copies = run(apart, model=model)["model"]
    library.tree_check(copies)
    assert not len(opened(copies))
    assert library.tree_equal(copies, jax.tree.map(lambda x: x, model))


@LIBRARIES
def test_fixes_reach_what_is_shared_inside_something_shared(library):
    activation = library.nn.PReLU()
    one, other = ({"activation": activation, "w": jnp.full(2, x)} for x in (1.0, 2.0))
    model = [one, other, one]
    sharing = opened(model)
    paths = [[sharing.tree.path(int(n)) for n in sharing.places(g)] for g in range(len(sharing))]
    assert paths == [
        ["model[0]", "model[2]"],
        [f"model[{i}]['activation']" for i in range(3)],
    ]
    for group in range(2):
        tie, once, apart = fixes(sharing, group, library.__name__)
        tied = run(tie, model=model)["model"]
        assert library.tree_equal(tied, jax.tree.map(lambda x: x, model))
        slopes = [part["activation"].negative_slope for part in tied]
        assert slopes[0] is slopes[2]
        kept = run(once, model=model)["model"]
        assert kept[2] is None if group == 0 else kept[2]["activation"] is None
        parts = run(apart, model=model)["model"]
        assert parts[0]["activation"].negative_slope is not parts[2]["activation"].negative_slope


@LIBRARIES
def test_what_is_said_of_copies_is_what_happens(library):
    model = tied(library)
    sharing = opened(model)
    jit, update = sharing.consequences(0)
    assert "each of the 2 places is an input of its own" in jit
    traced = []
    library.filter_jit(
        lambda m: traced.append(jax.tree.leaves(library.filter(m, library.is_array)))
    )(model)
    assert traced[0][0] is not traced[0][1]

    @library.filter_grad
    def gradient(m: Any) -> Any:
        return jnp.sum(m.embedding.weight * 2) + jnp.sum(m.head.weight * 3)

    found = gradient(model)
    assert float(found.embedding.weight[0, 0]) == 2.0
    assert float(found.head.weight[0, 0]) == 3.0
    after = library.apply_updates(model, found)
    assert not len(opened(after))
    assert "drift apart" in update
    assert not np.allclose(after.embedding.weight, after.head.weight)
    added = sum(x.nbytes for x in arrays(library, after)) - model.embedding.weight.nbytes
    assert added == int(sharing.bytes_saved[0])
    with pytest.raises(Exception, match="donate the same buffer twice"):
        library.filter_jit(lambda m: m, donate="all")(model)
    assert "JAX refuses" in jit


def test_groups_are_columns_and_sort():
    small, large = jnp.ones(2), jnp.ones(100)
    sharing = opened({"a": small, "b": large, "c": [small, large, small]})
    assert sharing.n_places.tolist() == [3, 2]
    assert sharing.bytes_each.tolist() == [8, 400]
    assert sharing.bytes_saved.tolist() == [16, 400]
    assert sharing.order("saved").tolist() == [1, 0]
    assert sharing.order("count").tolist() == [0, 1]
    assert sharing.order("place", descending=False).tolist() == [0, 1]
    assert sharing.what(1) == "f32[100]"
    assert sharing.kind(0) == ShareKind.ARRAY
    assert [sharing.tree.path(int(n)) for n in sharing.places(1)] == ["model['b']", "model['c'][1]"]
    assert sharing.headline() == "2 objects are held at several places. That saves 416 B of 824 B."


def test_what_is_shared_inside_a_shared_node_saves_once():
    weight = jnp.ones(25)
    inner = [weight, weight]
    sharing = opened({"a": inner, "b": inner, "c": weight})
    whole = int(sharing.tree.n_bytes[0])
    assert sharing.total_saved == whole - weight.nbytes
    assert int(sharing.bytes_saved.sum()) > sharing.total_saved


def test_equal_arrays_are_not_shared():
    assert len(opened([jnp.ones(3), jnp.ones(3)])) == 0
    assert opened({"x": 1}).total_saved == 0


def test_variables_are_tied_together_in_code():
    weight = jnp.ones(3)
    model, other = {"w": weight, "b": jnp.zeros(2)}, [weight]
    sharing = opened(named_trees({"model": model, "other": other}), "")
    tie, once, _ = fixes(sharing, 0)
    names = run(tie, model=model, other=other)
    assert len(arrays(eqxcore, names["shared"])) == 2
    assert names["other"][0] is names["model"]["w"]
    assert run(once, model=model, other=other)["other"] == [None]
    inside = opened(named_trees({"model": [weight, weight], "other": 1.0}), "")
    assert "trees" not in fixes(inside, 0)[0].code


def test_places_that_code_cannot_reach_have_no_fix():
    class Odd:
        pass

    both = [jnp.ones(2)]
    assert fixes(opened({Odd(): both, "b": both}), 0) == ()
    many = opened([both] * 300)
    assert fixes(many, 0) == ()


def test_shared_integers_and_settings_have_no_gradient():
    ints, settings = jnp.arange(3), {"rate": 0.1}
    sharing = opened([ints, ints, settings, settings])
    kinds = {sharing.what(g): sharing.consequences(g) for g in range(len(sharing))}
    assert "no gradient" in kinds["i32[3]"][1]
    assert "cost no memory" in kinds["dict"][0]


def test_a_hundred_thousand_groups_are_quick():
    def tree() -> ModelTree:
        pairs = [np.ones(2, np.float32) for _ in range(100_000)]
        return model_tree([pairs, list(pairs), [np.zeros(1)] * 800_000], "model", 1)

    columns = tree()
    start = time.process_time()
    sharing = SharingMap(columns)
    order = sharing.order("saved")
    headline = sharing.headline()
    shown = [sharing.what(int(g)) for g in order[:50]]
    seconds = time.process_time() - start
    assert len(sharing) == 100_001
    assert headline.startswith("100,001 objects")
    assert shown[0] == "f64[1]"
    assert seconds < 0.25
