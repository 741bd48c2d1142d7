"""Runs code that says `import equinox` on eqxcore.

From the command line, a script, a module or a line of code, with the arguments it takes:

```sh
python -m eqxcore.as_equinox train.py --steps 100
python -m eqxcore.as_equinox -m pytest tests
python -m eqxcore.as_equinox -c "import equinox; print(equinox.Module)"
```

All else is as with plain `python`, whose options go before `-m eqxcore.as_equinox`. It is so in the
processes that the script starts as well. An Equinox that is installed is not used, and need not be.

Within Python, for a while:

```python
import eqxcore.as_equinox

with eqxcore.as_equinox.installed():
    import equinox
```
"""

from eqxcore.as_equinox._finder import installed

__all__ = ["installed"]
