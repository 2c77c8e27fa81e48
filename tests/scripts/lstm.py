"""A recurrent network that learns the next number of a wave."""

import math

import torch
import torch.nn as nn


class Sequence(nn.Module):
    def __init__(self, hidden_size=8, num_layers=2):
        super().__init__()
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.lstm = nn.LSTM(1, hidden_size, num_layers, batch_first=True)
        self.linear = nn.Linear(hidden_size, 1)

    def forward(self, x, hidden=None):
        if hidden is None:
            h0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size, dtype=x.dtype)
            c0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size).to(x)
            hidden = (h0, c0)
        out, hidden = self.lstm(x, hidden)
        return self.linear(out), tuple(h.detach() for h in hidden)


torch.set_printoptions(precision=3, sci_mode=False)
model = Sequence().double()
for p in model.parameters():
    p.data = torch.sin(torch.arange(p.numel(), dtype=torch.double)).view(p.shape) * 0.3
wave = torch.tensor([[math.sin(0.4 * t + phase) for t in range(21)] for phase in (0.0, 1.0)])
wave = wave.double().unsqueeze(-1)
x, y = wave[:, :-1], wave[:, 1:]
criterion = nn.MSELoss()
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
for epoch in range(30):
    optimizer.zero_grad(set_to_none=True)
    out, hidden = model(x)
    loss = criterion(out, y)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0)
    optimizer.step()
    if epoch % 10 == 0:
        print(f"Epoch {epoch}: {loss.item():.5f}")
print("last", loss.detach())
print(out.shape, hidden[0].shape)
cell = nn.GRUCell(1, 4)
h = torch.zeros(2, 4)
for t in range(3):
    h = cell(x[:, t].float(), h)
print(h.shape, list(model.state_dict())[:4])
packed = nn.utils.rnn.pack_padded_sequence(x, [20, 15], batch_first=True)
unpacked, lengths = torch.nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
print(unpacked.shape, lengths)
