"""Layers one after the other."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax.random as jr
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import AbstractClassVar, Module
from eqxcore._types import sentinel, summary
from eqxcore.nn._state import State


class StatefulLayer(Module):
    """The base of layers that may take a state and return a new one.

    `Sequential` calls a layer for which `is_stateful()` is true as
    `x, state = layer(x, state=state, key=key)`.
    """

    __call__: AbstractClassVar[Callable]

    def is_stateful(self) -> bool:
        """Return whether calls of this layer take and return a state."""
        return True


class Sequential(StatefulLayer):
    """Layers that are called one after the other, each with what the one before returned."""

    layers: tuple

    def __init__(self, layers: Sequence[Callable]):
        """Keep `layers`; wrap plain functions in `Lambda`, for each layer is given a `key`."""
        self.layers = tuple(layers)

    def __call__(
        self, x: Array, state: State = sentinel, *, key: PRNGKeyArray | None = None
    ) -> Array | tuple[Array, State]:
        """Return the last layer's output, with the new state in a tuple if `state` was given.

        Args:
            state: Passed to, and replaced by, each layer that is stateful.
            key: Split into one key for each layer.
        """
        keys = [None] * len(self.layers) if key is None else jr.split(key, len(self.layers))
        for i, (layer, layer_key) in enumerate(zip(self.layers, keys, strict=True)):
            if isinstance(layer, StatefulLayer) and layer.is_stateful():
                if state is sentinel:
                    raise TypeError(
                        f"`layers[{i}]` of this `Sequential`, a `{type(layer).__name__}`, needs a "
                        "state: make both by `model, state = make_with_state(Model)(...)`, and "
                        "call it as `x, state = sequential(x, state)`."
                    )
                x, state = layer(x, state=state, key=layer_key)
                continue
            try:
                x = layer(x, key=layer_key)
            except (RuntimeError, TypeError, ValueError) as error:
                advice = ""
                if not isinstance(layer, Module) and "'key'" in str(error):
                    advice = " Layers are given a `key`: wrap a plain function in `nn.Lambda`."
                error.add_note(f"Raised by `layers[{i}]` of a `Sequential`.{advice}")
                raise
        return x if state is sentinel else (x, state)

    def __getitem__(self, i: int | slice) -> Callable:
        """Return one layer, or a `Sequential` of a slice of them."""
        if isinstance(i, slice):
            return Sequential(self.layers[i])
        if isinstance(i, int):
            return self.layers[i]
        raise TypeError(f"Indexing with type {type(i)} is not supported: use an integer or slice.")

    def __iter__(self) -> Iterator[Callable]:
        """Return an iterator over the layers."""
        return iter(self.layers)

    def __len__(self) -> int:
        """Return the number of layers."""
        return len(self.layers)

    def is_stateful(self) -> bool:
        """Return whether any of the layers is stateful."""
        return any(
            isinstance(layer, StatefulLayer) and layer.is_stateful() for layer in self.layers
        )


class Lambda(Module):
    """A function as a layer: calls it without the `key` that every layer is given."""

    fn: Callable[[Any], Any]

    def __call__(self, x: Array, *, key: PRNGKeyArray | None = None) -> Array:
        """Return `fn(x)`; `key` is ignored."""
        if not callable(self.fn):
            raise TypeError(
                f"`Lambda.fn` is {summary(self.fn)}, and cannot be called. Make the layer of a "
                "function, such as `nn.Lambda(jax.nn.relu)`."
            )
        return self.fn(x)
