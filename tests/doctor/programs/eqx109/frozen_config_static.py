import dataclasses
import enum

import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Norm(enum.Enum):
    NONE = "none"
    LAYER = "layer"


@dataclasses.dataclass(frozen=True)
class Config:
    size: int = 3
    width: int = 16
    learning_rate: float = 1e-2
    hidden: tuple[int, ...] = (16, 16)


class Encoder(eqx.Module):
    layers: list
    config: Config = eqx.field(static=True)
    norm: Norm = eqx.field(static=True)

    def __init__(self, config, norm, *, key):
        sizes = (config.size, *config.hidden, config.size)
        keys = jr.split(key, len(sizes) - 1)
        self.layers = [eqx.nn.Linear(i, o, key=k) for i, o, k in zip(sizes, sizes[1:], keys)]
        self.config, self.norm = config, norm

    def __call__(self, x):
        for layer in self.layers[:-1]:
            x = jnp.tanh(layer(x))
            if self.norm is Norm.LAYER:
                x = (x - x.mean()) / (x.std() + 1e-5)
        return self.layers[-1](x)


config = Config()
optim = optax.adam(config.learning_rate)


@eqx.filter_jit
def step(model, opt_state, x):
    loss, grads = eqx.filter_value_and_grad(lambda m: jnp.mean((jax.vmap(m)(x) - x) ** 2))(model)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(model, updates), opt_state, loss


data_key, *model_keys = jr.split(jr.PRNGKey(5), 3)
x = jr.normal(data_key, (32, config.size))
models = []
for k in model_keys:
    model = Encoder(Config(), Norm.LAYER, key=k)
    opt_state = optim.init(eqx.filter(model, eqx.is_inexact_array))
    for _ in range(8):
        model, opt_state, loss = step(model, opt_state, x)
    models.append(model)
mean_model = jax.tree.map(lambda a, b: (a + b) / 2, *models)
print(loss, mean_model(x[0]))
