"""Write pictures/gradient_flow_chart.png, for docs/training-charts.md.

python docs/make_charts.py
"""

from pathlib import Path

import nn
import nn.functional as F
import tinygrad_edu as tg

PICTURES = Path(__file__).with_name("pictures")


def deep_net_of_sigmoids():
    """The gradient flow of the guide: twenty steps of a net whose gradients vanish."""
    tg.manual_seed(0)
    layers = [layer for _ in range(6) for layer in (nn.Linear(16, 16), nn.Sigmoid())]
    net = nn.Sequential(*layers, nn.Linear(16, 2))
    optimizer = nn.optim.SGD(net.parameters(), lr=0.1)
    x = tg.randn(32, 16)
    y = (x[:, 0] > 0).long()
    with tg.viz.gradient_flow(net, optimizer) as flow:
        for _ in range(20):
            optimizer.zero_grad()
            F.cross_entropy(net(x), y).backward()
            optimizer.step()
    return flow


if __name__ == "__main__":
    deep_net_of_sigmoids().plot().savefig(PICTURES / "gradient_flow_chart.png", dpi=100)
