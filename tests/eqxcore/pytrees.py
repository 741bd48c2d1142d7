"""PyTrees for properties to be tried on."""

from collections import namedtuple
from typing import Any

import jax
import jax.numpy as jnp
import jax.tree_util as jtu
import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

import eqxcore as eqx

#: How the laws are tried: few examples, and without complaint on a slow machine.
law = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Pair = namedtuple("Pair", ["first", "second"])

_SHAPES = ((), (2,), (2, 3), (0,))
_DTYPES = ("float32", "float16", "int32", "bool", "complex64", "bfloat16")


class Node(eqx.Module):
    """A Module with a leaf, a subtree and a static field."""

    leaf: Any
    subtree: Any = None
    kind: str = eqx.field(static=True, default="a")


@st.composite
def arrays(draw: st.DrawFn) -> Any:
    """JAX and NumPy arrays of few shapes and types, and no NaN."""
    shape, dtype = draw(st.sampled_from(_SHAPES)), draw(st.sampled_from(_DTYPES))
    values = np.arange(np.prod(shape)).reshape(shape) + draw(st.integers(0, 9))
    array = values.astype(jnp.dtype(dtype))
    return jnp.asarray(array) if draw(st.booleans()) else array


def leaves() -> st.SearchStrategy[Any]:
    """What may stand at the end of a PyTree, other than `None`."""
    numbers = st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.just(2j)
    others = st.sampled_from(["text", jnp.sin, jax.nn.relu, object])
    return arrays() | numbers | others


def pytrees() -> st.SearchStrategy[Any]:
    """PyTrees of the containers that users have, Modules among them."""

    def wider(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return (
            st.lists(inner, max_size=3)
            | st.lists(inner, max_size=3).map(tuple)
            | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
            | st.builds(Pair, inner, inner)
            | st.builds(Node, inner, inner, st.sampled_from("ab"))
        )

    return st.recursive(leaves() | st.none(), wider, max_leaves=8)


def same(left: Any, right: Any) -> bool:
    """Return whether two PyTrees have one structure and the very same leaves."""
    a, structure = jtu.tree_flatten(left)
    b, other_structure = jtu.tree_flatten(right)
    return structure == other_structure and all(x is y for x, y in zip(a, b, strict=True))
