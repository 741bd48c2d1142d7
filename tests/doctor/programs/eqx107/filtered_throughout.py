import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Mixture(eqx.Module):
    experts: eqx.nn.MLP
    gate: eqx.nn.Linear
    mode: str
    temperature: float

    def __init__(self, n_experts, *, key):
        expert_key, gate_key = jr.split(key)
        make = eqx.filter_vmap(lambda k: eqx.nn.MLP(2, "scalar", 8, 1, key=k))
        self.experts = make(jr.split(expert_key, n_experts))
        self.gate = eqx.nn.Linear(2, n_experts, key=gate_key)
        self.mode = "soft"
        self.temperature = 0.7

    def __call__(self, x):
        answers = eqx.filter_vmap(lambda expert: expert(x))(self.experts)
        scores = self.gate(x) / self.temperature
        return jax.nn.softmax(scores) @ answers if self.mode == "soft" else answers.mean()


@eqx.filter_jit
def step(model, state, x, y):
    @eqx.filter_value_and_grad
    def loss_fn(model):
        return jnp.mean((jax.vmap(model)(x) - y) ** 2)

    loss, grads = loss_fn(model)
    updates, state = optim.update(grads, state)
    return eqx.apply_updates(model, updates), state, loss


model_key, x_key = jr.split(jr.PRNGKey(0))
model = Mixture(4, key=model_key)
x = jr.normal(x_key, (80, 2))
y = jnp.where(x[:, 0] > 0, x[:, 1], -x[:, 1])
optim = optax.sgd(5e-2)
state = optim.init(eqx.filter(model, eqx.is_inexact_array))
for _ in range(10):
    model, state, loss = step(model, state, x, y)
print(loss)
