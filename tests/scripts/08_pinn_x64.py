import os

os.environ["JAX_ENABLE_X64"] = "1"  # need double for the second derivatives

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import optax

# Physics informed net for the damped oscillator
#     u'' + 2*d*u' + w0^2*u = 0,   u(0) = 1, u'(0) = 0
# trained in phases: first only the start of the time interval, then all of it,
# then with L-BFGS on top.

d, w0 = 0.5, 3.0
w = np.sqrt(w0**2 - d**2)


def exact(t):
    return np.exp(-d * t) * (np.cos(w * t) + d / w * np.sin(w * t))


def init(key, widths=(1, 24, 24, 1)):
    params = {}
    for i, (m, n) in enumerate(itertools.pairwise(widths)):
        key, sub = jax.random.split(key)
        params[f"W{i}"] = jax.random.normal(sub, (m, n)) * (2.0 if i == 0 else 1 / np.sqrt(m))
        params[f"b{i}"] = jnp.zeros(n) if i else jnp.linspace(-2.0, 2.0, n)
    return params


def u(params, t):  # scalar -> scalar
    h = jnp.atleast_1d(t)
    h = jnp.tanh(h @ params["W0"] + params["b0"])
    h = jnp.tanh(h @ params["W1"] + params["b1"])
    return (h @ params["W2"] + params["b2"])[0]


du = jax.grad(u, argnums=1)
ddu = jax.grad(du, argnums=1)


def residual(params, t):
    return ddu(params, t) + 2 * d * du(params, t) + w0**2 * u(params, t)


def loss_terms(params, ts):
    res = jax.vmap(residual, in_axes=(None, 0))(params, ts)
    ic = (u(params, 0.0) - 1.0) ** 2 + du(params, 0.0) ** 2 / w0**2
    return jnp.mean(res**2) / w0**4, ic


def total_loss(params, ts):
    r, ic = loss_terms(params, ts)
    return r + ic


def train_phase(name, params, ts, steps, optimizer, lbfgs=False):
    opt_state = optimizer.init(params)

    # new jit for every phase, optimizer is closed over
    @jax.jit
    def step(params, opt_state):
        def fn(p):
            return total_loss(p, ts)

        val, g = jax.value_and_grad(fn)(params)
        if lbfgs:
            upd, opt_state = optimizer.update(g, opt_state, params, value=val, grad=g, value_fn=fn)
        else:
            upd, opt_state = optimizer.update(g, opt_state, params)
        return optax.apply_updates(params, upd), opt_state, val

    for i in range(steps):
        params, opt_state, loss = step(params, opt_state)
        if i % 50 == 0 or i == steps - 1:
            print(f"{name:<8} {i:4d}  loss = {loss:.6e}")
    return params


params = init(jax.random.PRNGKey(1))
assert params["W0"].dtype == jnp.float64

params = train_phase("warmup", params, jnp.linspace(0, 1.0, 20), 200, optax.adam(1e-2))
params = train_phase("full", params, jnp.linspace(0, 2.0, 40), 300, optax.adam(5e-3))
params = train_phase("lbfgs", params, jnp.linspace(0, 2.0, 40), 60, optax.lbfgs(), lbfgs=True)

tt = np.linspace(0, 2, 100)
pred = jax.vmap(u, in_axes=(None, 0))(params, tt)
print(f"max abs error vs exact: {np.max(np.abs(pred - exact(tt))):.2e}")
