"""Recompiles of what is used otherwise: methods, nested jits, threads, gradients, loops."""

import functools
import threading

import jax
import jax.numpy as jnp

from eqxviz.records import CauseKind

from .program import FILTERED, JAX, Gallery, Why

gallery = Gallery()
program = gallery.program

SHAPE, DTYPE, VALUE = CauseKind.SHAPE, CauseKind.DTYPE, CauseKind.STATIC_VALUE
FIELD, NEW, STRUCTURE = CauseKind.STATIC_FIELD, CauseKind.NEW_FUNCTION, CauseKind.STRUCTURE
WEAK, NODE, KEYS = CauseKind.WEAK_TYPE, CauseKind.NODE_TYPE, CauseKind.DICT_KEYS
CONFIG = CauseKind.CONFIG


@program(
    "A jitted method of a Module is told of its static field",
    Why(FIELD, "self.n", "2", "3"),
    function="power",
)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        n: int = eqx.field(static=True)

        @jit
        def power(self, x):
            return self.weight * x**self.n

    for n in (2, 3):
        Model(jnp.ones(3), n).power(jnp.ones(3))


@program(
    "A jitted `__call__` of a Module is told of its weights",
    Why(SHAPE, "self.weight", "f32[3]", "f32[1]"),
    function="__call__",
)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array

        @jit
        def __call__(self, x):
            return self.weight * x

    for n in (3, 1):
        Model(jnp.ones(n))(jnp.ones(3))


@program(
    "A jitted function within another is compiled with it", Why(SHAPE, "x", "f32[3]", "f32[4]")
)
def _(jit, eqx):
    @jit
    def inner(x):
        return 2 * x

    @jit
    def step(x):
        return inner(x) + inner(x + 1)

    for n in (3, 4, 4):
        step(jnp.ones(n))


@program(
    "A function that is called by itself and within another compiles for its own calls",
    Why(SHAPE, "x", "f32[3]", "f32[5]"),
    function="inner",
)
def _(jit, eqx):
    @jit
    def inner(x):
        return 2 * x

    @jit
    def outer(x):
        return inner(x) + 1

    inner(jnp.ones(3))
    outer(jnp.ones(4))
    inner(jnp.ones(5))


@program(
    "A call from a thread is compared with one from another", Why(SHAPE, "x", "f32[3]", "f32[4]")
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    for n in (3, 4, 3):
        thread = threading.Thread(target=lambda n=n: step(jnp.ones(n)).block_until_ready())
        thread.start()
        thread.join()


@program(
    "A setting that holds in one thread only is told of that thread's call",
    Why(CONFIG, "jax_default_matmul_precision", "None", "'highest'"),
)
def _(jit, eqx):
    @jit
    def step(x):
        return x @ x

    def precise():
        with jax.default_matmul_precision("highest"):
            step(x)

    x = jnp.ones((3, 3))
    step(x)
    thread = threading.Thread(target=precise)
    thread.start()
    thread.join()
    step(x)


@program(
    "A vmapped function compiles again for a larger batch", Why(SHAPE, "x", "f32[2,3]", "f32[4,3]")
)
def _(jit, eqx):
    def step(w, x):
        return w @ x

    mapped = jit(jax.vmap(step, in_axes=(None, 0)))
    for n in (2, 4):
        mapped(jnp.ones(3), jnp.ones((n, 3)))


@program(
    "A gradient compiles again for other weights",
    Why(SHAPE, "w", "f32[3]", "f32[4]"),
    function="loss",
)
def _(jit, eqx):
    def loss(w):
        return (w**2).sum()

    gradient = jit(jax.value_and_grad(loss))
    for n in (3, 4):
        gradient(jnp.ones(n))


@program(
    "A training step with a gradient inside compiles again for the last, smaller batch",
    Why(SHAPE, "x", "f32[8,3]", "f32[5,3]"),
    by=FILTERED,
)
def _(jit, eqx):
    class Model(eqx.Module):
        weight: jax.Array
        activation: object = jax.nn.relu

    @jit
    def step(model, x):
        @eqx.filter_grad
        def gradient(model):
            return model.activation(x @ model.weight).mean()

        return eqx.apply_updates(model, gradient(model))

    model = Model(jnp.ones(3))
    for n in (8, 8, 5):
        model = step(model, jnp.ones((n, 3)))


@program("A scan of another length compiles again", Why(SHAPE, "xs", "f32[10]", "f32[20]"))
def _(jit, eqx):
    @jit
    def step(xs):
        return jax.lax.scan(lambda total, x: (total + x, total), jnp.float32(0), xs)

    for n in (10, 20):
        step(jnp.ones(n))


@program(
    "The length of a scan that is a static argument", Why(VALUE, "length", "10", "20"), by=(JAX,)
)
def _(jit, eqx):
    @functools.partial(jit, static_argnames="length")
    def step(x, length):
        return jax.lax.scan(lambda x, _: (2 * x, None), x, length=length)[0]

    for length in (10, 20):
        step(jnp.ones(()), length=length)


@program(
    "A body of a scan that is passed from outside is new each time",
    Why(NEW, "body", None, None),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(body, xs):
        return jax.lax.scan(body, jnp.float32(0), xs)

    for _step in range(2):
        step(lambda total, x: (total + x, total), jnp.ones(3))


@program(
    "A shape and a dtype that change together are both named",
    (Why(SHAPE, "x", "f32[3]", "i32[4]"), Why(DTYPE, "x", "f32[3]", "i32[4]")),
)
def _(jit, eqx):
    @jit
    def step(x):
        return 2 * x

    step(jnp.ones(3))
    step(jnp.arange(4))


@program(
    "A static leaf and a shape that change together are both named",
    (Why(VALUE, "n", "2", "3"), Why(SHAPE, "x", "f32[3]", "f32[4]")),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(x, n):
        return x**n

    step(jnp.ones(3), 2)
    step(jnp.ones(4), 3)


@program(
    "A static argument and a dtype that change together are both named",
    (Why(VALUE, "n", "2", "3"), Why(DTYPE, "x", "f32[3]", "i32[3]")),
    by=(JAX,),
)
def _(jit, eqx):
    @functools.partial(jit, static_argnames="n")
    def step(x, n):
        return x**n

    step(jnp.ones(3), n=2)
    step(jnp.arange(3), n=3)


@program(
    "A new key and another dtype in one dict are both named",
    (Why(KEYS, "batch", "", "'mask'"), Why(DTYPE, 'batch["label"]', "f32[3]", "i32[3]")),
)
def _(jit, eqx):
    @jit
    def step(batch):
        return sum(batch.values())

    step({"label": jnp.ones(3)})
    step({"label": jnp.arange(3), "mask": jnp.ones(3)})


@program(
    "One layer more and another static field are both named",
    (
        Why(STRUCTURE, "model.layers", "list of 1", "list of 2"),
        Why(FIELD, "model.n", "2", "3"),
    ),
)
def _(jit, eqx):
    class Model(eqx.Module):
        layers: list[jax.Array]
        n: int = eqx.field(static=True)

    @jit
    def step(model, x):
        return sum(weight * x for weight in model.layers) ** model.n

    for n in (2, 3):
        step(Model([jnp.ones(3)] * (n - 1), n), jnp.ones(3))


@program(
    "A function jitted anew and called with another shape has both causes",
    (Why(NEW, "", None, None), Why(SHAPE, "x", "f32[3]", "f32[4]")),
)
def _(jit, eqx):
    for n in (3, 4):

        @jit
        def step(x):
            return 2 * x

        step(jnp.ones(n))


@program(
    "A lost bias and another static field are both named",
    (
        Why(NODE, "layer.bias", "f32[2]", "None"),
        Why(FIELD, "layer.use_bias", "True", "False"),
    ),
)
def _(jit, eqx):
    class Layer(eqx.Module):
        weight: jax.Array
        bias: jax.Array | None
        use_bias: bool = eqx.field(static=True)

    @jit
    def step(layer, x):
        y = layer.weight @ x
        return y if layer.bias is None else y + layer.bias

    step(Layer(jnp.ones((2, 3)), jnp.ones(2), True), jnp.ones(3))
    step(Layer(jnp.ones((2, 3)), None, False), jnp.ones(3))


@program(
    "A weak type and a static argument that change together are both named",
    (Why(WEAK, "rate", "weak f32[]", "f32[]"), Why(VALUE, "n", "2", "3")),
    by=(JAX,),
)
def _(jit, eqx):
    @functools.partial(jit, static_argnames="n")
    def step(rate, n):
        return rate**n

    step(2.0, n=2)
    step(jnp.float32(2.0), n=3)


@program(
    "A new lambda in one argument and a longer list in another are both named",
    (Why(NEW, "activation", None, None), Why(STRUCTURE, "xs", "list of 1", "list of 2")),
    by=FILTERED,
)
def _(jit, eqx):
    @jit
    def step(activation, xs):
        return activation(sum(xs))

    for n in (1, 2):
        step(lambda x: 2 * x, [jnp.ones(3)] * n)


@program(
    "Another precision and another shape are both named",
    (
        Why(CONFIG, "jax_default_matmul_precision", "None", "'highest'"),
        Why(SHAPE, "x", "f32[3,3]", "f32[4,4]"),
    ),
)
def _(jit, eqx):
    @jit
    def step(x):
        return x @ x

    small, large = jnp.ones((3, 3)), jnp.ones((4, 4))
    step(small)
    with jax.default_matmul_precision("highest"):
        step(large)
