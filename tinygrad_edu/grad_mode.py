"""Grad mode: whether ops are recorded, per thread."""

import threading


class GradMode(threading.local):
    """Are ops recorded on this thread?"""

    recording = True


mode = GradMode()
paused = 0  # how many threads have it off; while there is none, ops need not look it up
_pausing = threading.Lock()


def set_recording(on: bool) -> bool:
    """Record ops on this thread, or stop; returns what it was before."""
    global paused
    before = mode.recording
    if on != before:
        mode.recording = on
        with _pausing:
            paused += 1 if before else -1
    return before
