"""Optimisers as people publish them for PyTorch: `torch` and `optim` are PyTorch's or ours."""

import math
from collections import defaultdict


def optimizers(torch, optim):
    """SAM, Lookahead, LAMB and AdaBound, by their names."""
    Optimizer = optim.Optimizer

    class SAM(Optimizer):
        """Foret et al., 2021: the gradient of the worst place near by; steps of a base."""

        def __init__(self, params, base_optimizer, rho=0.05, adaptive=False, **kwargs):
            defaults = {"rho": rho, "adaptive": adaptive, **kwargs}
            super().__init__(params, defaults)
            self.base_optimizer = base_optimizer(self.param_groups, **kwargs)
            self.param_groups = self.base_optimizer.param_groups
            self.defaults.update(self.base_optimizer.defaults)

        @torch.no_grad()
        def first_step(self, zero_grad=False):
            grad_norm = self._grad_norm()
            for group in self.param_groups:
                scale = group["rho"] / (grad_norm + 1e-12)
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    self.state[p]["old_p"] = p.data.clone()
                    e_w = (torch.pow(p, 2) if group["adaptive"] else 1.0) * p.grad * scale.to(p)
                    p.add_(e_w)
            if zero_grad:
                self.zero_grad()

        @torch.no_grad()
        def second_step(self, zero_grad=False):
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    p.data = self.state[p]["old_p"]
            self.base_optimizer.step()
            if zero_grad:
                self.zero_grad()

        @torch.no_grad()
        def step(self, closure=None):
            assert closure is not None
            closure = torch.enable_grad()(closure)
            self.first_step(zero_grad=True)
            closure()
            self.second_step()

        def _grad_norm(self):
            shared_device = self.param_groups[0]["params"][0].device
            return torch.norm(
                torch.stack(
                    [
                        ((torch.abs(p) if group["adaptive"] else 1.0) * p.grad)
                        .norm(p=2)
                        .to(shared_device)
                        for group in self.param_groups
                        for p in group["params"]
                        if p.grad is not None
                    ]
                ),
                p=2,
            )

        def load_state_dict(self, state_dict):
            super().load_state_dict(state_dict)
            self.base_optimizer.param_groups = self.param_groups

    class Lookahead(Optimizer):
        """Zhang et al., 2019: slow weights follow an optimiser; it never calls __init__ above."""

        def __init__(self, optimizer, k=5, alpha=0.5):
            self.optimizer = optimizer
            self.k = k
            self.alpha = alpha
            self.param_groups = self.optimizer.param_groups
            self.defaults = self.optimizer.defaults
            self.state = defaultdict(dict)
            self.fast_state = self.optimizer.state
            for group in self.param_groups:
                group["counter"] = 0

        def update(self, group):
            for fast in group["params"]:
                param_state = self.state[fast]
                if "slow_param" not in param_state:
                    param_state["slow_param"] = torch.zeros_like(fast.data)
                    param_state["slow_param"].copy_(fast.data)
                slow = param_state["slow_param"]
                slow += (fast.data - slow) * self.alpha
                fast.data.copy_(slow)

        def step(self, closure=None):
            loss = self.optimizer.step(closure)
            for group in self.param_groups:
                if group["counter"] == 0:
                    self.update(group)
                group["counter"] += 1
                if group["counter"] >= self.k:
                    group["counter"] = 0
            return loss

        def state_dict(self):
            fast_state_dict = self.optimizer.state_dict()
            slow_state = {
                (id(k) if isinstance(k, torch.Tensor) else k): v for k, v in self.state.items()
            }
            return {
                "fast_state": fast_state_dict["state"],
                "slow_state": slow_state,
                "param_groups": fast_state_dict["param_groups"],
            }

        def load_state_dict(self, state_dict):
            groups = state_dict["param_groups"]
            super().load_state_dict({"state": state_dict["slow_state"], "param_groups": groups})
            self.optimizer.load_state_dict(
                {"state": state_dict["fast_state"], "param_groups": groups}
            )
            self.fast_state = self.optimizer.state

    class LAMB(Optimizer):
        """You et al., 2020: Adam whose step is as long as the parameter's norm says."""

        def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-6, weight_decay=0):
            defaults = {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay}
            super().__init__(params, defaults)

        def step(self, closure=None):
            loss = None
            if closure is not None:
                loss = closure()
            for group in self.param_groups:
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    grad = p.grad.data
                    if grad.is_sparse:
                        raise RuntimeError("Lamb does not support sparse gradients")
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["exp_avg"] = torch.zeros_like(p.data)
                        state["exp_avg_sq"] = torch.zeros_like(p.data)
                    exp_avg, exp_avg_sq = state["exp_avg"], state["exp_avg_sq"]
                    beta1, beta2 = group["betas"]
                    state["step"] += 1
                    exp_avg.mul_(beta1).add_(grad, alpha=1 - beta1)
                    exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
                    weight_norm = p.data.pow(2).sum().sqrt().clamp(0, 10)
                    adam_step = exp_avg / exp_avg_sq.sqrt().add(group["eps"])
                    if group["weight_decay"] != 0:
                        adam_step.add_(p.data, alpha=group["weight_decay"])
                    adam_norm = adam_step.pow(2).sum().sqrt()
                    if weight_norm == 0 or adam_norm == 0:
                        trust_ratio = 1
                    else:
                        trust_ratio = weight_norm / adam_norm
                    state["weight_norm"] = weight_norm
                    state["trust_ratio"] = trust_ratio
                    p.data.add_(adam_step, alpha=-group["lr"] * trust_ratio)
            return loss

    class AdaBound(Optimizer):
        """Luo et al., 2019: Adam between bounds that close in on SGD's rate."""

        def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), final_lr=0.1, gamma=1e-3,
                     eps=1e-8, weight_decay=0, amsbound=False):  # fmt: skip
            if not lr >= 0.0:
                raise ValueError(f"Invalid learning rate: {lr}")
            defaults = {
                "lr": lr,
                "betas": betas,
                "final_lr": final_lr,
                "gamma": gamma,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsbound": amsbound,
            }
            super().__init__(params, defaults)
            self.base_lrs = [group["lr"] for group in self.param_groups]

        def __setstate__(self, state):
            super().__setstate__(state)
            for group in self.param_groups:
                group.setdefault("amsbound", False)

        @torch.no_grad()
        def step(self, closure=None):
            loss = None
            if closure is not None:
                with torch.enable_grad():
                    loss = closure()
            for group, base_lr in zip(self.param_groups, self.base_lrs, strict=True):
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    grad = p.grad.data
                    amsbound = group["amsbound"]
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        state["exp_avg"] = torch.zeros_like(p.data)
                        state["exp_avg_sq"] = torch.zeros_like(p.data)
                        if amsbound:
                            state["max_exp_avg_sq"] = torch.zeros_like(p.data)
                    exp_avg, exp_avg_sq = state["exp_avg"], state["exp_avg_sq"]
                    beta1, beta2 = group["betas"]
                    state["step"] += 1
                    if group["weight_decay"] != 0:
                        grad = grad.add(p.data, alpha=group["weight_decay"])
                    exp_avg.mul_(beta1).add_(grad, alpha=1 - beta1)
                    exp_avg_sq.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
                    if amsbound:
                        max_exp_avg_sq = state["max_exp_avg_sq"]
                        torch.max(max_exp_avg_sq, exp_avg_sq, out=max_exp_avg_sq)
                        denom = max_exp_avg_sq.sqrt().add_(group["eps"])
                    else:
                        denom = exp_avg_sq.sqrt().add_(group["eps"])
                    bias_correction1 = 1 - beta1 ** state["step"]
                    bias_correction2 = 1 - beta2 ** state["step"]
                    step_size = group["lr"] * math.sqrt(bias_correction2) / bias_correction1
                    final_lr = group["final_lr"] * group["lr"] / base_lr
                    lower_bound = final_lr * (1 - 1 / (group["gamma"] * state["step"] + 1))
                    upper_bound = final_lr * (1 + 1 / (group["gamma"] * state["step"]))
                    step_size = torch.full_like(denom, step_size)
                    step_size.div_(denom).clamp_(lower_bound, upper_bound).mul_(exp_avg)
                    p.data.add_(-step_size)
            return loss

    return {"SAM": SAM, "Lookahead": Lookahead, "LAMB": LAMB, "AdaBound": AdaBound}


MADE = {
    "SAM": lambda optim, c, ps: c["SAM"](ps, optim.SGD, rho=0.5, lr=0.1, momentum=0.9),
    "SAM, adaptive": lambda optim, c, ps: c["SAM"](ps, optim.Adam, 0.5, True, lr=0.1),
    "Lookahead": lambda optim, c, ps: c["Lookahead"](optim.Adam(ps, lr=0.1), k=3),
    "LAMB": lambda optim, c, ps: c["LAMB"](ps, lr=0.1, weight_decay=0.1),
    "AdaBound": lambda optim, c, ps: c["AdaBound"](ps, lr=0.1, weight_decay=0.1),
    "AdaBound, amsbound": lambda optim, c, ps: c["AdaBound"](ps, lr=0.1, amsbound=True),
}


def walk(torch, optim, name, steps=8):
    """Where the parameters of a small problem are after some steps, in the middle of which the rate
    is lowered by a schedule and the optimiser goes on from its own state_dict()."""
    params = [
        torch.tensor([[1.0, -2.0], [0.5, 3.0]], requires_grad=True),
        torch.tensor([0.3, -0.1], requires_grad=True),
    ]
    x = torch.tensor([[1.0, 2.0], [-1.0, 0.5], [0.2, -0.7]])
    optimizer = MADE[name](optim, optimizers(torch, optim), params)
    scheduler = optim.lr_scheduler.StepLR(optimizer, 4, 0.5)

    def closure():
        optimizer.zero_grad()
        loss = ((x @ params[0] + params[1]).tanh() - 0.5).pow(2).sum()
        loss.backward()
        return loss

    for k in range(steps):
        closure()
        optimizer.step(closure)
        scheduler.step()
        if k == 4 and name != "Lookahead":
            optimizer.load_state_dict(optimizer.state_dict())
    return [p.detach().reshape(-1).tolist() for p in params]
