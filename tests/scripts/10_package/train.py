import equinox as eqx
import jax
import jax.numpy as jnp
import optax
from config import Config
from helpers import GraphDataset, GraphNet, Running


def build_optimizer(cfg):
    sched = optax.warmup_cosine_decay_schedule(0.0, cfg.lr, cfg.warmup, cfg.steps, cfg.lr * 0.05)
    return optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(sched, weight_decay=1e-4))


def main():
    cfg = Config()
    train_set = GraphDataset(512, cfg.num_nodes, cfg.in_dim, seed=cfg.seed)
    val_set = GraphDataset(64, cfg.num_nodes, cfg.in_dim, seed=cfg.seed + 1)

    model = GraphNet(cfg.in_dim, cfg.hidden, cfg.layers, key=jax.random.PRNGKey(cfg.seed))
    # split so that plain jax.jit works
    params, static = eqx.partition(model, eqx.is_inexact_array)
    tx = build_optimizer(cfg)
    opt_state = tx.init(params)

    def loss_fn(params, x, adj, y):
        net = eqx.combine(params, static)
        pred = jax.vmap(net)(x, adj)
        err = pred - y
        return jnp.mean(err**2), {"mae": jnp.mean(jnp.abs(err))}

    @jax.jit
    def step(carry, batch):
        params, opt_state = carry
        (loss, aux), grads = jax.value_and_grad(loss_fn, has_aux=True)(params, *batch)
        updates, opt_state = tx.update(grads, opt_state, params)
        return (eqx.apply_updates(params, updates), opt_state), {"train/mse": loss, **aux}

    evaluate = jax.jit(loss_fn)

    carry = (params, opt_state)
    running = Running()
    for i in range(cfg.steps):
        carry, logs = step(carry, train_set.sample(cfg.batch_size))
        running.add(logs["train/mse"])
        if i == 0:
            print(f"{i:5d} | train mse {running.mean():.4f} | first batch")
        elif (i + 1) % cfg.eval_every == 0:
            val, aux = evaluate(carry[0], *val_set[:])
            print(
                f"{i + 1:5d} | train mse {running.mean():.4f} | val mse {val:.4f} | "
                f"val mae {aux['mae']:.4f}"
            )
            running.reset()


if __name__ == "__main__":
    main()
