"""What observing adds to a call: in nanoseconds to a cached one, in percent to a compile.

Observed and unobserved batches are interleaved, so that a busy machine slows both alike. What a
compilation costs more is too little to be seen that way: it is the time spent in our own code, from
the return of the compiled call on, over the time of the call.

    python tests/benchmarks/capture_overhead.py
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

PAIRS = 41
CALLS = 400
COMPILES = 21


def main() -> None:
    import jax
    import jax.numpy as jnp

    from eqxviz import capturing
    from eqxviz.capturing.jit import unobserved

    here = str(Path(__file__).parent)
    observer = capturing.install(lambda records: None, capturing.Gate(), here).observer
    assert observer is not None

    @jax.jit
    def no_scalar(x: Any) -> Any:
        return x * 2

    @jax.jit
    def loss_and_state(x: Any) -> Any:
        return x[0] * 2, x * 2

    x = jnp.ones(2)

    def no_scalar_observed() -> None:
        y = no_scalar(x)  # noqa: F841 - the assignment names the result

    def loss_observed() -> None:
        _loss, _ = loss_and_state(x)

    bare_no_scalar, bare_loss = unobserved(no_scalar), unobserved(loss_and_state)

    def no_scalar_bare() -> None:
        y = bare_no_scalar(x)  # noqa: F841 - as above

    def loss_bare() -> None:
        _loss, _ = bare_loss(x)

    print(f"{PAIRS} interleaved pairs of {CALLS} calls; median and 95 % interval, ns a call")
    report("a call that returns no scalar", no_scalar_observed, no_scalar_bare)
    report("a call that returns one scalar", loss_observed, loss_bare)

    nothing = lambda: None  # noqa: E731 - the cost of timing an empty call
    ready = [jax.block_until_ready(bare_loss(x)[0]) for _ in range(CALLS)]
    values = iter(())

    def read_one() -> None:
        next(values).item()

    def fresh() -> None:
        nonlocal values
        values = iter([v + 0 for v in ready])

    report("  of it: is the thread outside a trace", observer._is_outside_traces, nothing)
    report("  of it: is the scalar ready", ready[0].is_ready, nothing)
    report("  of it: reading the scalar", read_one, nothing, before=fresh)
    report("  of it: keeping the time of the run", _appending(), nothing)
    report_parts(ready)
    print(f"\n{COMPILES} compilations, each for another batch; added by observing")
    for name, compile in (("MLP, 3 layers", _mlp()), ("transformer, 4 blocks", _transformer())):
        report_compiles(name, observer, compile)
    capturing.uninstall()


def report_parts(ready: list[Any]) -> None:
    """Print what else capture adds, in the script's thread or in the recorder's."""
    import jax
    import numpy as np

    import eqxviz
    from eqxviz.capturing.curves import Curves

    one = ready[0]
    nothing = lambda: None  # noqa: E731 - the cost of timing an empty call
    key, rng = jax.random.key, np.random.default_rng
    bare_key, bare_rng = key.__wrapped__, rng.__wrapped__
    value = vars(type(one))["_value"].fget
    bare_value = value.__wrapped__
    report("float() of an array that is ready", lambda: value(one), lambda: bare_value(one))
    report("jax.random.key(0)", lambda: key(0), lambda: bare_key(0))
    report("numpy.random.default_rng(0)", lambda: rng(0), lambda: bare_rng(0))
    report("eqxviz.log of a number", lambda: eqxviz.log(accuracy=0.5), nothing)
    report("eqxviz.log of an array", lambda: eqxviz.log(loss=one), nothing)
    times = []
    for _ in range(PAIRS):
        curves = Curves(lambda _record: None)
        for i in range(CALLS):
            curves.waiting.append((0, i, 1.0, 0.5))
        start = time.perf_counter_ns()
        curves.read_ready()
        assert curves.take() is not None
        times.append((time.perf_counter_ns() - start) / CALLS)
    print(f"{'a point on its way to a record':42s} +{statistics.median(times):6.0f}")


def _appending() -> Callable[[], Any]:
    from eqxviz.capturing.timings import RunTimes

    append = RunTimes().waiting.append
    return lambda: append(1e-3)


def _mlp() -> Callable[[int], None]:
    """Return what calls a training step of a small MLP with a batch of n."""
    import jax
    import jax.numpy as jnp

    import eqxcore

    model = eqxcore.nn.MLP(8, 8, 64, 3, key=jax.random.key(0))
    step, state = _step_of(model, lambda model, x: jnp.mean(jax.vmap(model)(x) ** 2))
    return lambda n: step(model, state, jnp.ones((n, 8)))


def _transformer() -> Callable[[int], None]:
    """Return what calls a training step of a transformer with a sequence of n."""
    import jax
    import jax.numpy as jnp

    import eqxcore

    nn = eqxcore.nn

    class Block(eqxcore.Module):
        attention: nn.MultiheadAttention
        norms: list[nn.LayerNorm]
        mlp: nn.MLP

        def __init__(self, width: int, key: Any) -> None:
            keys = jax.random.split(key)
            self.attention = nn.MultiheadAttention(4, width, key=keys[0])
            self.norms = [nn.LayerNorm(width), nn.LayerNorm(width)]
            self.mlp = nn.MLP(width, width, 4 * width, 1, key=keys[1])

        def __call__(self, x: Any) -> Any:
            y = jax.vmap(self.norms[0])(x)
            x = x + self.attention(y, y, y)
            return x + jax.vmap(self.mlp)(jax.vmap(self.norms[1])(x))

    blocks = [Block(32, key) for key in jax.random.split(jax.random.key(0), 4)]

    def loss(blocks: Any, x: Any) -> Any:
        for block in blocks:
            x = block(x)
        return jnp.mean(x**2)

    step, state = _step_of(blocks, loss)
    return lambda n: step(blocks, state, jnp.ones((n, 32)))


def _step_of(model: Any, loss: Callable[..., Any]) -> tuple[Callable[..., Any], Any]:
    """Return a jitted step of Adam on `loss(model, x)`, and Adam's state."""
    import optax

    import eqxcore

    adam = optax.adam(1e-3)

    @eqxcore.filter_jit
    def step(model: Any, state: Any, x: Any) -> Any:
        value, grads = eqxcore.filter_value_and_grad(loss)(model, x)
        updates, state = adam.update(grads, state)
        return value, eqxcore.apply_updates(model, updates), state

    return step, adam.init(eqxcore.filter(model, eqxcore.is_array))


def report_compiles(name: str, observer: Any, compile: Callable[[int], None]) -> None:
    from eqxviz.capturing import compilations

    own: dict[str, list[float]] = {}
    originals: list[tuple[Any, str, Any]] = []

    def timed(owner: Any, attribute: str, part: str) -> None:
        original = getattr(owner, attribute)
        originals.append((owner, attribute, original))

        def call(*args: Any, **kwargs: Any) -> Any:
            start = time.perf_counter()
            try:
                return original(*args, **kwargs)
            finally:
                own.setdefault(part, []).append(time.perf_counter() - start)

        setattr(owner, attribute, call)

    timed(observer, "_after_compiling", "all")
    timed(observer.compilations, "add", "the record and its causes")
    timed(compilations.Compilations, "_signature", "  of it: the signature")
    timed(compilations.Compilations, "_explained", "  of it: comparing with those before")
    timed(compilations, "AbstractCall", "  of it: the call without its arrays")
    wholes: list[float] = []
    for n in range(2, 2 + COMPILES):
        start = time.perf_counter()
        compile(n)
        wholes.append(time.perf_counter() - start)
    for owner, attribute, original in originals:
        setattr(owner, attribute, original)
    whole = statistics.median(wholes)
    shares = sorted(100 * a / (w - a) for a, w in zip(own["all"], wholes, strict=True))
    low, high = shares[int(COMPILES * 0.025)], shares[int(COMPILES * 0.975)]
    median = statistics.median(shares)
    print(f"{name:42s} + {median:4.2f} % [{low:4.2f}, {high:4.2f}] on {1e3 * whole:6.0f} ms")
    for part, seconds in own.items():
        print(f"  {part:40s} {1e9 * statistics.median(seconds):10,.0f} ns")


def report(
    name: str,
    observed: Callable[[], Any],
    bare: Callable[[], Any],
    before: Callable[[], None] = lambda: None,
) -> None:
    differences = []
    base = []
    for call in (observed, bare):
        before()
        batch(call)
    for pair in range(PAIRS):
        order = (observed, bare) if pair % 2 else (bare, observed)
        times = {}
        for call in order:
            before()
            times[call] = batch(call)
        differences.append(times[observed] - times[bare])
        base.append(times[bare])
    differences.sort()
    low, high = differences[int(PAIRS * 0.025)], differences[int(PAIRS * 0.975)]
    median = statistics.median(differences)
    spread = f"[{low:6.0f}, {high:6.0f}]"
    print(f"{name:42s} +{median:6.0f}  {spread}   on {statistics.median(base):7.0f}")


def batch(call: Callable[[], Any]) -> float:
    start = time.perf_counter_ns()
    for _ in range(CALLS):
        call()
    return (time.perf_counter_ns() - start) / CALLS


if __name__ == "__main__":
    main()
