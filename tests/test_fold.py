"""Folding: fewer boxes show the same picture, whatever the graph."""

import math
import re
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.viz.graph.fold import by_module, folded, in_stretches, levels, size
from tinygrad_edu.viz.graph.groups import Group, common_name, merged
from tinygrad_edu.viz.graph.picture import picture_of
from tinygrad_edu.viz.graph.repeats import rolled

# ---------------------------------------------------------------- programs


def rnn(steps, width=4):
    """A recurrent network by hand, and a loss of its last state."""
    leaves = {"W": tg.randn(3, width), "U": tg.randn(width, width), "b": tg.zeros(width)}
    W, U, b = (leaf.requires_grad_() for leaf in leaves.values())
    x, h = tg.randn(steps, 2, 3), tg.zeros(2, width)
    for t in range(steps):
        h = tg.tanh(x[t] @ W + h @ U + b)
    return (h**2).sum(), leaves


def lstm(steps, width=4):
    """An LSTM by hand, gate by gate, with a loss at each step."""
    gates = "ifog"
    leaves = {f"W{g}": tg.randn(3, width, requires_grad=True) for g in gates}
    leaves |= {f"U{g}": tg.randn(width, width, requires_grad=True) for g in gates}
    x, h, c, loss = tg.randn(steps, 2, 3), tg.zeros(2, width), tg.zeros(2, width), 0
    for t in range(steps):
        i, f, o, g = (x[t] @ leaves[f"W{k}"] + h @ leaves[f"U{k}"] for k in gates)
        c = tg.sigmoid(f) * c + tg.sigmoid(i) * tg.tanh(g)
        h = tg.sigmoid(o) * tg.tanh(c)
        loss = loss + h.square().mean()
    return loss, leaves


def chain(ops, seed=None):
    """One op after another: two in turn, or with a seed, in no order."""
    x = y = tg.tensor([0.5, 1.0], requires_grad=True)
    made = [lambda a: a * 0.99, tg.tanh, tg.sin, tg.cos, lambda a: a + 0.1]
    order = np.arange(ops) % 2 if seed is None else np.random.default_rng(seed).integers(0, 5, ops)
    for k in order:
        y = made[k](y)
    return y.sum(), {"x": x}


def mlp(layers):
    pairs = [layer for _ in range(layers) for layer in (nn.Linear(4, 4), nn.Tanh())]
    net = nn.Sequential(*pairs)
    return net(tg.randn(2, 4)).sum(), dict(net.named_parameters())


class GPT(nn.Module):
    def __init__(self, blocks, width=8, vocabulary=11):
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(5, width)
        layer = nn.TransformerEncoderLayer(width, 2, 16, batch_first=True, norm_first=True)
        self.blocks = nn.TransformerEncoder(layer, blocks, enable_nested_tensor=False)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, i):
        return self.head(self.blocks(self.tokens(i) + self.places(tg.arange(5))))


def gpt(blocks):
    net, i = GPT(blocks), tg.randint(0, 11, (2, 5))
    return F.cross_entropy(net(i).reshape(-1, 11), i.reshape(-1)), dict(net.named_parameters())


def dense(layers):
    """Each layer reads all before it."""
    found, leaves = [tg.randn(2, 3)], {}
    for k in range(layers):
        w = leaves[f"w{k}"] = tg.randn(3 * (k + 1), 3, requires_grad=True)
        found.append(tg.relu(tg.cat(found, 1) @ w))
    return tg.cat(found, 1).sum(), leaves


def wide(leaves):
    found = {f"w{k}": tg.tensor([1.0 * k, 2.0], requires_grad=True) for k in range(leaves)}
    return sum(found.values()).sum(), found


def stacked(leaves):
    found = {f"w{k}": tg.tensor([1.0 * k, 2.0], requires_grad=True) for k in range(leaves)}
    return tg.stack(list(found.values())).sum(), found


def woven(ops, seed):
    """Ops that read any of those before them."""
    draw = np.random.default_rng(seed)
    found = [tg.tensor([0.1 * k, 1.0], requires_grad=True) for k in range(5)]
    leaves = {f"x{k}": x for k, x in enumerate(found)}
    for _ in range(ops):
        a, b = (found[-1 - int(draw.integers(0, min(len(found), 9)))] for _ in "ab")
        found.append([a + b, a * b, tg.tanh(a), a - 2, tg.sin(b)][draw.integers(0, 5)])
    return sum(found[-9:]).sum(), leaves


PROGRAMS = {
    "rnn": lambda: rnn(50),
    "lstm": lambda: lstm(20),
    "chain": lambda: chain(300),
    "mixed chain": lambda: chain(300, seed=1),
    "mlp": lambda: mlp(60),
    "gpt": lambda: gpt(12),
    "dense": lambda: dense(40),
    "wide": lambda: wide(500),
    "stacked": lambda: stacked(500),
    "woven": lambda: woven(400, 0),
}


def picture(program, observed=False, **options):
    tg.manual_seed(0)
    if not observed:
        return picture_of(*program(), **options)
    with tg.viz.observe():
        result = program()
    return picture_of(*result, **options)


# ---------------------------------------------------------------- what always holds


def originals(boxes):
    for box in boxes:
        if box.members:
            yield from originals(box.members)
        elif box.repeats is None:
            yield box


def reaches(picture, start, loops=True):
    after = defaultdict(set)
    for arrow in picture.arrows:
        after[arrow.start].add(arrow.end)
    seen, stack = {start}, [start]
    while stack:
        for box in after[stack.pop()] - seen:
            seen.add(box)
            stack.append(box)
    return seen


def check(whole, small):
    """Everything is there once, in order, and leads to where it led."""
    place = {m: box for box in small.boxes for m in originals([box])}
    assert sorted(map(id, place)) == sorted(map(id, whole.boxes))
    assert len(list(originals(small.boxes))) == len(whole.boxes)
    assert small.output is place[whole.output]
    rank = {box: i for i, box in enumerate(small.boxes)}
    assert len(rank) == len(small.boxes)
    for arrow in small.arrows:
        assert arrow.loop or rank[arrow.start] < rank[arrow.end]
    for what in ("ops", "parameters"):
        count = sum(getattr(box, what) for box in whole.boxes)
        assert sum(getattr(box, what) for box in small.boxes) == count
    drawn = defaultdict(int)
    for arrow in small.arrows:
        drawn[arrow.start.repeats or arrow.start, arrow.end] += arrow.times
    between = defaultdict(int)
    for arrow in whole.arrows:
        if (start := place[arrow.start]) is not (end := place[arrow.end]):
            between[start, end] += 1
    for (start, end), times in between.items():
        in_a_row = start.times == end.times > 1 and rank[start] >= rank[end]  # of blocks
        assert drawn[start, end] == times or (in_a_row and not drawn[start, end])
    assert all(start is end or (start, end) in between for start, end in drawn)
    for box in small.boxes:  # all that is drawn leads to the output
        assert small.output in reaches(small, box)


@pytest.mark.parametrize("observed", [False, True], ids=["", "observed"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_folding_keeps_every_box_once_and_every_way(name, observed):
    whole = picture(PROGRAMS[name], observed, gradients=True)
    small = folded(whole)
    check(whole, small)
    assert size(small) <= 150 < size(whole)
    assert small.notes[-1] == f"max_nodes={size(whole)} shows all {size(whole):,} boxes"


@given(st.integers(0, 10**6), st.integers(5, 60), st.integers(3, 30))
@settings(max_examples=25, deadline=None)
def test_any_graph_fits_into_any_budget(seed, ops, budget):
    whole = picture(lambda: woven(ops, seed), gradients=True)
    small = folded(whole, max_nodes=budget)
    check(whole, small)
    assert size(small) <= budget


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        self.f = nn.Sequential(nn.Linear(4, 4), nn.GELU(), nn.Linear(4, 4))

    def forward(self, x):
        return x + self.f(x)


class InParts(nn.Module):
    """The parts of a block are called one by one: no module is around all of it."""

    def __init__(self):
        super().__init__()
        self.norms = nn.ModuleList([nn.LayerNorm(4) for _ in range(12)])
        self.blocks = nn.ModuleList([Residual() for _ in range(12)])
        self.head = nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 3))

    def forward(self, x):
        for norm, block in zip(self.norms, self.blocks, strict=True):
            x = x + block(norm(x)) * 2
        return self.head(x)


def without_a_model(x):
    for _ in range(12):
        x = Residual()(x).tanh() + 1
    return x


def growing(k):
    return nn.Sequential(nn.Linear(4 + k, 5 + k), nn.Tanh(), nn.Linear(5 + k, 5 + k))


NETS = {
    "blocks": lambda: nn.Sequential(*[Residual() for _ in range(12)]),
    "blocks in parts": InParts,
    "deep inside": lambda: nn.Sequential(nn.Sequential(InParts())),
    "blocks in no module": lambda: without_a_model,
    "no two alike": lambda: nn.Sequential(*[growing(k) for k in range(30)]),
    "recurrent": lambda: lambda x: nn.GRU(4, 4, 3)(x)[0],
}


@pytest.mark.parametrize("budget", [8, 12, 20])
@pytest.mark.parametrize("name", NETS)
def test_the_depth_that_a_folded_picture_names_is_the_least_that_shows_more(name, budget):
    whole = picture(lambda: (NETS[name]()(tg.randn(2, 4)).sum(), {}), observed=True)
    small = folded(whole, max_nodes=budget)
    named = re.findall(r"modules are folded: depth=(\d+) shows more", "\n".join(small.notes))
    if any(box.members and box.op in ("Linear", "Residual", "GRU") for box in small.boxes):
        assert len(named) == 1
    for depth in map(int, named):
        assert opened(small, by_module(whole, depth))
        assert not opened(small, by_module(whole, depth - 1))


def opened(picture, finer):
    """Of which groups does the finer picture show more boxes?"""
    owner = {one: box for box in finer.boxes for one in originals([box])}
    groups = [box for box in picture.boxes if box.members and box.ops]
    return [b.name for b in groups if len({owner[one] for one in originals([b])}) > b.times]


@pytest.mark.parametrize("depth", range(6))
def test_depth_makes_one_box_of_each_module_below(depth):
    whole = picture(lambda: gpt(3), observed=True)
    small = by_module(whole, depth)
    check(whole, small)
    assert max(len(box.modules) for box in small.boxes) <= depth
    kinds = [box.op for box in small.boxes if box.kind == "group"]
    calls = {box.modules[: depth + 1] for box in whole.boxes if len(box.modules) > depth}
    assert len(kinds) == len(calls)


def test_the_gradient_between_groups_is_what_flows():
    whole = picture(lambda: rnn(6), gradients=True)
    small = rolled(whole)
    norms = {
        (a.start.name, a.end.name, a.loop): np.linalg.norm(np.ravel(a.gradient))
        for a in small.arrows
        if a.gradient is not None
    }
    U = next(box for box in whole.boxes if box.name == "U")
    assert math.isclose(norms["U", "matmul", ""], np.linalg.norm(U.gradient), rel_tol=1e-5)
    parts = [
        a.gradient
        for a in whole.arrows
        if a.start.op == "tanh" and a.end.op == "matmul" and a.gradient is not None
    ]
    together = math.sqrt(sum(np.square(part).sum() for part in parts))
    assert math.isclose(norms["tanh", "matmul", "step"], together, rel_tol=1e-5)


# ---------------------------------------------------------------- what is seen


def described(picture):
    """Of each op: its name, how often, and what enters it."""
    enter = defaultdict(list)
    for arrow in picture.arrows:
        enter[arrow.end].append(("loop from " if arrow.loop else "") + arrow.start.name)
    return [
        (b.name, b.times, *sorted(enter[b])) for b in picture.boxes if b.ops and b.op != "inputs"
    ]


def test_a_recurrent_network_is_one_step_with_a_loop():
    small = folded(picture(lambda: rnn(50)))
    assert described(small) == [
        ("matmul", 50, "", "W"),  # "": the input
        ("matmul", 50, "", "U", "loop from tanh"),  # "": the state at the beginning
        ("add", 50, "matmul", "matmul"),
        ("add", 50, "add", "b"),
        ("tanh", 50, "add"),
        ("power", 1, "", "tanh"),
        ("sum", 1, "power"),
    ]
    (step,) = {box.modules for box in small.boxes if box.times == 50}  # the inputs too
    assert [module.kind for module in step] == ["step \u00d7 50"]
    assert small.notes[0] == "50 steps of 5 ops are drawn as one, with an arrow to the next step"


def test_a_loss_added_up_from_zero_belongs_to_the_step():
    small = folded(picture(lambda: lstm(20)))
    assert small.output.times == 20
    assert {box.times for box in small.boxes if box.ops} == {20}
    assert [a.loop for a in small.arrows if a.loop] == [
        "step"
    ] * 6  # h to the gates, c, and the loss


def test_blocks_of_a_transformer_are_drawn_once():
    small = folded(picture(lambda: gpt(12), observed=True))
    names = [name for name, times, *_ in described(small) if times == 12]
    layer = "blocks.layers.0\u202611"
    assert [name.removeprefix(f"{layer}.") for name in names] == [
        "norm1",
        "self_attn",
        "dropout1",
        "add",
        "norm2",
        "linear1",
        "relu",
        "dropout",
        "linear2",
        "dropout2",
        "add",
    ]
    inside = {box.modules[-1] for box in small.boxes if box.times == 12}
    assert {(m.name, m.kind) for m in inside} == {
        ("layers.0\u202611", "TransformerEncoderLayer \u00d7 12")
    }
    assert [(a.start.name, a.end.name, a.loop) for a in small.arrows if a.loop] == [
        ("add", "norm1", "block")
    ]
    assert "modules are folded: depth=4 shows more" in small.notes


def encoder(blocks):
    layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True)
    net = nn.TransformerEncoder(layer, blocks, enable_nested_tensor=False)
    return net(tg.randn(2, 3, 8)).square().mean(), dict(net.named_parameters())


def test_one_arrow_carries_the_output_of_a_block_to_the_next_with_all_its_gradient():
    whole = picture(lambda: encoder(8), observed=True, gradients=True)
    small = folded(whole)
    (loop,) = [arrow for arrow in small.arrows if arrow.loop]
    assert loop.start.modules[-1].name == "norm2"  # the last of a block
    assert loop.end.modules[-1].name == "self_attn"  # the first
    assert (loop.loop, loop.times) == ("block", 7)
    outputs = [
        box.gradient
        for box in whole.boxes
        if box.modules and box.modules[-1].name == "norm2" and box.op == "layer_norm"
    ]
    np.testing.assert_allclose(
        loop.gradient, np.concatenate([g.ravel() for g in outputs[:-1]]), rtol=1e-5, atol=1e-12
    )
    source = tg.viz.draw(*observed_encoder(8), gradients=True).source
    assert source.count("next block") == 3  # in a note, beside the arrow, and in the legend
    assert len(re.findall(r"-> .*dir=back.*style=dashed", source)) == 1


def observed_encoder(blocks):
    with tg.viz.observe():
        return encoder(blocks)


def test_what_only_the_first_block_takes_stands_outside():
    x = y = tg.tensor([0.5, 1.0], requires_grad=True)
    for _ in range(300):
        y = (y * 0.99).tanh()
    source = tg.viz.draw(y.sum(), {"x": x}).source
    inside = re.search(r"subgraph cluster_n\d+_0 \{(.*?)\n\t\t\}", source, re.DOTALL)[1]
    assert "<b>tanh</b>" in inside
    assert "<b>x</b>" not in inside


def test_blocks_without_modules_are_found_too():
    small = folded(picture(lambda: mlp(60)))
    assert described(small)[:2] == [
        ("linear", 60, "", "0\u2026118.bias", "0\u2026118.weight", "loop from tanh"),
        ("tanh", 60, "linear"),
    ]
    arrow = "with an arrow to the next block"
    assert small.notes[0] == f"60 blocks of 2 ops are drawn as one, {arrow}"


def test_a_long_chain_keeps_its_ends():
    small = folded(picture(lambda: chain(2000, seed=3)))
    ops = [box for box in small.boxes if box.ops]
    assert [box.ops for box in ops] == [1] * 5 + [1991] + [1] * 5
    assert ops[5].name.startswith("1,991 more ops: ")
    assert max(levels(small).values()) == 11


@pytest.mark.parametrize(("program", "first"), [(wide, 1), (stacked, 0)])
def test_many_leaves_are_one_box(program, first):
    small = folded(picture(lambda: program(500)))
    (leaves,) = (box for box in small.boxes if box.name == f"w{first}\u2026499")
    assert (leaves.times, leaves.kind) == (500 - first, "group")
    (arrow,) = (arrow for arrow in small.arrows if arrow.start is leaves)
    assert arrow.times == leaves.times


def test_a_step_of_modules_ends_where_they_end():
    def program():
        cell, head, x, h = nn.GRUCell(3, 4), nn.Linear(4, 2), tg.randn(20, 2, 3), tg.zeros(2, 4)
        found = []
        for t in range(20):
            h = cell(x[t], h)
            found.append(head(h))
        return tg.stack(found).sum(), {}

    small = folded(picture(program, observed=True))
    step = [box for box in small.boxes if box.ops == 19]
    kinds = [box.modules[-1].kind for box in step]
    assert kinds == ["GRUCell"] * (len(step) - 1) + ["Linear"]
    loops = [(arrow.start.name, arrow.end.modules[-1].kind) for arrow in small.arrows if arrow.loop]
    assert loops == [("reshape", "GRUCell")]


def test_two_layers_of_steps_are_two_loops():
    def program():
        leaves = {k: tg.randn(4, 4, requires_grad=True) for k in ("W0", "U0", "W1", "U1")}
        states = list(tg.randn(30, 2, 4))
        for layer in "01":
            h = tg.zeros(2, 4)
            for t, x in enumerate(states):
                h = states[t] = tg.tanh(x @ leaves[f"W{layer}"] + h @ leaves[f"U{layer}"])
        return tg.stack(states).sum(), leaves

    small = folded(picture(program))
    assert [times for _, times, *_ in described(small)] == [30] * 8 + [1, 1]
    assert [arrow.loop for arrow in small.arrows if arrow.loop] == ["step"] * 2
    between = [a for a in small.arrows if a.start.name == "tanh" and a.end.name == "matmul"]
    assert sorted(a.times for a in between) == [29, 29, 30]


def test_what_is_small_is_left_alone_but_for_leaves_used_far_apart():
    whole = picture(lambda: rnn(4))
    small = folded(whole)
    copies = [box for box in small.boxes if box.repeats]
    assert len(small.boxes) - len(copies) == len(whole.boxes)
    assert sorted(copy.name for copy in copies) == ["U"] * 3 + ["W"] * 3 + ["b"] * 3
    assert not small.notes
    check(whole, small)


def test_without_a_budget_nothing_is_folded():
    whole = picture(lambda: rnn(50))
    small = folded(whole, max_nodes=None)
    assert size(small) >= size(whole)
    assert not small.notes


def test_a_depth_that_is_asked_for_is_shown():
    whole = picture(lambda: gpt(12), observed=True)
    small = folded(whole, depth=3)
    assert size(small) > 150 or not small.notes
    assert [b.op for b in small.boxes if b.kind == "group"].count("MultiheadAttention") == 12


def test_a_depth_without_modules_is_explained():
    small = folded(picture(lambda: rnn(3)), depth=1)
    assert small.notes == ["depth: no modules are known without viz.observe()"]


@pytest.mark.parametrize(
    ("name", "value"), [("depth", -1), ("depth", "2"), ("max_nodes", 2), ("max_nodes", 9.5)]
)
def test_wrong_limits_are_refused(name, value):
    with pytest.raises(ValueError, match=rf"draw: {name}={value!r}: it is None or an integer"):
        tg.viz.draw(tg.ones(2, requires_grad=True).sum(), **{name: value})


# ---------------------------------------------------------------- drawn

PAGE = 1200, 1700  # pixels of 1/96 inch


@pytest.mark.parametrize("name", ["rnn", "gpt", "mixed chain", "dense", "stacked"])
def test_a_folded_picture_fits_a_page(name):
    tg.manual_seed(0)
    with tg.viz.observe():
        loss, leaves = PROGRAMS[name]()
    svg = tg.viz.draw(loss, leaves, gradients=name == "rnn").svg()
    size = re.search(r'<svg width="([0-9.]+)pt" height="([0-9.]+)pt"', svg)
    width, height = (float(side) * 96 / 72 for side in size.groups())
    assert width <= PAGE[0]
    assert height <= PAGE[1]
    assert "took too long" not in svg


def test_a_loop_is_drawn_upwards_and_the_number_of_steps_is_said():
    loss, leaves = rnn(50)
    source = tg.viz.draw(loss, leaves).source
    assert source.count("step \u00d7 50") >= 1
    assert len(re.findall(r"-> .*dir=back.*style=dashed", source)) == 1
    assert "50 steps of 5 ops are drawn as one, with an arrow to the next step" in source


def test_a_group_that_would_lead_to_itself_is_left_out():
    whole = picture(lambda: chain(6))
    ops = [box for box in whole.boxes if box.ops]
    small = merged(whole, [Group([ops[0], ops[4]], "apart"), Group(ops[1:3], "together")])
    assert [box.name for box in small.boxes if box.kind == "group"] == ["together"]
    check(whole, small)


@pytest.mark.parametrize("count", [1, 2, 7, 1000])
def test_stretches(count):
    whole = picture(lambda: woven(40, 5))
    small = in_stretches(whole, count)
    check(whole, small)
    assert len([box for box in small.boxes if box.ops]) <= count


@pytest.mark.parametrize(
    ("names", "common"),
    [
        (["a", "a"], "a"),
        (["x0", "x1", "x12"], "x0\u202612"),
        (["layers.0.weight", "layers.3.weight"], "layers.0\u20263.weight"),
        (["left", "right"], "left \u2026 right"),
        (["a1", "b"], "a1 \u2026 b"),
        (["", ""], ""),
        (["", "b"], ""),
    ],
)
def test_common_name(names, common):
    assert common_name(names) == common


def test_four_times_as_many_ops_need_about_four_times_the_work(monkeypatch):
    """The work grows with the number of ops: counted, for clocks of busy machines lie."""
    from tinygrad_edu.viz.graph import repeats

    counts = []
    for steps in (500, 2000):
        seen = [0]
        alike = repeats._Row._alike

        def counted(*args, seen=seen, alike=alike):
            seen[0] += 1
            return alike(*args)

        with monkeypatch.context() as patch:
            patch.setattr(repeats._Row, "_alike", counted)
            folded(picture(lambda steps=steps: rnn(steps)))
        counts.append(seen[0])
    assert counts[1] <= 4.1 * counts[0]
