"""A network that writes: an LSTM learns 47 of Shakespeare's sonnets, one character at a time.

It reads a character x_t, changes its state (h, c), and gives a probability to each character that
may come next (Hochreiter and Schmidhuber, 1997):

    i, f, o = sigmoid(W x_t + U h_{t-1} + b)      g = tanh(...)      with W, U, b of their own
    c_t = f c_{t-1} + i g      h_t = o tanh(c_t)      p(next) = softmax(V h_t + d)

The loss per character is the mean of -log p(the one that came); exp(loss) says between how many
equally likely ones the reader is in doubt, 59 if it knows nothing.  What it has to beat are tables
of counts: how often each character comes, how often after the one before, the two before, ...

To write, a character is drawn from softmax(logits / T) and read in turn.  At a low temperature T
the likely ones are drawn nearly always, at a high one anything goes.
"""

import math

import matplotlib.pyplot as plt
import sonnets
import story
from tqdm import trange

import nn
import nn.functional as F
import tinygrad_edu as tg

options = story.begin(__doc__)
STEPS, RATE = (120, 1e-2) if options.quick else (1000, 5e-3)
COUNT = len(sonnets.CHARACTERS)


class Reader(nn.Module):
    """Characters (batch, length) -> logits (batch, length, 59) of what follows, and the state."""

    def __init__(self, hidden=128):
        super().__init__()
        self.embedding = nn.Embedding(COUNT, 32)
        self.lstm = nn.LSTM(32, hidden, batch_first=True)
        self.dropout = nn.Dropout(0.5)
        self.out = nn.Linear(hidden, COUNT)

    def forward(self, characters, state=None):
        h, state = self.lstm(self.embedding(characters), state)
        return self.out(self.dropout(h)), state


def held_out_loss(model):
    """The loss per character on the sonnets held out, read from the first to the last."""
    model.eval()
    with tg.no_grad():
        logits, _ = model(sonnets.HELD_OUT[None, :-1])
    model.train()
    return F.cross_entropy(logits[0], sonnets.HELD_OUT[1:]).item()


def write(model, length, temperature):
    """So many characters, the first after the end of a line."""
    character, state, written = sonnets.encode("\n"), None, []
    model.eval()
    with tg.no_grad():
        for _ in range(length):
            logits, state = model(character[None], state)
            character = tg.multinomial(F.softmax(logits[0, -1] / temperature, 0), 1)
            written.append(character.item())
    return sonnets.decode(written)


def words_known(text):
    """The share of the words of a text that are words of the sonnets."""
    known, words = set(words_of(sonnets.TEXT)), words_of(text)
    return sum(word in known for word in words) / len(words)


def words_of(text):
    return "".join(c if c.isalpha() or c in "'-" else " " for c in text.lower()).split()


# ---------------------------------------------------------------- the tables to beat

tables = {
    "one character": sonnets.table_loss(1),
    "two (bigrams)": sonnets.table_loss(2),
    "three": sonnets.table_loss(3),
    "four": sonnets.table_loss(4),
}
print("Loss per character on the sonnets held out, of tables of")
for name, loss in tables.items():
    print(f"    {name:15}{loss:.4f}    in doubt between {math.exp(loss):.1f} characters")

# ---------------------------------------------------------------- the network

model = Reader()
optimizer = nn.optim.Adam(model.parameters(), lr=RATE)
schedule = nn.optim.lr_scheduler.CosineAnnealingLR(optimizer, STEPS)
losses, held_out = [], {0: held_out_loss(model)}
for step in (progress := trange(1, STEPS + 1, unit="step")):
    characters, following = sonnets.pieces(length=64, count=32)
    logits, _ = model(characters)
    loss = F.cross_entropy(logits.flatten(0, 1), following.flatten())
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    losses.append(loss.item())
    if step % 40 == 0:
        held_out[step] = held_out_loss(model)
        progress.set_postfix(held_out=held_out[step])

ours = held_out[STEPS]
story.number("loss per character of the LSTM", ours, at_most=2.2 if options.quick else 1.85)
story.number("how much below the table of bigrams", tables["two (bigrams)"] - ours, at_least=0.15)
if not options.quick:
    story.number("how much below that of four characters", tables["four"] - ours, at_least=0.02)

figure, axes = plt.subplots(figsize=(8, 4.5))
axes.plot(range(1, STEPS + 1), losses, linewidth=0.8, label="the text that it learns, dropout on")
axes.plot(held_out.keys(), held_out.values(), label="the sonnets held out")
for name, loss in tables.items():
    axes.axhline(loss, color="0.4", linewidth=0.8, linestyle="-")
    axes.text(STEPS, loss + 0.02, f"table of {name}", ha="right", color="0.3", fontsize=9)
axes.set(xlabel="step", ylabel="loss per character (nats)", title="An LSTM learns the sonnets")
axes.legend()
story.picture(figure, "loss")

# ---------------------------------------------------------------- what it writes

shares = {}
for temperature in (0.3, 0.7, 1.0, 1.5):
    text = write(model, 400 if options.quick else 1000, temperature)
    shares[temperature] = words_known(text)
    print(
        f"\nTemperature {temperature}; {shares[temperature]:.0%} of the words are in the sonnets:"
    )
    print("\n".join("    " + line for line in text[:240].split("\n")))
print()
story.number(
    "share of words known at 0.3 less that at 1.5", shares[0.3] - shares[1.5], at_least=0.3
)
story.end()
