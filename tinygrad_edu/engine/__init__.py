"""The engine: `graph` records, `backward` replays, `leaf` keeps the gradients that arrive.

Read them in this order: `graph.py` (Node, @op), `caller.py` (the function that runs an op),
`grad_mode.py` (is recording on?), `outputs.py` (ops of several outputs), `backward.py` (the reverse
pass), `leaf.py` (`.grad`), `clock.py` (late writes are noticed).
"""

from . import caller as _caller  # noqa: F401, which `@op` asks for the function that runs an op
