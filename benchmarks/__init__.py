"""What the engine costs: `python -m benchmarks`, or `make bench`."""
