"""A variational autoencoder: the reparametrisation trick, and a loss of two parts."""

from __future__ import print_function

import torch
import torch.utils.data
from torch import nn, optim
from torch.distributions import Normal, kl_divergence
from torch.distributions.categorical import Categorical
from torch.nn import functional as F

torch.manual_seed(1)
kwargs = {"num_workers": 1, "pin_memory": True} if torch.cuda.is_available() else {}


class VAE(nn.Module):
    def __init__(self):
        super(VAE, self).__init__()
        self.fc1 = nn.Linear(20, 16)
        self.fc21 = nn.Linear(16, 3)
        self.fc22 = nn.Linear(16, 3)
        self.fc3 = nn.Linear(3, 16)
        self.fc4 = nn.Linear(16, 20)

    def encode(self, x):
        h1 = F.relu(self.fc1(x))
        return self.fc21(h1), self.fc22(h1)

    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        eps = torch.randn_like(std) * 0 + 0.5
        return mu + eps * std

    def decode(self, z):
        h3 = F.relu(self.fc3(z))
        return torch.sigmoid(self.fc4(h3))

    def forward(self, x):
        mu, logvar = self.encode(x.view(-1, 20))
        z = self.reparameterize(mu, logvar)
        return self.decode(z), mu, logvar


def loss_function(recon_x, x, mu, logvar):
    BCE = F.binary_cross_entropy(recon_x, x.view(-1, 20), reduction="sum")
    KLD = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return BCE + KLD


model = VAE()
state = model.state_dict()
for k, name in enumerate(state):
    state[name] = 0.2 * torch.sin(torch.arange(state[name].nelement()) + k).reshape(
        state[name].shape
    )
print(model.load_state_dict(state))
optimizer = optim.Adam(model.parameters(), lr=1e-2)
pictures = (torch.sin(torch.arange(600.0)) > 0).float().view(30, 4, 5)
train_loader = torch.utils.data.DataLoader(pictures, batch_size=10, shuffle=False, **kwargs)
for epoch in range(1, 4):
    model.train()
    train_loss = 0
    for batch_idx, data in enumerate(train_loader):
        optimizer.zero_grad()
        recon_batch, mu, logvar = model(data)
        loss = loss_function(recon_batch, data, mu, logvar)
        loss.backward()
        train_loss += loss.item()
        optimizer.step()
    print(
        "====> Epoch: {} Average loss: {:.3f}".format(epoch, train_loss / len(train_loader.dataset))
    )
with torch.no_grad():
    sample = model.decode(torch.zeros(2, 3)).cpu()
    print(sample.view(2, 4, 5).shape, f"{sample.mean():.4f}")
q, p = Normal(mu.detach(), (0.5 * logvar.detach()).exp()), Normal(0.0, 1.0)
by_hand = -0.5 * (1 + logvar - mu.pow(2) - logvar.exp()).sum().item()
print(f"{kl_divergence(q, p).sum().item():.3f} {by_hand:.3f}")
print(f"{Categorical(probs=torch.tensor([0.2, 0.8])).entropy().item():.4f}")
