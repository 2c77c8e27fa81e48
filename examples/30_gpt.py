"""A small GPT learns the sonnets of story 29, and is compared with the LSTM there.

It has no state: each character looks back at those before it, and takes what it needs.  In a layer,
every place asks a query q, and offers a key k and a value v, all of them W x with their own W:

    attention_t = sum over s <= t of a_ts v_s,    a_t = softmax over s <= t of q_t' k_s / sqrt(16)

(Vaswani et al., 2017; s <= t makes it causal: nobody looks ahead).  Four such heads stand side by
side.  Then two dense layers work on each place alone.  Both are added to x, and read it normalised
(Radford et al., 2019).  Of the order of the characters the sum knows nothing, so each place has a
vector of its own, which is added to the character's.

AdamW trains it; its rate warms up for 50 steps, then falls as half a cosine; gradients are clipped.
"""

import math
import time

import matplotlib.pyplot as plt
import numpy as np
import sonnets
import story
from tqdm import trange

import nn
import nn.functional as F
import tinygrad_edu as tg
from nn.optim.lr_scheduler import CosineAnnealingLR, LinearLR, SequentialLR

options = story.begin(__doc__)
STEPS = 200 if options.quick else 900
COUNT, LENGTH, WIDTH, HEADS, LAYERS = len(sonnets.CHARACTERS), 32, 64, 4, 2


class Block(nn.Module):
    """x + attention(norm(x)), then x + dense(norm(x))."""

    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = nn.MultiheadAttention(WIDTH, HEADS, batch_first=True)
        self.up, self.down = nn.Linear(WIDTH, 4 * WIDTH), nn.Linear(4 * WIDTH, WIDTH)
        self.dropout = nn.Dropout(0.05)

    def forward(self, x, mask):
        h = self.norm1(x)
        h, self.weights = self.attention(h, h, h, attn_mask=mask, average_attn_weights=False)
        x = x + self.dropout(h)
        return x + self.dropout(self.down(self.up(self.norm2(x)).relu()))


class GPT(nn.Module):
    """Characters (batch, length) -> logits (batch, length, 59) of what follows each."""

    def __init__(self):
        super().__init__()
        self.characters, self.places = nn.Embedding(COUNT, WIDTH), nn.Embedding(LENGTH, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.norm, self.out = nn.LayerNorm(WIDTH), nn.Linear(WIDTH, COUNT)
        nn.init.normal_(self.characters.weight, std=0.1)
        nn.init.normal_(self.places.weight, std=0.1)

    def forward(self, characters):
        length = characters.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(length)
        x = self.characters(characters) + self.places(tg.arange(length))
        for block in self.blocks:
            x = block(x, mask)
        return self.out(self.norm(x))


class Outputs(nn.LSTM):
    """The outputs of an LSTM without its last state, for nn.Sequential."""

    def forward(self, x):
        return super().forward(x)[0]


def train(name, model, optimizer, schedule, length, steps, seconds=math.inf):
    """So many steps, or as many as go into so many seconds; returns the seconds."""
    start = time.process_time()
    for _ in trange(steps, desc=name, unit="step"):
        characters, following = sonnets.pieces(length, count=32)
        loss = F.cross_entropy(model(characters).flatten(0, 1), following.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if time.process_time() - start > seconds:
            break
    return time.process_time() - start


def held_out_loss(model, length):
    """The loss per character held out, of the second halves of pieces that overlap by half."""
    half, text = length // 2, sonnets.HELD_OUT
    places = tg.arange(0, len(text) - length, half)[:, None] + tg.arange(length)
    model.eval()
    with tg.no_grad():
        logits = model(text[places])[:, half:]
    return F.cross_entropy(logits.flatten(0, 1), text[places + 1][:, half:].flatten()).item()


def write(model, length, temperature):
    text = sonnets.encode("\n")
    with tg.no_grad():
        for _ in range(length):
            logits = model(text[None, -LENGTH:])[0, -1]
            text = tg.cat([text, tg.multinomial(F.softmax(logits / temperature, 0), 1)])
    return sonnets.decode(text.tolist()[1:])


# ---------------------------------------------------------------- both learn as long

gpt = GPT()
optimizer = nn.optim.AdamW(gpt.parameters(), lr=8e-3, weight_decay=0.1)
warm_up, fall = LinearLR(optimizer, 0.05, 1.0, 50), CosineAnnealingLR(optimizer, STEPS - 50)
schedule = SequentialLR(optimizer, [warm_up, fall], milestones=[50])
seconds = train("GPT", gpt, optimizer, schedule, LENGTH, STEPS)

layers = Outputs(32, 128, batch_first=True), nn.Dropout(0.5), nn.Linear(128, COUNT)
lstm = nn.Sequential(nn.Embedding(COUNT, 32), *layers)  # that of story 29
optimizer = nn.optim.Adam(lstm.parameters(), lr=5e-3)
schedule = CosineAnnealingLR(optimizer, 4 * STEPS // 5)
train("LSTM", lstm, optimizer, schedule, 64, 4 * STEPS // 5, seconds)
bigrams, ours, other = sonnets.table_loss(2), held_out_loss(gpt, LENGTH), held_out_loss(lstm, 128)
print(f"Each learned for {seconds:.1f} s of the processor's time.")
story.number("loss per character of the GPT", ours, at_most=2.2 if options.quick else 1.85)
story.number("of the table of bigrams", bigrams)
story.number("of the LSTM in the same time", other)
story.number("how much the GPT is below the table", bigrams - ours, at_least=0.15)
story.number("how much it is above the LSTM", ours - other, at_most=0.3 if options.quick else 0.05)
print("\nWritten at temperature 0.6:\n" + write(gpt, 400, 0.6))

# ---------------------------------------------------------------- where it looks

line = "Shall I compare thee to a summer"
with tg.no_grad():
    gpt(sonnets.encode(line)[None])
figure, grid = plt.subplots(1, 2, figsize=(11, 4.8))
for axes, layer in zip(grid, (0, LAYERS - 1), strict=True):
    image = axes.imshow(gpt.blocks[layer].weights[0, 0].numpy(), vmin=0)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_ticks(np.arange(len(line)), line.replace(" ", "\u2423"), fontsize=8)
    axes.set(xlabel="looked at", ylabel="looks", title=f"Layer {layer + 1}, first head")
    axes.grid(visible=False)
    figure.colorbar(image, ax=axes, label="attention weight", shrink=0.8)
story.picture(figure, "attention")
story.end()
