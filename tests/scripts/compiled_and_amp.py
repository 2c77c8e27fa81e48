"""torch.compile, autocast, a gradient scaler, hooks, checkpoints of activations, tqdm if present."""

import time

import torch
import torch.nn as nn
import torch.nn.utils.parametrize as parametrize
import torch.utils.checkpoint as checkpoint
from torch.amp import GradScaler, autocast
from torch.nn.modules.linear import Linear
from torch.nn.parameter import Parameter
from torch.nn.utils import clip_grad_norm_, parameters_to_vector
from torch.nn.utils.rnn import pad_sequence

try:
    from tqdm import tqdm
except ImportError:

    def tqdm(x, **kwargs):
        return x


@torch.compile
def gelu(x: torch.Tensor) -> torch.Tensor:
    return 0.5 * x * (1.0 + torch.erf(x / 2.0**0.5))


class Layer(nn.Module):
    __constants__ = ["n"]

    def __init__(self, n: int):
        super().__init__()
        self.n = n
        self.weight = Parameter(torch.empty(n, n))
        self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        nn.init.eye_(self.weight)

    @torch.compile(mode="reduce-overhead", fullgraph=True)
    def forward(self, x):
        return gelu(nn.functional.linear(x, self.weight, self.bias))

    def extra_repr(self) -> str:
        return f"n={self.n}"


device_type = (
    "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
)
torch.set_float32_matmul_precision("high")
torch.backends.cuda.matmul.allow_tf32 = True
model = nn.Sequential(Layer(3), Layer(3)).to(device_type)
print(model, issubclass(Linear, nn.Module))
shapes = []
handle = model[0].register_forward_hook(lambda m, inp, out: shapes.append(tuple(out.shape)))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, nesterov=True, momentum=0.9)
scaler = GradScaler(enabled=torch.cuda.is_available())
start = time.time()
for _ in tqdm(range(3), disable=True):
    optimizer.zero_grad()
    with autocast(device_type=device_type, enabled=False):
        loss = (model(torch.ones(2, 3)) - 1).square().mean()
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    clip_grad_norm_(model.parameters(), 1.0)
    scaler.step(optimizer)
    scaler.update()
    print(f"{loss.item():.4f}")
handle.remove()
print(shapes, time.time() - start < 60)
x = torch.ones(2, 3, requires_grad=True)
checkpoint.checkpoint(model, x, use_reentrant=False).sum().backward()
print(x.grad.shape, parameters_to_vector(model.parameters()).shape)
print(pad_sequence([torch.ones(2), torch.ones(3)], batch_first=True))
print(parametrize.is_parametrized(model[0]))
