"""Leaves in files: round trips, files shared with Equinox, and messages that name the leaf."""

import io
import pathlib
import pickle
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eqxcore as eqx
from tests.eqxcore.pytrees import Node, law, leaves, pytrees

PACKAGES = {"equinox": equinox, "eqxcore": eqx}


def written(tree: Any, package: Any = eqx) -> bytes:
    file = io.BytesIO()
    package.tree_serialise_leaves(file, tree)
    return file.getvalue()


def read(data: bytes, like: Any, package: Any = eqx) -> Any:
    return package.tree_deserialise_leaves(io.BytesIO(data), like)


def emptied(tree: Any) -> Any:
    """Return `tree` with other values in its arrays and numbers."""

    def other(leaf: Any) -> Any:
        if isinstance(leaf, jax.Array):
            return jnp.zeros_like(leaf)
        if isinstance(leaf, np.ndarray):
            return np.zeros_like(leaf)
        return type(leaf)(0) if isinstance(leaf, (bool, int, float, complex)) else leaf

    return jtu.tree_map(other, tree)


@law
@given(pytrees())
def test_what_is_written_is_read(tree: Any) -> None:
    assert bool(eqx.tree_equal(read(written(tree), emptied(tree)), tree, typematch=True))


@law
@given(st.lists(leaves(), max_size=4))
def test_files_are_equal_to_those_of_equinox(tree: list[Any]) -> None:
    assert written(tree) == written(tree, equinox)


@pytest.mark.parametrize("reader", PACKAGES)
@pytest.mark.parametrize("writer", PACKAGES)
def test_each_package_reads_what_the_other_wrote(reader: str, writer: str) -> None:
    def make(package: Any, seed: int) -> Any:
        layers = [package.nn.MLP(2, 3, 4, 2, key=jax.random.key(seed)), package.nn.Dropout(0.1)]
        return layers, {"step": seed, "rate": 0.5, "bf16": jnp.full(2, seed, jnp.bfloat16)}

    saved, like = make(PACKAGES[writer], 1), make(PACKAGES[reader], 2)
    loaded = read(written(saved, PACKAGES[writer]), like, PACKAGES[reader])
    expected = make(PACKAGES[reader], 1)
    assert bool(eqx.tree_equal(loaded, expected))


@pytest.mark.parametrize("dtype", ["bfloat16", "float8_e4m3fn", "float8_e5m2", "int4", "uint4"])
@pytest.mark.parametrize("kind", [jnp.asarray, np.asarray])
def test_types_that_numpy_does_not_have_are_kept(dtype: str, kind: Any) -> None:
    array = kind(np.ones((2, 1)).astype(jnp.dtype(dtype)))
    loaded = read(written(array), kind(np.zeros((2, 1)).astype(jnp.dtype(dtype))))
    assert loaded.dtype == array.dtype
    assert bool(eqx.tree_equal(loaded, array, typematch=True))


def test_a_shape_stands_for_an_array() -> None:
    model = eqx.nn.Linear(2, 3, key=jax.random.key(0))
    like = eqx.filter_eval_shape(eqx.nn.Linear, 2, 3, key=jax.random.key(1))
    assert bool(eqx.tree_equal(read(written(model), like), model))


def test_a_path_without_suffix_gets_one(tmp_path: pathlib.Path) -> None:
    eqx.tree_serialise_leaves(tmp_path / "model", [1])
    eqx.tree_serialise_leaves(str(tmp_path / "model.npy"), [2])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.eqx", "model.npy"]
    assert eqx.tree_deserialise_leaves(str(tmp_path / "model"), [0]) == [1]


def test_several_trees_share_an_open_file(tmp_path: pathlib.Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.write(b"header\n")
        eqx.tree_serialise_leaves(file, [1])
        eqx.tree_serialise_leaves(file, {"a": 2.0})
    with (tmp_path / "x").open("rb") as file:
        assert file.readline() == b"header\n"
        assert eqx.tree_deserialise_leaves(file, [0]) == [1]
        assert eqx.tree_deserialise_leaves(file, {"a": 0.0}) == {"a": 2.0}


def test_nothing_is_unpickled() -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("unpickled",))

    objects = io.BytesIO()
    np.save(objects, np.array([Bomb()], dtype=object), allow_pickle=True)
    for data in (pickle.dumps(Bomb()), objects.getvalue()):
        for like in (jnp.ones(1), np.array([None]), 1):
            with pytest.raises(RuntimeError, match="Could not read the leaf at the root"):
                read(data, like)


MODEL = {"layers": [Node(jnp.ones(2)), Node(jnp.ones((2, 3)))], "rate": 0.5}


def changed(**changes: Any) -> Any:
    """Return `MODEL` with another leaf in the second layer, or another rate."""
    model = {**MODEL, "rate": changes.get("rate", 0.5)}
    return eqx.tree_at(lambda m: m["layers"][1].leaf, model, changes.get("leaf", jnp.ones((2, 3))))


@pytest.mark.parametrize(
    ("like", "message"),
    [
        (
            changed(leaf=jnp.ones((3, 2))),
            r"at \['layers'\]\[1\]\.leaf has changed shape from \(3, 2\) in `like` to \(2, 3\)",
        ),
        (
            changed(leaf=jnp.ones((2, 3), int)),
            r"at \['layers'\]\[1\]\.leaf has changed dtype from int32 in `like` to float32",
        ),
        (
            changed(leaf=jnp.ones((2, 3), jnp.bfloat16)),
            r"at \['layers'\]\[1\]\.leaf has changed dtype from bfloat16 in `like` to float32",
        ),
        (
            changed(leaf=1.0),
            r"leaf at \['layers'\]\[1\]\.leaf \(of type `float` in `like`\).*shape \(2, 3\)",
        ),
        (
            changed(rate=3),
            r"leaf at \['rate'\] \(of type `int`.*holds 0\.5.*become 0.*`like` a `float`",
        ),
        (
            {**MODEL, "z": jnp.ones(5)},
            r"leaf at \['z'\] \(an array of shape \(5,\).*file ends before it.*file whole",
        ),
    ],
)
def test_what_does_not_match_is_named(like: Any, message: str) -> None:
    with pytest.raises(RuntimeError, match=message):
        read(written(MODEL), like)


@pytest.mark.parametrize("end", [0, 3, 50, 130, 140, -1])
def test_a_truncated_file_names_the_leaf_and_the_doubt(end: int) -> None:
    message = r"leaf at \['(layers|rate)'\].*the file (ends before it.*whole|is cut off.*again)"
    with pytest.raises(RuntimeError, match=message):
        read(written(MODEL)[:end], MODEL)


@pytest.mark.parametrize("at", [0, 3, 12, 30])
def test_a_corrupt_file_names_the_leaf(at: int) -> None:
    data = bytearray(written(MODEL))
    data[at] ^= 0xFF
    with pytest.raises(RuntimeError, match=r"Could not read the leaf at \['layers'\]\[0\]\.leaf"):
        read(bytes(data), MODEL)


def test_a_key_is_refused_with_what_to_save_instead() -> None:
    message = r"leaf at \['key'\].*typed PRNG key.*`jax\.random\.key_data"
    with pytest.raises(RuntimeError, match=message):
        written({"key": jax.random.key(0)})
    with pytest.raises(RuntimeError, match=message):
        read(b"", {"key": jax.random.key(0)})


def test_an_error_of_a_spec_names_the_leaf_and_is_the_cause() -> None:
    def spec(file: Any, leaf: Any) -> None:
        raise KeyError("mine")

    with pytest.raises(
        RuntimeError, match=r"write the leaf at \['a'\].*KeyError: 'mine'"
    ) as caught:
        eqx.tree_serialise_leaves(io.BytesIO(), {"a": 1}, filter_spec=spec)
    assert isinstance(caught.value.__cause__, KeyError)


def test_a_tree_of_specs_that_does_not_fit_is_located() -> None:
    specs = {"a": [eqx.default_serialise_filter_spec]}
    with pytest.raises(ValueError, match=r"filter_spec\['a'\]` it has a list of 1 .* list of 2"):
        eqx.tree_serialise_leaves(io.BytesIO(), {"a": [1, 2]}, filter_spec=specs)


def test_what_is_no_file_is_refused() -> None:
    with pytest.raises(TypeError, match="open binary file; it is of type `int`"):
        eqx.tree_serialise_leaves(3, [1])
