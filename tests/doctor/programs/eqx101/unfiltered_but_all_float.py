import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr
import optax


class Policy(eqx.Module):
    torso: eqx.nn.Linear
    norm: eqx.nn.LayerNorm
    head: eqx.nn.Linear

    def __init__(self, n_obs, n_actions, *, key):
        torso_key, head_key = jr.split(key)
        self.torso = eqx.nn.Linear(n_obs, 32, key=torso_key)
        self.norm = eqx.nn.LayerNorm(32)
        self.head = eqx.nn.Linear(32, n_actions, key=head_key)

    def __call__(self, obs):
        return jax.nn.log_softmax(self.head(jax.nn.tanh(self.norm(self.torso(obs)))))


def policy_gradient_loss(policy, obs, actions, returns):
    log_probs = jax.vmap(policy)(obs)
    chosen = jnp.take_along_axis(log_probs, actions[:, None], axis=1)[:, 0]
    return -jnp.mean(chosen * returns)


def main():
    policy_key, obs_key, action_key = jr.split(jr.key(4), 3)
    policy = Policy(4, 2, key=policy_key)
    optim = optax.adam(1e-2)
    opt_state = optim.init(policy)

    obs = jr.normal(obs_key, (128, 4))
    actions = jr.randint(action_key, (128,), 0, 2)
    returns = jnp.where(actions == (obs[:, 0] > 0), 1.0, -1.0)

    @eqx.filter_jit
    def update(policy, opt_state):
        loss, grads = eqx.filter_value_and_grad(policy_gradient_loss)(policy, obs, actions, returns)
        updates, opt_state = optim.update(grads, opt_state, policy)
        return eqx.apply_updates(policy, updates), opt_state, loss

    for _ in range(20):
        policy, opt_state, loss = update(policy, opt_state)
    print("surrogate", loss)


if __name__ == "__main__":
    main()
