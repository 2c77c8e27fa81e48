"""A convolutional network, with the loss and the optimiser as most tutorials write them."""

import torch
from torch import nn, optim


class LeNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=2),
            nn.BatchNorm2d(6),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(2, 2),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(inplace=True),
            nn.AvgPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Flatten(), nn.Linear(16 * 1 * 1, 12), nn.ReLU(), nn.Linear(12, 3)
        )

    def forward(self, x):
        x = self.features(x)
        return self.classifier(x)


@torch.no_grad()
def init_weights(m):
    if isinstance(m, (nn.Conv2d, nn.Linear)):
        steps = torch.arange(m.weight.numel(), dtype=torch.float32)
        m.weight.copy_(torch.sin(steps).reshape(m.weight.shape) * 0.4)
        nn.init.zeros_(m.bias)


net = LeNet()
net.apply(init_weights)
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=1e-2)

images = torch.linspace(-1, 1, 6 * 14 * 14).reshape(6, 1, 14, 14)
images = torch.sin(images * 300)
labels = torch.tensor([0, 1, 2, 0, 1, 2])
running_loss = 0.0
for i in range(20):
    optimizer.zero_grad()
    outputs = net(images)
    loss = criterion(outputs, labels)
    loss.backward()
    optimizer.step()
    running_loss += loss.item()
    if i % 5 == 4:
        print(f"[{i + 1:3d}] loss: {running_loss / 5:.2f}")
        running_loss = 0.0
_, predicted = torch.max(net.eval()(images).data, 1)
print("shapes", outputs.shape, net.features(images).size(), predicted.dtype)
print([name for name, _ in net.named_parameters()])
