"""Hyperbolic embeddings in the Poincare ball; updates may leave the ball."""
import eqxcore as eqx
import jax
import jax.numpy as jnp
import jax.random as jr


class Ball(eqx.Module):
    points: jax.Array
    curvature: float = eqx.field(static=True, default=1.0)

    def depth(self):
        radius = jnp.sqrt(jnp.sum(self.points**2, axis=-1) + 1e-12)
        return 2.0 * jnp.arctanh(self.curvature * radius)


def spread(ball, target):
    return jnp.mean((ball.depth() - target) ** 2)


@eqx.filter_jit
def step(ball, target, rate):
    loss, grads = eqx.filter_value_and_grad(spread)(ball, target)
    return eqx.apply_updates(ball, jax.tree.map(lambda g: -rate * g, grads)), loss


ball = Ball(0.3 * jr.uniform(jr.key(3), (10, 2)))
target = jnp.linspace(0.2, 1.6, 10)
for i in range(28):
    rate = jnp.where(i == 12, 50.0, 0.05)  # the schedule's mistake
    ball, loss = step(ball, target, rate)
    print(f"{i} {float(loss):.5f}")
