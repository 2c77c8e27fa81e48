"""Is a derivative right?  Every rule is held against finite differences, by random projections.
And is a result right?  `assert_close` compares it with another one."""

from .assertion import assert_gradients
from .close import assert_close
from .error import GradcheckError
from .gradcheck import gradcheck
from .op_cases import OpCase, op_case

__all__ = ["GradcheckError", "OpCase", "assert_close", "assert_gradients", "gradcheck", "op_case"]


def __dir__() -> list[str]:
    return __all__
