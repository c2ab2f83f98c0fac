"""Threads that allocate share what the others have left."""

import subprocess
import sys

import pytest

COUNT = """
import sys, threading
sys.path.insert(0, sys.argv[1])
from console.arena import share_one_arena
if sys.argv[2] == "one":
    share_one_arena()
held, go = [], threading.Barrier(9)
def allocate():
    held.append([bytes(4000) for _ in range(50)])
    go.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
[thread.start() for thread in threads]
go.wait()
import ctypes
libc = ctypes.CDLL(None)
libc.malloc_stats()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc only")
def test_all_threads_allocate_from_one_arena() -> None:
    """As glibc itself counts them; without it eight threads have more than one."""
    import platform

    if platform.libc_ver()[0] != "glibc":
        pytest.skip("another C library")
    assert arenas("one") == 1
    assert arenas("many") > 1


def arenas(how: str) -> int:
    words = [sys.executable, "-c", COUNT, ".", how]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stderr
    return said.count("Arena ")
