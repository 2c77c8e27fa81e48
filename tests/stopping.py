"""A program that is killed at a chosen line: what it leaves depends on no machine's speed."""

import os
import signal
import sys


def die_at_line(number, *files):
    """Kill this program when it is about to run its `number`-th line in files of these names.

    0 is no line: it goes on to its end.
    """
    left = number

    def trace(frame, event, _):
        nonlocal left
        if not frame.f_code.co_filename.endswith(files):
            return None
        if event == "line":
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)
