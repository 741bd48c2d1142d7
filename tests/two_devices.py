"""Running tests that need two devices, in a process of their own that has two."""

import functools
import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jax
import pytest


def with_two_devices(test: Callable[..., None]) -> Callable[..., None]:
    """Return `test`, run in a process with two CPU devices if this one has not got two.

    The tests of its file that have `two_devices` in their name, or in that of the file, are run
    there together; what failed there fails here.
    """

    def wrapped(*, request: pytest.FixtureRequest, **arguments: Any) -> None:
        if jax.device_count() > 1:
            test(**arguments)
            return
        failure = _failures(request.node.path).get(request.node.name, "it was not run there")
        if failure:
            pytest.fail(f"in the process with two devices: {failure}", pytrace=False)

    signature = inspect.signature(test)
    request = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY)
    functools.update_wrapper(wrapped, test)
    wrapped.__signature__ = signature.replace(  # pyright: ignore - functions may have it
        parameters=[*signature.parameters.values(), request]
    )
    return wrapped


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
