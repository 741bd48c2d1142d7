"""A student that learns to predict what a slowly following teacher says of another view."""

import functools as ft

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax


def cosine_distance(a, b):
    a = a / jnp.linalg.norm(a)
    b = b / jnp.linalg.norm(b)
    return 1 - jnp.dot(a, b)


@ft.partial(eqx.filter_jit, donate="none")
def make_step(student, teacher, opt_state, view_a, view_b):
    def loss_fn(student):
        ours = jax.vmap(student)(view_a)
        theirs = jax.lax.stop_gradient(jax.vmap(teacher)(view_b))
        return jnp.mean(jax.vmap(cosine_distance)(ours, theirs))

    loss, grads = eqx.filter_value_and_grad(loss_fn)(student)
    updates, opt_state = optim.update(grads, opt_state)
    return eqx.apply_updates(student, updates), opt_state, loss


def follow(teacher, student, decay=0.99):
    teacher_arrays, rest = eqx.partition(teacher, eqx.is_inexact_array)
    student_arrays = eqx.filter(student, eqx.is_inexact_array)
    mixed = jax.tree.map(lambda t, s: decay * t + (1 - decay) * s, teacher_arrays, student_arrays)
    return eqx.combine(mixed, rest)


k_student, k_teacher = jax.random.split(jax.random.PRNGKey(21))
student = eqx.nn.MLP(10, 8, 32, 4, key=k_student)
teacher = eqx.nn.MLP(10, 8, 32, 4, key=k_teacher)
optim = optax.adam(1e-3)
opt_state = optim.init(eqx.filter(student, eqx.is_inexact_array))

rng = np.random.default_rng(4)
losses = []
for _ in range(20):
    clean = rng.normal(size=(64, 10))
    view_a = (clean + 0.1 * rng.normal(size=clean.shape)).astype(np.float32)
    view_b = (clean + 0.1 * rng.normal(size=clean.shape)).astype(np.float32)
    student, opt_state, loss = make_step(student, teacher, opt_state, view_a, view_b)
    teacher = follow(teacher, student)
    losses.append(loss)

print(losses[0], losses[-1])
