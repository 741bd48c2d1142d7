"""Running tests that need two devices, in a process of their own that has two."""

import functools
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import jax
import pytest


def has_two_devices() -> bool:
    """Return whether this process has two devices."""
    return jax.device_count() > 1


def in_a_process_with_two(request: pytest.FixtureRequest) -> None:
    """Run the test that asks in a process with two CPU devices, and fail with what failed there.

    The tests of its file that have `two_devices` in their name, or in that of the file, are run
    together.
    """
    failure = _failures(request.node.path).get(request.node.name, "it was not run there")
    if failure:
        pytest.fail(f"in the process with two devices: {failure}", pytrace=False)


@functools.cache
def _failures(path: Path) -> dict[str, str]:
    """Return what failed of each test of a file; an empty text if nothing did."""
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2"
    command = [sys.executable, "-m", "pytest", str(path), "-q", "-p", "no:cacheprovider"]
    report = subprocess.run(
        [*command, "-k", "two_devices", "--full", "--junitxml=/dev/stderr"],
        env={**os.environ, "XLA_FLAGS": flags.strip(), "JAX_PLATFORMS": "cpu"},
        cwd=Path(__file__).resolve().parent.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    ).stderr
    cases = ElementTree.fromstring(report[report.index("<?xml") :]).iter("testcase")
    return {
        case.get("name", ""): "\n".join(
            each.text or each.get("message", "")
            for each in case
            if each.tag in ("failure", "error", "skipped")
        )
        for case in cases
    }
