"""The multi-layer perceptron."""

from collections.abc import Callable
from typing import Any, Literal, Union

import jax
import jax.nn as jnn
import jax.numpy as jnp
import jax.random as jr
import jax.tree_util as jtu
from jaxtyping import Array, PRNGKeyArray

from eqxcore._filters import combine, is_array, partition
from eqxcore._module import Module, field
from eqxcore.nn._arguments import check_key, check_sizes, explain
from eqxcore.nn._init import split
from eqxcore.nn._linear import Linear

_identity = lambda x: x  # noqa: E731 (a lambda, as which it is printed)


def _elementwise(activation: Callable, x: Array) -> Array:
    """Return `activation` of each element of `x`, with its own slice of the activation's arrays."""
    if not callable(activation):
        raise TypeError(
            f"The activation of this `MLP` is {activation!r}, of type "
            f"`{type(activation).__name__}`: pass a function, such as `jax.nn.relu`."
        )
    arrays, rest = partition(activation, is_array)
    return jax.vmap(lambda part, element: combine(part, rest)(element))(arrays, x)


def _repeated(activation: Callable, shape: tuple[int, ...]) -> Callable:
    """Return `activation` with its arrays repeated, so that each unit of each layer has its own."""
    return jtu.tree_map(
        lambda leaf: jnp.broadcast_to(leaf, shape + leaf.shape) if is_array(leaf) else leaf,
        activation,
    )


class MLP(Module):
    """A feed-forward network of `depth` hidden layers, all of one width."""

    layers: tuple[Linear, ...]
    activation: Callable
    final_activation: Callable
    use_bias: bool = field(static=True)
    use_final_bias: bool = field(static=True)
    in_size: Union[int, Literal["scalar"]] = field(static=True)  # noqa: UP007 (shown so)
    out_size: Union[int, Literal["scalar"]] = field(static=True)  # noqa: UP007
    width_size: int = field(static=True)
    depth: int = field(static=True)
    scan: bool = field(static=True, default=False)

    def __init__(
        self,
        in_size: Union[int, Literal["scalar"]],  # noqa: UP007
        out_size: Union[int, Literal["scalar"]],  # noqa: UP007
        width_size: int,
        depth: int,
        activation: Callable = jnn.relu,
        final_activation: Callable = _identity,
        use_bias: bool = True,
        use_final_bias: bool = True,
        dtype=None,
        *,
        scan: bool = False,
        key: PRNGKeyArray,
    ):
        """Make `depth + 1` linear layers.

        Args:
            in_size: The length of the input, or `"scalar"` for an input of shape `()`.
            out_size: The length of the output, or `"scalar"` for an output of shape `()`.
            width_size: The number of units of each hidden layer.
            depth: The number of hidden layers; 0 makes a single linear layer.
            activation: After each hidden layer, applied to one element at a time. If it holds
                arrays (is trainable), each unit gets its own.
            final_activation: As `activation`, after the last layer.
            use_bias: Whether the hidden layers have a bias.
            use_final_bias: Whether the last layer has a bias.
            dtype: Of the parameters; by default that of the current precision.
            scan: Keep the hidden layers after the first as one `Linear` with a leading axis, and
                run them by `jax.lax.scan`, which compiles faster when there are many.
            key: For the initial values.
        """
        sizes: dict[str, Any] = {"in_size": in_size, "out_size": out_size}
        check_sizes(self, **{name: size for name, size in sizes.items() if size != "scalar"})
        check_sizes(self, depth=depth)
        if depth > 0:
            check_sizes(self, width_size=width_size)
        check_key(self, key)
        keys = split(key, depth + 1)

        def hidden(key: PRNGKeyArray) -> Linear:
            return Linear(width_size, width_size, use_bias, dtype=dtype, key=key)

        if depth == 0:
            layers = [Linear(in_size, out_size, use_final_bias, dtype=dtype, key=keys[0])]
        else:
            layers = [Linear(in_size, width_size, use_bias, dtype=dtype, key=keys[0])]
            if scan:
                layers.append(jax.vmap(hidden)(jr.split(key, depth + 1)[1:-1]))
            else:
                layers += map(hidden, keys[1:-1])
            layers.append(Linear(width_size, out_size, use_final_bias, dtype=dtype, key=keys[-1]))
        self.layers = tuple(layers)
        self.in_size = in_size
        self.out_size = out_size
        self.width_size = width_size
        self.depth = depth
        self.use_bias = use_bias
        self.use_final_bias = use_final_bias
        self.scan = scan
        self.activation = _repeated(activation, (depth, width_size))
        self.final_activation = _repeated(
            final_activation, () if out_size == "scalar" else (out_size,)
        )

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return the output for one input of shape `(in_size,)`; use `jax.vmap` for a batch.

        `key` is ignored; it is there because every layer takes one.
        """
        try:
            return self._output(x)
        except (TypeError, ValueError) as error:
            explain(error, self, x=(x, () if self.in_size == "scalar" else ("in_size",)))
            raise

    def _output(self, x: Array) -> Array:
        arrays, rest = partition(self.activation, is_array)

        def activate(part: Any, x: Array) -> Array:
            return _elementwise(combine(part, rest), x)

        def part(which: Any) -> Any:
            return jtu.tree_map(lambda leaf: leaf[which], arrays)

        if self.depth > 0:
            x = activate(part(0), self.layers[0](x))
        if self.scan and self.depth > 0:

            def step(x: Array, layer: tuple[Linear, Any]) -> tuple[Array, None]:
                linear, its_part = layer
                return activate(its_part, linear(x)), None

            x, _ = jax.lax.scan(step, x, (self.layers[1], part(slice(1, None))))
        else:
            for i, layer in enumerate(self.layers[1:-1], start=1):
                x = activate(part(i), layer(x))
        x = self.layers[-1](x)
        if self.out_size == "scalar":
            return self.final_activation(x)
        return _elementwise(self.final_activation, x)
