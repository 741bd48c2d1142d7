"""A PyTree in a file of Equinox's format: whole or not at all, and read back by Equinox itself."""

import errno
import io
import os
import resource
import signal
from pathlib import Path
from typing import Any

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import eqxcore
from eqxviz.analysis.cancelled import CancelledError
from eqxviz.records import FILE_EXISTS
from eqxviz.worker import cards, making
from eqxviz.worker.leaves_file import on_host, write_leaves

MLP = equinox.nn.MLP(2, 1, 8, 2, key=jax.random.key(0))
OPTIMISER = optax.adamw(1e-3)


def refused(tree: Any, path: str, **how: Any) -> Any:
    with pytest.raises(cards.CardError, match=r".") as raised:
        write_leaves(tree, path, **how)
    return raised.value.card


def same(one: Any, other: Any) -> bool:
    return all(
        np.array_equal(np.asarray(a), np.asarray(b)) and a.dtype == b.dtype
        for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True)
        if equinox.is_array(a)
    )


@pytest.mark.parametrize(
    "tree",
    [
        MLP,
        equinox.filter(MLP, equinox.is_array),
        jax.tree.map(lambda x: x.astype(jnp.bfloat16) if equinox.is_array(x) else x, MLP),
        OPTIMISER.init(equinox.filter(MLP, equinox.is_inexact_array)),
        {"key": jax.random.PRNGKey(3), "n": 7, "x": np.arange(3.0), "name": "a", "no": None},
        (jnp.int8(3), 2.5, 1 + 2j, True, np.float32(4)),
    ],
    ids=["model", "filtered", "bfloat16", "optimiser state", "raw key", "numbers"],
)
@pytest.mark.parametrize("prepared", [lambda tree: tree, on_host], ids=["as it is", "on the host"])
def test_equinox_reads_what_is_written_and_writes_the_same_bytes(
    tree: Any, prepared: Any, tmp_path: Path
) -> None:
    saved = write_leaves(prepared(tree), str(tmp_path / "tree"))
    expected = io.BytesIO()
    equinox.tree_serialise_leaves(expected, tree)
    assert Path(saved.path).read_bytes() == expected.getvalue()
    assert saved.n_bytes == len(expected.getvalue())
    like = jax.tree.map(lambda x: x * 0 if equinox.is_array(x) else x, tree)
    assert same(equinox.tree_deserialise_leaves(tmp_path / "tree.eqx", like), tree)


def test_a_typed_key_is_written_as_its_data_and_read_back_as_a_key(tmp_path: Path) -> None:
    tree = {"key": jax.random.split(jax.random.key(3, impl="rbg"), 4), "x": jnp.ones(2)}
    saved = write_leaves(on_host(tree), str(tmp_path / "a.eqx"))
    assert (saved.n_leaves, saved.n_keys) == (2, 0)
    assert write_leaves(tree, str(tmp_path / "b.eqx")).n_keys == 1
    assert (tmp_path / "a.eqx").read_bytes() == (tmp_path / "b.eqx").read_bytes()
    data = {"key": jax.random.key_data(tree["key"]) * 0, "x": jnp.zeros(2)}
    read = equinox.tree_deserialise_leaves(tmp_path / "b.eqx", data)
    assert np.array_equal(read["key"], jax.random.key_data(tree["key"]))
    again, *left = making.with_weights(lambda: jax.tree.map(lambda x: x, tree), saved.path)
    assert (again["key"] == tree["key"]).all()
    assert left == [0, 0]


def test_a_file_without_a_suffix_gets_that_of_equinox(tmp_path: Path) -> None:
    assert write_leaves(MLP, str(tmp_path / "model")).path == str(tmp_path / "model.eqx")


def test_a_file_that_is_there_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "model.eqx"
    path.write_text("mine")
    path.chmod(0o640)
    card = refused(MLP, str(path))
    assert (card.code, path.read_text()) == (FILE_EXISTS, "mine")
    write_leaves(MLP, str(path), replaces=True)
    assert same(equinox.tree_deserialise_leaves(path, MLP), MLP)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["model.eqx"]


def test_a_new_file_may_be_read_by_whom_the_user_lets(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        path = Path(write_leaves(MLP, str(tmp_path / "model")).path)
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_disk_that_is_full_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "model.eqx"
    path.write_text("mine")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        card = refused(jnp.zeros(5000), str(path), replaces=True)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert (card.code, card.why) == ("not-saved", f"{os.strerror(errno.EFBIG)}.")
    assert [each.name for each in tmp_path.iterdir()] == ["model.eqx"]
    assert path.read_text() == "mine"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    card = refused(MLP, str(tmp_path / "none" / "a.eqx"))
    assert card.why == f"The folder {tmp_path / 'none'} does not exist."
    (tmp_path / "file").write_text("")
    assert "Not a directory" in refused(MLP, str(tmp_path / "file" / "a.eqx")).why


def test_an_array_that_was_donated_is_named(tmp_path: Path) -> None:
    x = jnp.ones(3)
    x.delete()
    card = refused({"a": jnp.ones(2), "b": [x]}, str(tmp_path / "a.eqx"))
    assert "['b'][0]" in card.why
    assert not list(tmp_path.iterdir())


def test_what_has_no_values_is_not_saved(tmp_path: Path) -> None:
    shapes = eqxcore.filter_eval_shape(lambda: MLP)
    assert "as shapes" in refused(shapes, str(tmp_path / "a.eqx")).why
    assert "neither an array nor a number" in refused({"a": "b"}, str(tmp_path / "a.eqx")).why
    assert not list(tmp_path.iterdir())


def test_who_gives_up_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(CancelledError, match=r"^$"):
        write_leaves(MLP, str(tmp_path / "a.eqx"), is_cancelled=lambda: True)
    assert not list(tmp_path.iterdir())
