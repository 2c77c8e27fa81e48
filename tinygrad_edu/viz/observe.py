"""observe: let the record also keep values, who called each op, in which module, on which line."""

from __future__ import annotations

from ..engine.observing import Observation


def observe() -> Observation:
    """Let the record keep what a picture can show beyond the derivative.

    In the `with` block each recorded op also keeps the values of its result and its inputs, the
    public function that was called (`gelu`, `max`, `embedding`), the modules that were being called
    (their path and class), and the line of the user's code.  It takes memory and time: use it where
    you draw.  Outside of it nothing is kept and nothing gets slower.

    Returns
    -------
    Observation
        A context manager, for this thread.

    Examples
    --------
    >>> import nn, tinygrad_edu as tg
    >>> model = nn.Sequential(nn.Linear(2, 3), nn.GELU())
    >>> with tg.viz.observe():
    ...     y = model(tg.ones(1, 2)).sum()
    >>> call = y.node.inputs[0].call
    >>> call.name, [module.kind for module in call.modules]
    ('gelu', ['Sequential', 'GELU'])
    """
    return Observation()
