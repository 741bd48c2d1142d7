"""Observing the jitted calls of an unchanged script. Imports JAX only after the script did."""

import sys

import eqxviz
from eqxviz.capture.gate import CallAtGate as CallAtGate
from eqxviz.capture.gate import Gate as Gate
from eqxviz.capture.session import Capture as Capture
from eqxviz.capture.session import install as install
from eqxviz.capture.session import is_installed as is_installed
from eqxviz.capture.session import muted as muted
from eqxviz.capture.session import uninstall as uninstall

# A script calls `eqxviz.capture()`, and this package has that name.
sys.modules[__name__].__class__ = eqxviz.CallablePackage
