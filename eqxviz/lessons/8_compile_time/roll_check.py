import functools
import math
import re

import jax
import jax.numpy as jnp
import numpy as np


def check(answer):
    simulate = getattr(answer, "simulate", None)
    assert callable(simulate), "There is no function `simulate`. Define `simulate(state, n_steps)`."
    _check_angles(simulate, 0.5, 0.2, 7)
    _check_angles(simulate, -1.2, 0.0, 30)

    few, many = (_n_equations(simulate, n) for n in (4, 40))
    assert few == many, (
        f"`simulate` traces to {few} equations for 4 steps and to {many} for 40. What is run by "
        "Python is traced turn by turn: look for a loop that Python runs."
    )
    _check_gradient(simulate)


def _check_angles(simulate, angle, speed, n_steps):
    found = np.asarray(simulate((jnp.array(angle), jnp.array(speed)), n_steps))
    assert found.shape == (n_steps,), (
        f"For {n_steps} steps `simulate` returned shape {found.shape} instead of ({n_steps},): one "
        "angle for each step. See what each turn hands out."
    )
    expected = _angles(angle, speed, n_steps)
    assert np.allclose(found, expected, atol=1e-4), (
        f"From {(angle, speed)}, the first angles are {found[:3]}, and after each step they are to "
        f"be {np.array(expected[:3], 'f')}. See whether each is taken before or after the push, "
        "and that both numbers of the state go on to the next step."
    )


def _angles(angle, speed, n_steps):
    angles = []
    for _ in range(n_steps):
        speed = speed - 0.1 * (math.sin(angle) + 0.1 * speed)
        angle = angle + 0.1 * speed
        angles.append(angle)
    return angles


def _check_gradient(simulate):
    def last(angle):
        return simulate((angle, jnp.array(0.0)), 9)[-1]

    try:
        found = float(jax.grad(last)(jnp.array(0.7)))
    except ValueError as error:
        raise AssertionError(
            f"The gradient of the last angle failed: {error}\nNot every loop of `jax.lax` can be "
            "run backwards; look at which one you use."
        ) from error
    step = 1e-4
    expected = (_angles(0.7 + step, 0.0, 9)[-1] - _angles(0.7 - step, 0.0, 9)[-1]) / (2 * step)
    assert abs(found - expected) < 1e-3, (
        f"The gradient of the last of 9 angles with respect to the first is {found:.4f}, and is to "
        f"be {expected:.4f}. See whether the state goes through operations of JAX only."
    )


def _n_equations(simulate, n_steps):
    run = functools.partial(simulate, n_steps=n_steps)
    return len(re.findall(r"\s=\s", str(jax.make_jaxpr(run)((jnp.array(1.0), jnp.array(0.0))))))
