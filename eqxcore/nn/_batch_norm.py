"""Normalisation of a batch by the mean and variance of each channel."""

import warnings
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import jax
import jax.numpy as jnp
from jaxtyping import Array, PRNGKeyArray

from eqxcore._module import field
from eqxcore.nn._arguments import check_sizes
from eqxcore.nn._init import default_dtype
from eqxcore.nn._sequential import StatefulLayer
from eqxcore.nn._state import State, StateIndex, check_state

_Statistics = tuple[Array, Array]


class BatchNorm(StatefulLayer):
    """Normalises each channel over a batch to mean 0 and variance 1, then scales it.

    The batch is the axis of the `jax.vmap` (or other map) around the call, known by its name; the
    state, which is one for the whole batch, goes in and comes out unmapped::

        norm, state = make_with_state(BatchNorm)(channels, axis_name="batch", mode="batch")
        over_batch = jax.vmap(norm, in_axes=(0, None), out_axes=(0, None), axis_name="batch")
        y, state = over_batch(x, state)

    The state holds a running mean and variance. In training it is updated; in inference it takes
    the place of the batch's own, and no named axis is needed. `inference_mode` switches between
    the two.
    """

    weight: Array | None
    bias: Array | None
    ema_first_time_index: StateIndex[Array] | None
    ema_state_index: StateIndex[_Statistics] | None
    batch_counter: StateIndex[Array] | None
    batch_state_index: StateIndex[_Statistics] | None
    axis_name: Hashable | Sequence[Hashable]
    inference: bool
    input_size: int = field(static=True)
    eps: float = field(static=True)
    channelwise_affine: bool = field(static=True)
    momentum: float = field(static=True)
    mode: Literal["ema", "batch"] = field(static=True)

    def __init__(
        self,
        input_size: int,
        axis_name: Hashable | Sequence[Hashable],
        eps: float = 1e-5,
        channelwise_affine: bool = True,
        momentum: float = 0.99,
        inference: bool = False,
        dtype=None,
        mode: Literal["ema", "batch", "legacy"] = "legacy",
    ):
        """Make a weight of ones, a bias of zeros, and initial statistics.

        Args:
            input_size: The number of channels, the length of the first axis of the input.
            axis_name: Of the batch axis, or several names.
            eps: Added to the variance, so that no division is by zero.
            channelwise_affine: Whether to have a trainable weight and bias, one number for each
                channel.
            momentum: How much of the running statistics is kept at each update.
            inference: Whether to normalise by the running statistics, and leave them as they are.
            dtype: Of weight, bias and running statistics; by default that of the current
                precision.
            mode: `"batch"` normalises by the statistics of the batch in training, as is usual.
                `"ema"` does so by the running statistics, updated. `"legacy"` is `"ema"` with a
                warning.
        """
        if mode == "legacy":
            warnings.warn(
                "When `BatchNorm(..., mode=...)` is unspecified it defaults to 'ema', for backward "
                "compatibility. This typically has a performance impact; for new code use "
                '`mode="batch"`, or write `mode="ema"` to keep this behaviour.',
                stacklevel=3,  # the metaclass's call lies between
            )
            mode = "ema"
        if mode not in ("ema", "batch"):
            raise ValueError(f"Invalid mode, must be 'ema' or 'batch': `BatchNorm(mode={mode!r})`.")
        check_sizes(self, input_size=input_size)
        dtype = default_dtype(dtype)
        self.weight = jnp.ones((input_size,), dtype) if channelwise_affine else None
        self.bias = jnp.zeros((input_size,), dtype) if channelwise_affine else None
        mean = jnp.zeros((input_size,), dtype)
        if mode == "ema":
            self.ema_first_time_index = StateIndex(jnp.array(True))
            self.ema_state_index = StateIndex((mean, jnp.zeros((input_size,), dtype)))
            self.batch_counter = None
            self.batch_state_index = None
        else:
            self.ema_first_time_index = None
            self.ema_state_index = None
            self.batch_counter = StateIndex(jnp.array(0))
            self.batch_state_index = StateIndex((mean, jnp.ones((input_size,), dtype)))
        self.axis_name = axis_name
        self.inference = inference
        self.input_size = input_size
        self.eps = eps
        self.channelwise_affine = channelwise_affine
        self.momentum = momentum
        self.mode = mode

    def __call__(
        self,
        x: Array,
        state: State,
        *,
        key: PRNGKeyArray | None = None,
        inference: bool | None = None,
    ) -> tuple[Array, State]:
        """Return `x`, of shape `(input_size, ...)`, normalised, and the new state.

        Args:
            state: Holds the running statistics.
            key: Ignored.
            inference: Takes the place of the layer's own flag where given.

        Raises:
            NameError: In training, if no map around the call has the name `axis_name`.
        """
        check_state("BatchNorm", state)
        if inference is None:
            inference = self.inference
        shape = jnp.shape(x)
        if len(shape) == 0 or shape[0] != self.input_size:
            # The kinds of error that adding to the statistics, and scaling by them, would raise.
            kind = ValueError if inference or len(shape) == 0 else TypeError
            raise kind(
                f"The first axis of the input of `BatchNorm(input_size={self.input_size})` must "
                f"be its channels: one element of the batch, `x`, is of shape {shape}. Give it "
                f"arrays of shape ({self.input_size}, ...), or make it for these channels."
            )
        # The dtypes of input, parameters and statistics may all differ.
        with jax.numpy_dtype_promotion("standard"):
            if inference:
                mean, variance = self._running_statistics(state)
            else:
                mean, variance, state = self._updated_statistics(x, state)

            def per_channel(values: Array) -> Array:
                return values.reshape(-1, *(1,) * (len(shape) - 1))

            out = (x - per_channel(mean)) / per_channel(jnp.sqrt(variance + self.eps))
            if self.weight is not None:
                out = out * per_channel(self.weight)
            if self.bias is not None:
                out = out + per_channel(self.bias)
        return out, state

    def _running_statistics(self, state: State) -> _Statistics:
        """Return what inference normalises by."""
        mean, variance = self._stored(state)
        if self.batch_counter is None:
            return mean, variance
        # Divided by the total weight of what has been averaged, as means that began at 0 are. The
        # variance began at 1, so it is too large after few steps; Equinox does the same.
        counter = state.get(self.batch_counter)
        scale = jnp.where(counter == 0, 1, 1 - self.momentum**counter)
        return mean / scale.astype(mean.dtype), variance / scale.astype(variance.dtype)

    def _updated_statistics(self, x: Array, state: State) -> tuple[Array, Array, State]:
        """Return what training normalises by, and the state after it."""
        batch = self._batch_statistics(x)
        running = self._stored(state)
        if jnp.iscomplexobj(batch[0]) and not jnp.iscomplexobj(running[0]):
            raise ValueError(
                f"`BatchNorm` got an input of dtype {batch[0].dtype}, and its running statistics "
                f"are {running[0].dtype}: make it with `dtype={batch[0].dtype}`."
            )

        def updated(new: Array, old: Array) -> Array:
            kept = old * self.momentum + new * (1 - self.momentum)
            if self.ema_first_time_index is not None:
                kept = jnp.where(state.get(self.ema_first_time_index), new, kept)
            return kept.astype(old.dtype)

        mean, variance = map(updated, batch, running)
        after = state.set(self._index, (mean, variance))
        if self.ema_first_time_index is not None:
            return mean, variance, after.set(self.ema_first_time_index, jnp.array(False))
        counter: Any = self.batch_counter
        return *batch, after.set(counter, after.get(counter) + 1)

    def _batch_statistics(self, x: Array) -> _Statistics:
        """Return mean and variance of each channel over the batch and the other axes of `x`."""
        axes = tuple(range(1, x.ndim))
        mean = self._mean_of_batch(jnp.mean(x, axes))
        centred = x - mean.reshape(-1, *(1,) * (x.ndim - 1))
        variance = self._mean_of_batch(jnp.mean(centred * jnp.conj(centred), axes))
        return mean, jnp.maximum(variance, 0.0)

    def _mean_of_batch(self, values: Array) -> Array:
        try:
            return jax.lax.pmean(values, self.axis_name)
        except NameError:
            raise NameError(
                f"`BatchNorm(axis_name={self.axis_name!r})` was called in training outside of a "
                "map of that name. Call it, or the model it is in, as\n\n"
                f"    jax.vmap(model, axis_name={self.axis_name!r}, in_axes=(0, None), "
                "out_axes=(0, None))(x, state)\n\n"
                "or switch it to inference, which uses the running statistics: "
                "`inference_mode(model)`, or `inference=True`."
            ) from None

    @property
    def _index(self) -> StateIndex[_Statistics]:
        index: Any = self.ema_state_index if self.mode == "ema" else self.batch_state_index
        return index

    def _stored(self, state: State) -> _Statistics:
        mean, variance = state.get(self._index)
        if mean.shape != (self.input_size,):
            raise ValueError(
                f"The running mean of `BatchNorm(input_size={self.input_size})` must be of shape "
                f"{(self.input_size,)}: that in the state is of shape {mean.shape}. A state that "
                "was returned by a `jax.vmap` without `out_axes=(0, None)` has a copy for each "
                "element of the batch."
            )
        return mean, variance
