"""
MAML on sinusoid regression (Finn et al. 2017), second order.
Tasks are sampled in a separate process since in the real project
task generation is the slow part.
"""

import multiprocessing as mp

import jax
import jax.numpy as jnp
import numpy as np
import optax

META_BATCH = 8
K = 10
INNER_LR = 0.05
INNER_STEPS = 2
META_STEPS = 120


def task_worker(q, n_batches, seed):
    rng = np.random.default_rng(seed)
    for _ in range(n_batches):
        amp = rng.uniform(0.5, 3.0, (META_BATCH, 1, 1))
        phase = rng.uniform(0, np.pi, (META_BATCH, 1, 1))
        x = rng.uniform(-4, 4, (META_BATCH, 2 * K, 1))
        y = amp * np.sin(x + phase)
        x, y = x.astype(np.float32), y.astype(np.float32)
        q.put({"xs": x[:, :K], "ys": y[:, :K], "xq": x[:, K:], "yq": y[:, K:]})
    q.put(None)


def init_params(key):
    sizes = [1, 32, 32, 1]
    keys = jax.random.split(key, 3)
    return tuple(
        {"w": jax.random.normal(k, (m, n)) * jnp.sqrt(2.0 / m), "b": jnp.zeros((n,))}
        for k, m, n in zip(keys, sizes, sizes[1:], strict=False)
    )


def predict(params, x):
    a, b, c = params
    x = jax.nn.tanh(x @ a["w"] + a["b"])
    x = jax.nn.tanh(x @ b["w"] + b["b"])
    return x @ c["w"] + c["b"]


def mse(params, x, y):
    return jnp.mean((predict(params, x) - y) ** 2)


def adapt(params, x, y):
    for _ in range(INNER_STEPS):
        g = jax.grad(mse)(params, x, y)
        params = jax.tree_util.tree_map(lambda p, gi: p - INNER_LR * gi, params, g)
    return params


def task_loss(params, xs, ys, xq, yq):
    return mse(adapt(params, xs, ys), xq, yq)


@jax.jit
def meta_loss(params, batch):
    losses = jax.vmap(task_loss, in_axes=(None, 0, 0, 0, 0))(
        params, batch["xs"], batch["ys"], batch["xq"], batch["yq"]
    )
    return losses.mean()


def main():
    ctx = mp.get_context("spawn")
    q = ctx.Queue(maxsize=16)
    worker = ctx.Process(target=task_worker, args=(q, META_STEPS, 0), daemon=True)
    worker.start()

    params = init_params(jax.random.PRNGKey(0))
    tx = optax.adam(3e-3)
    opt_state = tx.init(params)

    # only the loss is jitted, grad + update run eagerly
    grad_fn = jax.value_and_grad(meta_loss)

    smooth = None
    step = 0
    while True:
        batch = q.get()
        if batch is None:
            break
        loss, grads = grad_fn(params, batch)
        updates, opt_state = tx.update(grads, opt_state)
        params = optax.apply_updates(params, updates)

        loss = float(loss)
        smooth = loss if smooth is None else 0.9 * smooth + 0.1 * loss
        if step % 10 == 0 or step == META_STEPS - 1:
            print(f"meta step {step:>4}  meta_loss {loss:.4f}  smoothed {smooth:.4f}")
        step += 1

    worker.join()


if __name__ == "__main__":
    main()
