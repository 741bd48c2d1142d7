"""Read handwritten digits with a small convolutional network.

It learns from 1,437 images of 8 by 8 pixels, and is tested on 360 that it has never seen. Dropout
keeps it from learning them by heart; checkpoints keep what it has learnt (the images and where they
come from: digits.npz, digits.txt).

    python digits.py --steps 600 --checkpoints kept
    python digits.py --steps 900 --checkpoints kept --resume
"""

import argparse
from pathlib import Path

import jax
import jax.numpy as jnp
import jax.random as jr
import numpy as np
import optax
from jax import Array
from jaxtyping import Float

import eqxcore as eqx

DATA = Path(__file__).with_name("digits.npz")
N_TEST = 360
BATCH_SIZE = 64
LEARNING_RATE = optax.warmup_cosine_decay_schedule(
    init_value=0.0, peak_value=4e-3, warmup_steps=20, decay_steps=600, end_value=1e-4
)
OPTIMISER = optax.adamw(LEARNING_RATE, weight_decay=1e-3)


# --- data


def load_data() -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return the images and labels to train on, and those to test with."""
    with np.load(DATA) as file:
        images, labels = file["images"], file["labels"]
    order = np.random.default_rng(0).permutation(len(images))
    x = jnp.array(images[order, None] / 16, dtype=jnp.float32)  # one channel
    y = jnp.array(labels[order], dtype=jnp.int32)
    return (x[N_TEST:], y[N_TEST:]), (x[:N_TEST], y[:N_TEST])


# --- model


class Network(eqx.Module):
    """From an image of shape (1, 8, 8) to a score for each of the ten digits."""

    strokes: eqx.nn.Conv2d
    shapes: eqx.nn.Conv2d
    pool: eqx.nn.MaxPool2d
    dropout: eqx.nn.Dropout
    hidden: eqx.nn.Linear
    scores: eqx.nn.Linear

    def __init__(self, *, key: Array):
        strokes_key, shapes_key, hidden_key, scores_key = jr.split(key, 4)
        self.strokes = eqx.nn.Conv2d(1, 16, kernel_size=3, padding=1, key=strokes_key)
        self.shapes = eqx.nn.Conv2d(16, 32, kernel_size=3, padding=1, key=shapes_key)
        self.pool = eqx.nn.MaxPool2d(kernel_size=2, stride=2)
        self.dropout = eqx.nn.Dropout(0.3)
        self.hidden = eqx.nn.Linear(32 * 4 * 4, 64, key=hidden_key)
        self.scores = eqx.nn.Linear(64, 10, key=scores_key)

    def __call__(self, image: Float[Array, "1 8 8"], key: Array | None = None) -> Array:
        first_key, second_key = (None, None) if key is None else jr.split(key)
        x = jax.nn.relu(self.strokes(image))
        x = self.pool(jax.nn.relu(self.shapes(x)))
        x = self.dropout(x.ravel(), key=first_key)
        x = self.dropout(jax.nn.relu(self.hidden(x)), key=second_key)
        return self.scores(x)


def make_model(key: Array | None = None) -> Network:
    """Return an untrained network."""
    return Network(key=jr.key(0) if key is None else key)


# --- training


def measure(scores: Array, y: Array) -> tuple[Array, Array]:
    """Return the mean cross-entropy and the share of right answers."""
    loss = optax.softmax_cross_entropy_with_integer_labels(scores, y).mean()
    return loss, jnp.mean(scores.argmax(axis=-1) == y)


@eqx.filter_jit
def make_step(
    model: Network, opt_state: optax.OptState, x: Array, y: Array, key: Array
) -> tuple[Array, Array, Network, optax.OptState]:
    """Take one step of gradient descent."""

    def loss_fn(model: Network) -> tuple[Array, Array]:
        # Each image has a key of its own: different pixels are dropped.
        return measure(jax.vmap(model)(x, jr.split(key, len(x))), y)

    (loss, accuracy), gradients = eqx.filter_value_and_grad(loss_fn, has_aux=True)(model)
    parameters = eqx.filter(model, eqx.is_inexact_array)
    updates, opt_state = OPTIMISER.update(gradients, opt_state, parameters)
    return loss, accuracy, eqx.apply_updates(model, updates), opt_state


@eqx.filter_jit
def evaluate(model: Network, x: Array, y: Array) -> tuple[Array, Array]:
    """Return the loss and the accuracy with nothing dropped."""
    return measure(jax.vmap(eqx.nn.inference_mode(model))(x), y)


def train(n_steps: int, checkpoints: Path | None, resume: bool, every: int = 100) -> Network:
    """Train until step `n_steps` and return the network; look at the test set `every` so often."""
    data_key, dropout_key = jr.split(jr.key(2026))
    (x, y), (test_x, test_y) = load_data()
    model = make_model()
    opt_state = OPTIMISER.init(eqx.filter(model, eqx.is_inexact_array))
    first_step = 0
    if checkpoints is not None and resume:
        first_step, model, opt_state = load_checkpoint(checkpoints, model, opt_state)

    for step in range(first_step, n_steps):
        # The keys follow from the step, so that a resumed training goes on as if never interrupted.
        rows = jr.choice(jr.fold_in(data_key, step), len(x), (BATCH_SIZE,))
        key = jr.fold_in(dropout_key, step)
        loss, accuracy, model, opt_state = make_step(model, opt_state, x[rows], y[rows], key)
        if step % 20 == 0 or step == n_steps - 1:
            print(f"step {step:4d}  loss {loss:.4f}  accuracy {accuracy:.3f}", flush=True)
        if (step + 1) % every == 0 or step == n_steps - 1:
            test_loss, test_accuracy = evaluate(model, test_x, test_y)
            print(f"test of step {step}: loss {test_loss:.4f}, accuracy {test_accuracy:.3f}")
            if checkpoints is not None:
                save_checkpoint(checkpoints, step + 1, model, opt_state)
    return model


# --- checkpoints


def save_checkpoint(folder: Path, step: int, model: Network, opt_state: optax.OptState) -> None:
    """Write the arrays of the model and of the optimiser after `step` steps."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"step-{step:06d}.eqx"
    fresh = path.with_suffix(".new")  # so that a half-written file is never taken for a checkpoint
    eqx.tree_serialise_leaves(fresh, (model, opt_state))
    fresh.replace(path)


def load_checkpoint(
    folder: Path, model: Network, opt_state: optax.OptState
) -> tuple[int, Network, optax.OptState]:
    """Return the newest checkpoint: its step, and `model` and `opt_state` with its arrays."""
    paths = sorted(folder.glob("step-*.eqx"))
    if not paths:
        raise SystemExit(f"there is no checkpoint in {folder}: train without --resume first")
    model, opt_state = eqx.tree_deserialise_leaves(paths[-1], (model, opt_state))
    step = int(paths[-1].stem.removeprefix("step-"))
    print(f"resumed at step {step}")
    return step, model, opt_state


# --- the end


def show_mistakes(model: Network, at_most: int = 3) -> None:
    """Print some test images that the network reads wrongly."""
    _, (x, y) = load_data()
    read = jax.vmap(eqx.nn.inference_mode(model))(x).argmax(axis=-1)
    for row in jnp.flatnonzero(read != y)[:at_most]:
        print(f"\na {y[row]}, read as {read[row]}")
        for line in x[row, 0]:
            print("   " + "".join(" .:*#"[int(4 * pixel)] * 2 for pixel in line))


def main() -> None:
    """Train, then show what is still read wrongly."""
    parser = argparse.ArgumentParser(description="Train a small network to read digits.")
    parser.add_argument("--steps", type=int, default=600, help="how many steps to train")
    parser.add_argument("--checkpoints", type=Path, help="a folder to keep checkpoints in")
    parser.add_argument("--resume", action="store_true", help="go on from the newest checkpoint")
    options = parser.parse_args()
    if options.resume and options.checkpoints is None:
        parser.error("--resume needs --checkpoints FOLDER, to know where they are")
    show_mistakes(train(options.steps, options.checkpoints, options.resume))


if __name__ == "__main__":
    main()
