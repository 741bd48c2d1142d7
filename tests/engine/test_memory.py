"""Memory that is not used any more goes back to the system."""

import ctypes
import sys

import psutil
import pytest

from eqxviz.engine import memory


def test_freed_memory_goes_back_to_the_system():
    if not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "malloc_trim"):
        pytest.skip("the C library of this system has no way to ask for it")
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.malloc.argtypes, libc.free.argtypes = [ctypes.c_size_t], [ctypes.c_void_p]
    size, n = 64 << 10, 800
    blocks = [libc.malloc(size) for _ in range(n)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    for block in blocks[:-1]:  # the last one keeps the heap from getting shorter
        libc.free(block)
    before = psutil.Process().memory_info().rss
    memory.give_back_freed_memory()
    assert before - psutil.Process().memory_info().rss > n * size // 2
    libc.free(blocks[-1])


def test_elsewhere_nothing_is_asked_of_the_system(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    asked: list[str | None] = []
    monkeypatch.setattr(ctypes, "CDLL", asked.append)
    memory.give_back_freed_memory()
    assert asked == []
