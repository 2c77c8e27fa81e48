"""Is a derivative right?  Every rule is held against finite differences, by random projections."""

from .gradcheck import GradcheckError, gradcheck
from .op_cases import OpCase, op_case

__all__ = ["GradcheckError", "OpCase", "gradcheck", "op_case"]
