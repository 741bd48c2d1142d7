"""Runs on disk: one SQLite file a run, written by its worker and read by anyone."""

from eqxviz.store.connecting import StoreError as StoreError
from eqxviz.store.library import Library as Library
from eqxviz.store.run_reader import FORMAT_VERSION as FORMAT_VERSION
from eqxviz.store.run_reader import RunMeta as RunMeta
from eqxviz.store.run_store import RunStore as RunStore
from eqxviz.store.summary import RunSummary as RunSummary
