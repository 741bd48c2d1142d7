"""Single steps of recurrent networks, to be repeated by `jax.lax.scan`."""

import math
from typing import Any

import jax.nn as jnn
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import Module, field
from eqxcore.nn._arguments import check_key, check_sizes, explain
from eqxcore.nn._init import uniform


class GRUCell(Module):
    """One step of a gated recurrent unit."""

    weight_ih: Array
    weight_hh: Array
    bias: Array | None
    bias_n: Array | None
    input_size: int = field(static=True)
    hidden_size: int = field(static=True)
    use_bias: bool = field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        use_bias: bool = True,
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Draw weights and biases uniformly within `1 / sqrt(hidden_size)` of zero.

        Args:
            input_size: The length of the input of each step.
            hidden_size: The length of the hidden state.
            use_bias: Whether to add biases.
            dtype: Of weights and biases; by default that of the current precision.
            key: For the initial values.
        """
        check_sizes(self, input_size=input_size)
        check_sizes(self, least=1, hidden_size=hidden_size)
        check_key(self, key)
        self.weight_ih, self.weight_hh, self.bias, self.bias_n = uniform(
            key,
            math.sqrt(1 / hidden_size),
            (
                (3 * hidden_size, input_size),
                (3 * hidden_size, hidden_size),
                (3 * hidden_size,) if use_bias else None,
                (hidden_size,) if use_bias else None,
            ),
            dtype,
        )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.use_bias = use_bias

    def __call__(self, input: Array, hidden: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return the new hidden state.

        Args:
            input: Of shape `(input_size,)`; use `jax.vmap` for a batch.
            hidden: The hidden state, of shape `(hidden_size,)`.
            key: Ignored; it is there because every layer takes one.
        """
        try:
            from_input = self.weight_ih @ input
            if self.bias is not None:
                from_input = from_input + self.bias
            input_r, input_z, input_n = jnp.split(from_input, 3)
            hidden_r, hidden_z, hidden_n = jnp.split(self.weight_hh @ hidden, 3)
            if self.bias_n is not None:
                hidden_n = hidden_n + self.bias_n
            keep = jnn.sigmoid(input_z + hidden_z)
            new = jnp.tanh(input_n + jnn.sigmoid(input_r + hidden_r) * hidden_n)
            return new + keep * (hidden - new)
        except (TypeError, ValueError) as error:
            _explain(error, self, input, hidden=hidden)
            raise


class LSTMCell(Module):
    """One step of a long short-term memory."""

    weight_ih: Array
    weight_hh: Array
    bias: Array | None
    input_size: int = field(static=True)
    hidden_size: int = field(static=True)
    use_bias: bool = field(static=True)

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        use_bias: bool = True,
        dtype=None,
        *,
        key: PRNGKeyArray,
    ):
        """Draw weights and bias uniformly within `1 / sqrt(hidden_size)` of zero.

        Args:
            input_size: The length of the input of each step.
            hidden_size: The length of each half of the hidden state.
            use_bias: Whether to add a bias.
            dtype: Of weights and bias; by default that of the current precision.
            key: For the initial values.
        """
        check_sizes(self, input_size=input_size)
        check_sizes(self, least=1, hidden_size=hidden_size)
        check_key(self, key)
        self.weight_ih, self.weight_hh, self.bias = uniform(
            key,
            math.sqrt(1 / hidden_size),
            (
                (4 * hidden_size, input_size),
                (4 * hidden_size, hidden_size),
                (4 * hidden_size,) if use_bias else None,
            ),
            dtype,
        )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.use_bias = use_bias

    def __call__(self, input, hidden, *, key=None):
        """Return the new hidden state, a pair of arrays.

        Args:
            input: Of shape `(input_size,)`; use `jax.vmap` for a batch.
            hidden: The hidden state and the cell's state, a pair of arrays of shape
                `(hidden_size,)`.
            key: Ignored; it is there because every layer takes one.
        """
        if len(hidden) != 2:
            given = (
                f"an array of shape `{hidden.shape}`"
                if hasattr(hidden, "shape")
                else f"a `{type(hidden).__name__}` of {len(hidden)}"
            )
            raise ValueError(
                "`LSTMCell` takes a pair of arrays `(hidden, cell)` as `hidden`, each of shape "
                f"`({self.hidden_size},)`, and was given {given}."
            )
        h, c = hidden
        try:
            gates = self.weight_ih @ input + self.weight_hh @ h
            if self.bias is not None:
                gates = gates + self.bias
            add, keep, new, show = jnp.split(gates, 4)
            c = jnn.sigmoid(keep) * c + jnn.sigmoid(add) * jnp.tanh(new)
            return jnn.sigmoid(show) * jnp.tanh(c), c
        except (TypeError, ValueError) as error:
            _explain(error, self, input, **{"hidden[0]": h, "hidden[1]": c})
            raise


def _explain(error: Exception, cell: Module, input: Any, **hidden: Any) -> None:
    """Raise `error` anew if the input or a part of the state is of another shape; else return."""
    states = {name: (value, ("hidden_size",)) for name, value in hidden.items()}
    try:
        explain(error, cell, input=(input, ("input_size",)), **states)
    except (TypeError, ValueError) as told:
        if getattr(input, "ndim", 0) > 1:
            told.add_note("A cell takes one step: run it over a sequence by `jax.lax.scan`.")
        raise
