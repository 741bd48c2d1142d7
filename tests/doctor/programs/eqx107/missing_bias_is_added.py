import equinox as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Scaled(eqx.Module):
    linear: eqx.nn.Linear
    scale: jax.Array

    def __call__(self, x):
        return self.scale * (self.linear.weight @ x) + self.linear.bias


@jax.jit
def score(model, x):
    return jnp.sum(jax.vmap(model)(x), axis=-1)


linear_key, x_key = jr.split(jr.PRNGKey(0))
model = Scaled(eqx.nn.Linear(4, 3, use_bias=False, key=linear_key), jnp.array(2.0))
for x in jr.normal(x_key, (5, 20, 4)):
    scores = score(model, x)
print(scores.max())
