"""Self-distillation: the student learns to agree with its slow average."""

import jax
import jax.numpy as jnp
import optax


def project(params, x):
    hidden = jax.nn.relu(x @ params["w1"] + params["b1"])
    out = hidden @ params["w2"]
    return out / (jnp.linalg.norm(out, axis=-1, keepdims=True) + 1e-6)


def agreement(student, teacher, view_a, view_b):
    target = jax.lax.stop_gradient(project(teacher, view_b))
    return -jnp.mean(jnp.sum(project(student, view_a) * target, axis=-1))


tx = optax.sgd(1e-1, momentum=0.9)


@jax.jit
def step(student, teacher, opt_state, key, images):
    key, a_key, b_key = jax.random.split(key, 3)
    view_a = images + 0.1 * jax.random.normal(a_key, images.shape)
    view_b = images + 0.1 * jax.random.normal(b_key, images.shape)
    loss, grads = jax.value_and_grad(agreement)(student, teacher, view_a, view_b)
    updates, opt_state = tx.update(grads, opt_state)
    student = optax.apply_updates(student, updates)
    teacher = optax.incremental_update(student, teacher, 0.1)
    return student, teacher, opt_state, key, loss


k1, k2, image_key, key = jax.random.split(jax.random.key(0), 4)
student = {
    "w1": jax.random.normal(k1, (12, 16)) / 3.5,
    "b1": jnp.zeros(16),
    "w2": jax.random.normal(k2, (16, 4)) / 4.0,
}
teacher = student
images = jax.random.normal(image_key, (40, 12))
opt_state = tx.init(student)
for _ in range(15):
    student, teacher, opt_state, key, loss = step(student, teacher, opt_state, key, images)
print(loss)
