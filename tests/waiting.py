"""Waiting for what other threads and processes do, however slow the machine is."""

import time

import pytest


def wait_until(done):
    """Let others go on until they are done; after a minute the test fails."""
    for _ in range(6000):
        if done():
            return
        time.sleep(0.01)
    pytest.fail("still not done after a minute")
