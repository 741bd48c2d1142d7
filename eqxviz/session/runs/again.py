"""How a run of the past is run again."""

import os
import sys
from collections.abc import Mapping

from eqxviz.engine.launch import Launch
from eqxviz.records import RunDescription

_STEERS = ("JAX_", "XLA_", "CUDA_")  # what a launch sets, among other variables


def launch_of(told: RunDescription, environment: Mapping[str, str] = os.environ) -> Launch:
    """Return the launch that runs a script as it was run, as far as that is known.

    Of its variables, those are given that steer JAX and are others in `environment` now.
    """
    variables = tuple(
        (name, value)
        for name, value in told.environment
        if name.startswith(_STEERS) and environment.get(name) != value
    )
    return Launch(
        script=told.script,
        argv=told.argv,
        folder=told.folder,
        environment=variables,
        python="" if told.python == sys.executable else told.python,
    )
