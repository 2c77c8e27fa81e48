"""The derivative table: every op with its rules, in order of difficulty.

A rule is the textbook derivative.  It reads `g` = dL/dy, the result `y` and the inputs by their
names, and returns dL/d(input).  A name that starts with `_` is given as a shape and is not kept.
Undoing broadcasting, freeing, accumulating: all that is the engine's work, not a rule's.
"""

# Every op by its name: a new one needs no line here.
from .activation import *
from .comparison import *
from .composite import *
from .elementwise import *
from .indexing import *
from .linalg import *
from .piecewise import *
from .recurrent import *
from .reduction import *
from .shape import *
from .special import *
from .window import *


def __dir__() -> list[str]:
    return [name for name, thing in globals().items() if hasattr(thing, "op")]
