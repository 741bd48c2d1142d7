# two-spirals classification with a tiny MLP
# everything by hand: dict params, momentum SGD, no optimizer library
import jax
import jax.numpy as jnp
import numpy as np

np.random.seed(0)

N = 300
LR = 0.1
MOM = 0.9
HIDDEN = 48


def make_spirals(n):
    t = np.sqrt(np.random.rand(n)) * 2.2 * np.pi
    d1 = np.stack([-np.cos(t) * t, np.sin(t) * t], 1) + np.random.rand(n, 2) * 0.4
    X = np.concatenate([d1, -d1]) / 7.0
    y = np.concatenate([np.zeros(n), np.ones(n)])
    return X.astype(np.float32), y.astype(np.int32)


X, y = make_spirals(N)
Xv, yv = make_spirals(100)


def init(key):
    k1, k2, k3 = jax.random.split(key, 3)
    return {
        "hidden1": {"w": jax.random.normal(k1, (2, HIDDEN)) * 1.5, "b": jnp.zeros(HIDDEN)},
        "hidden2": {
            "w": jax.random.normal(k2, (HIDDEN, HIDDEN)) * np.sqrt(1 / HIDDEN),
            "b": jnp.zeros(HIDDEN),
        },
        "out": {"w": jax.random.normal(k3, (HIDDEN, 2)) * np.sqrt(1 / HIDDEN), "b": jnp.zeros(2)},
    }


def net(p, x):
    h = jnp.tanh(x @ p["hidden1"]["w"] + p["hidden1"]["b"])
    h = jnp.tanh(h @ p["hidden2"]["w"] + p["hidden2"]["b"])
    return h @ p["out"]["w"] + p["out"]["b"]


def loss_fn(p, x, y):
    logits = net(p, x)
    logp = jax.nn.log_softmax(logits)
    nll = -jnp.mean(logp[jnp.arange(y.shape[0]), y])
    acc = jnp.mean(jnp.argmax(logits, -1) == y)
    return nll, acc


@jax.jit
def update(params, vel, x, y):
    (loss, acc), g = jax.value_and_grad(loss_fn, has_aux=True)(params, x, y)
    vel = jax.tree.map(lambda v, gi: MOM * v - LR * gi, vel, g)
    params = jax.tree.map(lambda p, v: p + v, params, vel)
    return params, vel, {"loss": loss, "acc": acc}


@jax.jit
def evaluate(params, x, y):
    return loss_fn(params, x, y)


params = init(jax.random.PRNGKey(42))
vel = jax.tree.map(jnp.zeros_like, params)

history = []
best = 1e9
bad = 0
for epoch in range(60):
    perm = np.random.permutation(len(X))
    for i in range(0, len(X), 100):
        idx = perm[i : i + 100]
        params, vel, m = update(params, vel, X[idx], y[idx])
        history.append(float(m["loss"]))  # every step, data is tiny anyway
    vl, va = evaluate(params, Xv, yv)
    vl = float(vl)
    print(
        f"epoch {epoch:3d}  loss {np.mean(history[-6:]):.4f}  acc {float(m['acc']):.2f}  "
        f"val_loss {vl:.4f}  val_acc {float(va):.3f}"
    )

    # early stopping
    if vl < best - 1e-4:
        best, bad = vl, 0
    else:
        bad += 1
    if bad >= 8 or vl < 0.05:
        print("early stop at epoch", epoch)
        break

print("steps:", len(history), f"first loss: {history[0]:.4f}  last loss: {history[-1]:.4f}")
