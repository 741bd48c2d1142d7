"""How a run of the past is run again."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace

from eqxviz.engine.launch import Launch, LaunchError
from eqxviz.records import RunDescription

_STEERS = ("JAX_", "XLA_", "CUDA_")  # what a launch sets, among other variables


def launch_of(
    launched: Launch | None,
    told: RunDescription | None,
    environment: Mapping[str, str] = os.environ,
) -> Launch | None:
    """Return the launch that runs a script as it was run, as far as that is known.

    `launched` is how it was launched, `told` what it told of itself; None where that is not known.
    Of the variables that it found, those are given that steer JAX and would be others now.
    """
    if told is None:
        return launched
    made = launched or Launch(
        script=told.script,
        argv=told.argv,
        folder=told.folder,
        python="" if told.python == sys.executable else told.python,
    )
    try:
        now = made.variables(environment)
    except LaunchError:  # its device is not visible any more: starting it says so
        return made
    others = tuple(
        (name, value)
        for name, value in told.environment
        if name.startswith(_STEERS) and now.get(name) != value
    )
    return replace(made, environment=made.environment + others)
