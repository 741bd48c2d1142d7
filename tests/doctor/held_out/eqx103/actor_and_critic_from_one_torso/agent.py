import equinox as eqx
import jax
import jax.random as jr


class Head(eqx.Module):
    torso: eqx.nn.Linear
    final: eqx.nn.Linear

    def __init__(self, torso, n_out, *, key):
        self.torso = torso
        self.final = eqx.nn.Linear(torso.out_features, n_out, key=key)

    def __call__(self, obs):
        return self.final(jax.nn.relu(self.torso(obs)))


class Agent(eqx.Module):
    actor: Head
    critic: Head

    def __init__(self, n_obs, n_actions, *, key):
        torso_key, actor_key, critic_key = jr.split(key, 3)
        torso = eqx.nn.Linear(n_obs, 16, key=torso_key)
        self.actor = Head(torso, n_actions, key=actor_key)
        self.critic = Head(torso, "scalar", key=critic_key)

    def __call__(self, obs):
        return jax.nn.log_softmax(self.actor(obs)), self.critic(obs)
