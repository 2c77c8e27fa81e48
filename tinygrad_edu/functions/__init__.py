"""PyTorch's signatures over the ops: `dim` and `keepdim`, sequences, `(values, indices)`.

They live once here, and serve as functions (`tg.sum(x, 0)`) and as methods (`x.sum(0)`).  Where
PyTorch accepts NumPy's names `axis` and `keepdims`, so do these.
"""

from . import out as _out  # noqa: F401 (what out= calls)
from .counting import *
from .distance import *
from .elementwise import *
from .factorization import *
from .filling import *
from .grids import *
from .indexing import *
from .joining import *
from .linalg import *
from .reduction import *
from .running import *
from .sampling import *
from .shape import *
from .sorting import *
from .statistics import *
from .writing import *
