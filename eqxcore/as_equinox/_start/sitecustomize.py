"""Makes `equinox` mean eqxcore in a Python that is starting, then gets out of its way.

Python imports the first `sitecustomize` on its path; the one that this file hides is run by its
last line. What is loaded here must not import JAX: the program may yet want to configure that.
"""

import importlib.util
import sys
from pathlib import Path


def _install(folder: Path) -> None:
    name = "eqxcore.as_equinox._finder"
    spec = importlib.util.spec_from_file_location(name, folder / "_finder.py")
    assert spec is not None
    assert spec.loader is not None
    # By its own name, so that there is one of it even if the program imports it too.
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.install()


_here = Path(__file__).resolve().parent
_install(_here.parent)
sys.path[:] = [each for each in sys.path if not each or Path(each).resolve() != _here]
del sys.modules["sitecustomize"]
import sitecustomize  # noqa: E402, F401  # pyright: ignore - there may be none; `site` expects that
