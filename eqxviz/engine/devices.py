"""Which devices JAX finds, asked in a process that is gone before anything else needs them."""

import json
import subprocess
import sys
from dataclasses import dataclass

from eqxviz.engine.commands import worker_environment

_SECONDS = 90.0
_QUESTION = """
import json, jax
found = []
for backend in ("cpu", "gpu"):
    try:
        found += [
            {"name": "cpu" if d.platform == "cpu" else f"cuda:{d.local_hardware_id}",
             "kind": d.device_kind,
             "n_bytes": int((d.memory_stats() or {}).get("bytes_limit", 0))}
            for d in jax.local_devices(backend=backend)
        ]
    except RuntimeError:
        pass
print("\\n" + json.dumps(found))
"""


@dataclass(frozen=True)
class Device:
    """A device that a run can be started on."""

    name: str  # what `Engine.run` takes: "cpu", "cuda:0"
    kind: str  # "NVIDIA H200"
    n_bytes: int  # of its memory; 0 if it is not known


def list_devices(python: str = sys.executable) -> tuple[Device, ...]:
    """Return the devices that the JAX of an interpreter finds, blocking while it looks: seconds.

    Raises:
        RuntimeError: If JAX cannot be asked.
    """
    made = worker_environment()
    made["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    try:
        answer = subprocess.run(
            [python, "-c", _QUESTION],
            env=made,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise RuntimeError(error.stderr.strip() or f"exit code {error.returncode}") from error
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"JAX did not answer within {_SECONDS:.0f} s") from error
    devices = [Device(**found) for found in json.loads(answer.stdout.splitlines()[-1])]
    return tuple({device.name: device for device in devices}.values())
