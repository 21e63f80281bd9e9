"""Runs the benches named, or all: python -m benchmarks [NAME ...]. Fails where one of their bounds does not hold.

A bench is a module of this folder with its name that prints its figures, then one line a bound (benchmarks.bounds).
Each runs in a process of its own, since each has settings of its own.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence

from benchmarks.bounds import FAILED, PASSED

BENCHES = ("engine", "ocr", "phone", "vision", "extraction", "storms", "upload", "scale", "processes", "progress")


def bounds_of(bench: str) -> Iterator[str]:
    """The lines of the bench's bounds; everything that it prints is shown as it comes."""
    print(f"\n== {bench}", flush=True)
    found = False
    with subprocess.Popen([sys.executable, "-m", f"benchmarks.{bench}"], stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout or ():
            print(line, end="", flush=True)
            if line.startswith((PASSED, FAILED)):
                found = True
                yield line.rstrip()
    if running.returncode and not found:
        yield f"{FAILED}  {bench} ended with code {running.returncode}"


def main(names: Sequence[str]) -> int:
    unknown = set(names) - set(BENCHES)
    if unknown:
        print(f"There is no bench {', '.join(sorted(unknown))}; there are {', '.join(BENCHES)}.")
        return 2
    lines = [f"{bench:<12}{line}" for bench in names or BENCHES for line in bounds_of(bench)]
    failed = [line for line in lines if FAILED in line]
    print("\n== bounds", *lines, sep="\n")
    print(f"\n{len(lines) - len(failed)} of {len(lines)} bounds passed." + (" Failed!" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
