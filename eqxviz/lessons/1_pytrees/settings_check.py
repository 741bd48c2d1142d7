import jax
import jax.numpy as jnp
import numpy as np


def check(answer):
    Smooth = getattr(answer, "Smooth", None)
    assert callable(Smooth), "There is no class `Smooth`. Keep its name."
    weight = jnp.asarray([2.0, 3.0])
    model = Smooth(weight, 2, "mean")

    others = [leaf for leaf in jax.tree.leaves(model) if not np.array_equal(leaf, weight)]
    assert not others, (
        f'Smooth([2., 3.], 2, "mean") has these leaves beside its weight: {others}. What is not '
        "to be traced has to be a field that is no leaf, or no field."
    )
    assert jax.tree.leaves(model), (
        'Smooth([2., 3.], 2, "mean") has no leaf at all. The weight is what training would change: '
        "it has to stay a leaf."
    )
    for name, value in (("times", 2), ("mode", "mean")):
        found = getattr(model, name, None)
        assert found == value, (
            f'Smooth([2., 3.], 2, "mean").{name} is {found!r}, and was made with {value!r}. It is '
            "to be readable as before."
        )

    run = jax.jit(lambda model, x: model(x))
    x = jnp.asarray([1.0, -1.0])
    for times, mode in ((2, "mean"), (3, "sum"), (1, "sum")):
        found = np.asarray(run(Smooth(weight, times, mode), x))
        expected = np.asarray(x * weight**times / (times if mode == "mean" else 1))
        assert np.allclose(found, expected), (
            f"Smooth([2., 3.], {times}, {mode!r}) returned {found} for x = {x} under `jax.jit`, "
            f"and {expected} before the change. Each model has settings of its own: see where "
            "they are kept, and that the call uses both."
        )
