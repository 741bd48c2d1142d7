"""A million log intensities; exactly one pixel has a count of zero and no background."""
import jax
import jax.numpy as jnp
import numpy as np

SHAPE = (1000, 1000)


def log_image(gain, counts, background):
    return jnp.log(gain * counts + background)


def loss_fn(gain, counts, background, wanted):
    difference = log_image(gain, counts, background) - wanted
    return jnp.mean(difference**2)


@jax.jit
def calibrate(gain, counts, background, wanted):
    loss, g = jax.value_and_grad(loss_fn)(gain, counts, background, wanted)
    return gain - 0.1 * g, loss


rng = np.random.default_rng(43)
background = np.full(SHAPE, 0.5, np.float32)
gain = jnp.ones(())
for frame in range(20):
    counts = rng.integers(0, 50, SHAPE).astype(np.float32)
    wanted = np.log(1.7 * counts + background)
    if frame == 11:
        counts[734, 291] = background[734, 291] = 0.0
    gain, loss = calibrate(gain, counts, background, wanted)
    print(frame, gain, loss)
