import jax
import jax.numpy as jnp
import jax.random as jr
import optax


def dense(key, in_size, out_size):
    return {"w": jr.normal(key, (in_size, out_size)) / in_size**0.5, "b": jnp.zeros(out_size)}


def init(key):
    k1, k2, k3 = jr.split(key, 3)
    return {"backbone": {"in": dense(k1, 4, 16), "mid": dense(k2, 16, 16)}, "head": dense(k3, 16, 1)}


def forward(params, x):
    for name in ("in", "mid"):
        layer = params["backbone"][name]
        x = jnp.tanh(x @ layer["w"] + layer["b"])
    return x @ params["head"]["w"] + params["head"]["b"]


optim = optax.multi_transform(
    {"train": optax.adam(1e-2), "freeze": optax.set_to_zero()},
    {"backbone": "freeze", "head": "train"},
)


@jax.jit
def step(params, opt_state, x, y):
    loss, grads = jax.value_and_grad(lambda p: jnp.mean((forward(p, x) - y) ** 2))(params)
    updates, opt_state = optim.update(grads, opt_state, params)
    return optax.apply_updates(params, updates), opt_state, loss


def main():
    x_key, param_key = jr.split(jr.PRNGKey(20))
    x = jr.normal(x_key, (60, 4))
    y = jnp.sin(x).sum(axis=1, keepdims=True)
    params = init(param_key)
    opt_state = optim.init(params)
    for _ in range(25):
        params, opt_state, loss = step(params, opt_state, x, y)
    print("loss", loss)


if __name__ == "__main__":
    main()
