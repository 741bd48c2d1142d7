import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax

GAMMA = 0.95


def td_loss(critic, state, reward, next_state):
    wanted = reward + GAMMA * jax.vmap(critic)(next_state)
    error = jax.lax.stop_gradient(wanted) - jax.vmap(critic)(state)
    return 0.5 * jnp.mean(jnp.square(error))


class Agent:
    def __init__(self, state_size, key, learning_rate=3e-3):
        self.critic = eqx.nn.MLP(state_size, 1, 32, 2, key=key)
        self.optim = optax.chain(optax.clip_by_global_norm(1.0), optax.adam(learning_rate))
        self.opt_state = self.optim.init(eqx.filter(self.critic, eqx.is_inexact_array))
        optim = self.optim

        @eqx.filter_jit
        def update(critic, opt_state, transitions):
            loss, grads = eqx.filter_value_and_grad(td_loss)(critic, *transitions)
            updates, opt_state = optim.update(grads, opt_state)
            return eqx.apply_updates(critic, updates), opt_state, loss

        self._update = update

    def learn(self, transitions):
        self.critic, self.opt_state, loss = self._update(self.critic, self.opt_state, transitions)
        return loss


state_key, noise_key, critic_key = jr.split(jr.PRNGKey(50), 3)
state = jr.normal(state_key, (30, 4))
next_state = 0.9 * state + 0.1 * jr.normal(noise_key, (30, 4))
transitions = (state, -jnp.sum(state**2, axis=1), next_state)
agent = Agent(4, critic_key)
for _ in range(15):
    loss = agent.learn(transitions)
print("loss", loss)
