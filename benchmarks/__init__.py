"""Benchmarks that anyone can run: `python -m benchmarks --help`, or `make bench`."""
