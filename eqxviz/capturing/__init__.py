"""Observing the jitted calls of an unchanged script. Imports JAX only after the script did."""

from eqxviz.capturing.gate import Gate as Gate
from eqxviz.capturing.held import Held as Held
from eqxviz.capturing.held import KeptCall as KeptCall
from eqxviz.capturing.session import Capture as Capture
from eqxviz.capturing.session import install as install
from eqxviz.capturing.session import is_installed as is_installed
from eqxviz.capturing.session import muted as muted
from eqxviz.capturing.session import uninstall as uninstall
