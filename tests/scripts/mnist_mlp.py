"""The first script of most courses: a network on pictures, batches from a loader, epochs."""

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
torch.manual_seed(42)
torch.backends.cudnn.deterministic = True
torch.backends.cudnn.benchmark = False


class Net(nn.Module):
    def __init__(self, n_in: int = 64, n_hidden: int = 32, n_out: int = 10) -> None:
        super(Net, self).__init__()
        self.fc1 = nn.Linear(n_in, n_hidden)
        self.fc2 = nn.Linear(n_hidden, n_out)
        self.dropout = nn.Dropout(0.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.view(x.size(0), -1)
        x = self.dropout(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


def make_data(n=200):
    labels = torch.arange(n) % 10
    pixels = torch.sin(torch.arange(n * 64, dtype=torch.float32)).view(n, 1, 8, 8) * 0.1
    for i in range(n):
        pixels[i, 0, labels[i] % 8, :] += 1.0
        pixels[i, 0, :, labels[i] // 8] += 1.0
    return TensorDataset(pixels, labels)


def train(model, device, train_loader, optimizer, epoch, log_interval=5):
    model.train()
    for batch_idx, (data, target) in enumerate(train_loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        if batch_idx % log_interval == 0:
            print(
                "Train Epoch: {} [{}/{} ({:.0f}%)]\tLoss: {:.4f}".format(
                    epoch,
                    batch_idx * len(data),
                    len(train_loader.dataset),
                    100.0 * batch_idx / len(train_loader),
                    loss.item(),
                )
            )


def test(model, device, test_loader):
    model.eval()
    test_loss = 0
    correct = 0
    with torch.no_grad():
        for data, target in test_loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            test_loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    test_loss /= len(test_loader.dataset)
    print(
        f"Test set: Average loss: {test_loss:.3f}, Accuracy: {correct}/{len(test_loader.dataset)}"
    )


def main():
    dataset = make_data()
    loader = DataLoader(dataset, batch_size=20, shuffle=False, num_workers=0, pin_memory=False)
    model = Net().to(device)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(0.3 * torch.cos(torch.arange(p.numel(), dtype=torch.float32)).view_as(p))
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for epoch in range(1, 4):
        train(model, device, loader, optimizer, epoch)
        test(model, device, loader)
    print(sum(p.numel() for p in model.parameters() if p.requires_grad), "parameters")
    print(model)


if __name__ == "__main__":
    main()
