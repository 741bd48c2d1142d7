import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax
from agent import Agent


def actor_critic_loss(agent, obs, actions, returns):
    log_probs, values = jax.vmap(agent)(obs)
    advantage = returns - values
    chosen = jnp.take_along_axis(log_probs, actions[:, None], axis=1)[:, 0]
    actor = -jnp.mean(jax.lax.stop_gradient(advantage) * chosen)
    return actor + 0.5 * jnp.mean(advantage**2)


def main():
    agent_key, obs_key, action_key = jr.split(jr.PRNGKey(0), 3)
    agent = Agent(4, 3, key=agent_key)
    obs = jr.normal(obs_key, (64, 4))
    actions = jr.randint(action_key, (64,), 0, 3)
    returns = jnp.where(actions == jnp.argmax(obs[:, :3], axis=1), 1.0, 0.0)
    optim = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(1e-2))
    opt_state = optim.init(eqx.filter(agent, eqx.is_inexact_array))

    @eqx.filter_jit
    def learn(agent, opt_state):
        loss, grads = eqx.filter_value_and_grad(actor_critic_loss)(agent, obs, actions, returns)
        updates, opt_state = optim.update(grads, opt_state)
        return eqx.apply_updates(agent, updates), opt_state, loss

    for _ in range(15):
        agent, opt_state, loss = learn(agent, opt_state)
    print("loss", loss)


if __name__ == "__main__":
    main()
