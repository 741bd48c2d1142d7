"""Leaves in files."""

import io
import os
import pathlib
import pickle
import tempfile
from collections.abc import Callable
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np

from tests.parity.outcome import Program


def _written(eqx: ModuleType, tree: Any, **kwargs: Any) -> bytes:
    file = io.BytesIO()
    eqx.tree_serialise_leaves(file, tree, **kwargs)
    return file.getvalue()


def _read(eqx: ModuleType, data: bytes, like: Any, **kwargs: Any) -> Any:
    return eqx.tree_deserialise_leaves(io.BytesIO(data), like, **kwargs)


def _bytes(tree: Any, **kwargs: Any) -> Program:
    return lambda eqx: _written(eqx, tree, **kwargs)


def _back(tree: Any, like: Any, **kwargs: Any) -> Program:
    return lambda eqx: _read(eqx, _written(eqx, tree), like, **kwargs)


def _load(data: bytes, like: Any) -> Program:
    return lambda eqx: _read(eqx, data, like)


def _in_folder(program: Callable[[ModuleType, pathlib.Path], Any]) -> Program:
    def run(eqx: ModuleType) -> Any:
        with tempfile.TemporaryDirectory() as folder:
            return program(eqx, pathlib.Path(folder))

    return run


def _paths(eqx: ModuleType, folder: pathlib.Path) -> Any:
    (folder / "dotted.folder").mkdir()
    for name in ("plain", "with.eqx", "with.npy", "a.b.c", "dotted.folder/plain"):
        eqx.tree_serialise_leaves(str(folder / name), [1])
        eqx.tree_serialise_leaves(folder / f"{name}2", [2])
    loaded = [
        eqx.tree_deserialise_leaves(folder / "plain", [0]),
        eqx.tree_deserialise_leaves(str(folder / "plain.eqx"), [0]),
        eqx.tree_deserialise_leaves(str(folder / "with.npy"), [0]),
    ]
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")), loaded


def _open_file(eqx: ModuleType, folder: pathlib.Path) -> Any:
    with (folder / "x").open("wb") as file:
        eqx.tree_serialise_leaves(file, [1, jnp.ones(2)])
        eqx.tree_serialise_leaves(file, {"a": 2.0})
    with (folder / "x").open("rb") as file:
        first = eqx.tree_deserialise_leaves(file, [0, jnp.zeros(2)])
        return first, eqx.tree_deserialise_leaves(file, {"a": 0.0}), os.path.getsize(folder / "x")


def _model(eqx: ModuleType) -> Any:
    first, second = (eqx.nn.MLP(2, 3, 4, 2, key=jax.random.key(seed)) for seed in (0, 1))
    shapes = jtu.tree_map(
        lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype) if eqx.is_array(x) else x, second
    )
    data = _written(eqx, first)
    return data, _read(eqx, data, second), _read(eqx, data, shapes)


def _extended_spec(eqx: ModuleType) -> Any:
    def save(f: Any, x: Any) -> None:
        return None if isinstance(x, jax.Array) else eqx.default_serialise_filter_spec(f, x)

    def load(f: Any, x: Any) -> Any:
        return x if isinstance(x, jax.Array) else eqx.default_deserialise_filter_spec(f, x)

    data = _written(eqx, (jnp.arange(3), [4, 5]), filter_spec=save)
    return data, _read(eqx, data, (jnp.zeros(3), [0, 0]), filter_spec=load)


def _tree_of_specs(eqx: ModuleType) -> Any:
    save, load = eqx.default_serialise_filter_spec, eqx.default_deserialise_filter_spec
    data = _written(eqx, [1, (2.0, 3)], filter_spec=[save, lambda f, x: None])
    return data, _read(eqx, data, [0, (0.0, 0)], filter_spec=[load, lambda f, x: x])


def _raise(f: Any, x: Any) -> None:
    raise KeyError("x")


def _whole() -> bytes:
    file = io.BytesIO()
    np.save(file, np.arange(3, dtype=np.float32))
    np.save(file, np.arange(2, dtype=np.int32))
    return file.getvalue()


def _object_file() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([None]), allow_pickle=True)
    return file.getvalue()


_LEAVES = [jnp.arange(3.0), np.arange(3), 1, 1.5, True, 2j, "s", None, jnp.sin, np.float32(2)]
_TWO = [jnp.zeros(3), jnp.zeros(2, jnp.int32)]

PROGRAMS: dict[str, Program] = {
    "bytes of leaves": _bytes(_LEAVES),
    "bytes of small types": _bytes([jnp.ones(2, jnp.bfloat16), jnp.ones(1, jnp.int4)]),
    "bytes of Fortran order": _bytes(np.ones((3, 2)).T),
    "bytes of text arrays": _bytes(np.array("abc")),
    "bytes of a struct": _bytes(jax.ShapeDtypeStruct((2,), jnp.float32)),
    "bytes with is_leaf": _bytes(
        [1, (2,)],
        filter_spec=lambda f, x: print("leaf", x),
        is_leaf=lambda x: isinstance(x, tuple),
    ),
    "a key": _bytes(jax.random.key(0)),
    "a tracer": lambda eqx: jax.jit(lambda x: _written(eqx, x))(1.0),
    "there and back": _back(_LEAVES, _LEAVES),
    "bfloat16 back": _back(jnp.ones(2, jnp.bfloat16), jnp.zeros(2, jnp.bfloat16)),
    "bfloat16 into a struct": _back(
        jnp.ones(2, jnp.bfloat16), jax.ShapeDtypeStruct((2,), jnp.bfloat16)
    ),
    "int into float": _back([1], [2.0]),
    "whole float into int": _back([1.0], [2]),
    "int into bool": _back([1], [True]),
    "real into complex": _back([1.0, 2], [1j, 1j]),
    "JAX into NumPy": _back(jnp.ones(2), np.ones(2, np.float32)),
    "NumPy into JAX": _back(np.ones(2, np.float32), jnp.ones(2)),
    "float64 into float32 of JAX": _back(np.ones(2), jnp.ones(2)),
    "number into JAX scalar": _back(1.0, jnp.ones(())),
    "JAX scalar into number": _back(jnp.ones(()), 1.0),
    "NumPy scalar into number": _back(np.float32(1), 1.0),
    "NumPy scalar into another": _back(np.float32(1), np.float64(2)),
    "array into struct": _back(jnp.ones(2), jax.ShapeDtypeStruct((2,), jnp.float32)),
    "fewer leaves": _back([1, 2], [1]),
    "what stays as it is": _back([], ["s", None, jnp.sin]),
    "more after the end": _load(_whole() + b"more", _TWO),
    "a model": _model,
    "an extended spec": _extended_spec,
    "a tree of specs": _tree_of_specs,
    "paths": _in_folder(_paths),
    "an open file": _in_folder(_open_file),
    "complex into float": _back([1j], [1.0]),
    "another shape": _back(jnp.ones(2), jnp.ones(3)),
    "another dtype": _back(jnp.ones(2), jnp.ones(2, int)),
    "another shape of a struct": _back(jnp.ones(2), jax.ShapeDtypeStruct((3,), jnp.float32)),
    "array into number": _back(jnp.ones(2), 1.0),
    "number into array": _back(1.0, jnp.ones(2)),
    "float32 into bfloat16": _back(jnp.ones(2), jnp.zeros(2, jnp.bfloat16)),
    "bfloat16 into float32": _back(jnp.ones(2, jnp.bfloat16), jnp.zeros(2)),
    "longer text": _back(np.array("abc"), np.array("abcd")),
    "more leaves": _back([1], [1, 2]),
    **{
        f"cut off after {n} bytes": _load(_whole()[:n], _TWO)
        for n in (0, 1, 5, 20, 100, 130, len(_whole()) - 1)
    },
    "not such a file": _load(b"something else altogether", _TWO),
    "not such a file, for a number": _load(b"something else altogether", [1]),
    "a pickle": _load(pickle.dumps([1]), _TWO),
    "an array of objects, for an array": _load(_object_file(), [jnp.ones(1)]),
    "a spec that raises on writing": _bytes([1], filter_spec=_raise),
    "a spec that raises on reading": _back([1], [1], filter_spec=_raise),
    "a spec that is no function": _bytes([1], filter_spec=3),
    "a spec of too few": _bytes([1, 2], filter_spec=[_raise]),
    "a spec of None": _bytes([1], filter_spec=None),
    "a spec that returns another type": _back([1], [1], filter_spec=lambda f, x: "new"),
    "a spec that returns another shape": _back(
        jnp.ones(2), jnp.ones(2), filter_spec=lambda f, x: jnp.ones(3)
    ),
    "a spec that returns a NumPy array": _back(
        jnp.ones(2), jnp.ones(2), filter_spec=lambda f, x: np.ones(2, np.float32)
    ),
    "no such file": _in_folder(lambda eqx, at: eqx.tree_deserialise_leaves(at / "none", [1])),
    "no such folder": _in_folder(lambda eqx, at: eqx.tree_serialise_leaves(at / "a/b", [1])),
}

# Where eqxcore is meant to do otherwise: what it does, and why.
DIFFERENT: dict[str, tuple[Program, Any, str]] = {
    "NumPy bfloat16 back": (
        _back(np.ones(2, jnp.bfloat16), np.zeros(2, jnp.bfloat16)),
        np.ones(2, jnp.bfloat16),
        "Equinox writes it, but cannot read it again",
    ),
    "float8 and int4 back": (
        _back(
            [jnp.ones(1, t) for t in (jnp.float8_e4m3fn, jnp.int4)],
            [jnp.zeros(1, t) for t in (jnp.float8_e4m3fn, jnp.int4)],
        ),
        [jnp.ones(1, t) for t in (jnp.float8_e4m3fn, jnp.int4)],
        "Equinox writes them, but cannot read them again",
    ),
}
