"""Module, and hooks on all modules, by their path in PyTorch: `nn.modules.module`."""

from ..hooks import (
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from ..module import Module

__all__ = ["Module", "register_module_buffer_registration_hook", "register_module_forward_hook"]
__all__ += ["register_module_forward_pre_hook", "register_module_full_backward_hook"]
__all__ += ["register_module_full_backward_pre_hook", "register_module_module_registration_hook"]
__all__ += ["register_module_parameter_registration_hook"]
