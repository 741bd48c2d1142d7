"""Virtual environments that hold some packages of another one, made in a moment."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

JAX = ("jax", "jaxlib", "numpy", "ml_dtypes", "opt_einsum", "scipy")


def make_environment(folder: Path, python: str, source: Path, packages: Sequence[str]) -> Path:
    """Return the interpreter of a new environment with `packages` of the site-packages `source`."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    (packages_folder,) = folder.glob("lib/python*/site-packages")
    for package in packages:
        found = [
            source / package,
            source / f"{package}.libs",
            *source.glob(f"{package}-*.dist-info"),
        ]
        for path in found:
            (packages_folder / path.name).symlink_to(path)
    return folder / "bin" / "python"
