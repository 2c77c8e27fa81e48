"""Recurrent layers and packed sequences with copied weights: outputs, states, gradients of inputs,
of states and of parameters, names in the state and what is refused are PyTorch's."""

import numpy as np
import pytest
import torch

import nn
import tinygrad_edu as tg

KINDS = ["RNN", "LSTM", "GRU"]
LENGTHS = [2, 5, 1, 5]

SETTINGS = [
    "",
    "num_layers=2",
    "num_layers=3, batch_first=True",
    "bidirectional=True",
    "bias=False",
    "num_layers=2, bidirectional=True, bias=False, batch_first=True",
]
LAYERS = [
    *[f"{kind}(3, 4, {settings})" for kind in KINDS for settings in SETTINGS],
    "RNN(3, 4, nonlinearity='relu')",
    "RNN(3, 4, 2, 'relu', bidirectional=True)",
    "LSTM(1, 1)",
    "LSTM(3, 4, proj_size=0)",
    "LSTM(3, 4, proj_size=2)",
    "LSTM(3, 4, 2, bidirectional=True, proj_size=3)",
    "LSTM(3, 4, 2, False, True, 0.0, False, 1)",
]
CELLS = [
    "RNNCell(3, 4)", "RNNCell(3, 4, nonlinearity='relu')", "RNNCell(3, 4, bias=False)",
    "LSTMCell(3, 4)", "LSTMCell(3, 4, bias=False)", "GRUCell(3, 4)", "GRUCell(3, 4, False)",
]  # fmt: skip


def made(code):
    ours = eval(code, vars(nn).copy()).double()
    oracle = eval(code, vars(torch.nn).copy()).double()
    ours.load_state_dict(oracle.state_dict())
    return ours, oracle


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaves(*arrays):
    return (
        [tg.tensor(a, requires_grad=True) for a in arrays],
        [torch.tensor(a, requires_grad=True) for a in arrays],
    )


def flat(result):
    """The tensors of nested tuples, packed sequences among them."""
    if isinstance(result, tuple):
        return [y for part in result if part is not None for y in flat(part)]
    return [result]


def agree(ours, theirs):
    assert tuple(ours.shape) == tuple(theirs.shape)
    np.testing.assert_allclose(ours.numpy(), theirs.detach().numpy(), rtol=1e-9, atol=1e-9)


def compare(ours, oracle, run, *arrays):
    """What run(layer, leaves) returns, and the gradients of all leaves and parameters, agree."""
    xs, zs = leaves(*arrays)
    ys, ts = flat(run(ours, xs, nn)), flat(run(oracle, zs, torch.nn))
    assert len(ys) == len(ts)
    loss, total = tg.tensor(0.0, dtype=tg.float64), torch.tensor(0.0, dtype=torch.float64)
    for k, (y, t) in enumerate(zip(ys, ts, strict=True)):
        agree(y.detach(), t)
        if t.requires_grad:
            g = numbers(*t.shape, seed=k)
            loss, total = loss + (y * tg.tensor(g)).sum(), total + (t * torch.tensor(g)).sum()
    loss.backward()
    total.backward()
    for mine, theirs in zip([*xs, *ours.parameters()], [*zs, *oracle.parameters()], strict=True):
        agree(mine.grad, theirs.grad)


def state_of(code, count, alone=False):
    """Arrays for the first state of a layer: h, or h and c."""
    layer = eval(code, vars(torch.nn).copy())
    layers = layer.num_layers * (1 + layer.bidirectional)
    before = (layers,) if alone else (layers, count)
    sizes = [layer.proj_size or layer.hidden_size, layer.hidden_size]
    return [numbers(*before, n, seed=7 + k) for k, n in enumerate(sizes[: 1 + ("LSTM" in code)])]


def with_state(layer, given):
    x, *state = given
    return layer(x, tuple(state) if len(state) > 1 else state[0])


@pytest.mark.parametrize("code", LAYERS)
def test_a_layer_computes_what_pytorchs_does(code):
    ours, oracle = made(code)
    size = ours.input_size
    compare(ours, oracle, lambda layer, given, _: layer(*given), numbers(5, 4, size))
    state = state_of(code, 5 if ours.batch_first else 4)
    compare(ours, oracle, lambda m, given, _: with_state(m, given), numbers(5, 4, size), *state)
    compare(
        ours,
        oracle,
        lambda m, given, _: with_state(m, given),
        numbers(5, size),
        *state_of(code, 1, alone=True),
    )
    compare(ours, oracle, lambda layer, given, _: layer(*given), numbers(1, 4, size))


@pytest.mark.parametrize("code", LAYERS)
@pytest.mark.parametrize("given_state", [False, True])
def test_a_layer_reads_packed_sequences_as_pytorchs_does(code, given_state):
    ours, oracle = made(code)
    first = ours.batch_first
    x = numbers(4, 5, ours.input_size) if first else numbers(5, 4, ours.input_size)

    def run(layer, given, library):
        x, *state = given
        rnn = library.utils.rnn
        packed = rnn.pack_padded_sequence(x, LENGTHS, batch_first=first, enforce_sorted=False)
        state = [tuple(state) if len(state) > 1 else state[0]] if state else []
        output, last = layer(packed, *state)
        return rnn.pad_packed_sequence(output, batch_first=first), last

    compare(ours, oracle, run, x, *(state_of(code, 4) if given_state else []))


@pytest.mark.parametrize("code", CELLS)
@pytest.mark.parametrize("batch", [(), (5,), (1,)])
def test_a_cell_computes_what_pytorchs_does(code, batch):
    ours, oracle = made(code)
    state = [numbers(*batch, 4, seed=k) for k in range(1 + ("LSTM" in code))]
    compare(ours, oracle, lambda cell, given, _: cell(*given), numbers(*batch, 3))
    compare(ours, oracle, lambda m, given, _: with_state(m, given), numbers(*batch, 3), *state)


@pytest.mark.parametrize("code", [*LAYERS, *CELLS, "LSTM(3, 4, 2, dropout=0.5)"])
def test_a_layer_prints_and_stores_as_pytorchs_does(code):
    ours, oracle = made(code)
    assert repr(ours) == repr(oracle)
    mine, theirs = ours.state_dict(), oracle.state_dict()
    assert [(k, v.shape) for k, v in mine.items()] == [
        (k, tuple(v.shape)) for k, v in theirs.items()
    ]
    oracle.load_state_dict({k: torch.from_numpy(v.numpy().copy()) for k, v in mine.items()})


@pytest.mark.parametrize("code", [*[f"{kind}(2, 3, 2" for kind in KINDS], "LSTM(2, 3, proj_size=2"])
def test_second_derivatives(code):
    """The gradient of a squared gradient, with respect to inputs and parameters."""
    ours, oracle = made(f"{code}, bidirectional=True)")
    (x,), (z,) = leaves(numbers(3, 2, 2))
    for layer, leaf, library in ((ours, x, tg), (oracle, z, torch)):
        loss = layer(leaf)[0].square().sum()
        (g,) = library.autograd.grad(loss, [leaf], create_graph=True)
        g.square().sum().backward()
    for mine, theirs in zip([x, *ours.parameters()], [z, *oracle.parameters()], strict=True):
        if theirs.grad is not None:
            agree(mine.grad, theirs.grad)


REFUSED = [
    ("RNN(3, 4)", (5, 4, 2)),
    ("LSTM(3, 4)", (3,)),
    ("GRU(3, 4)", (1, 2, 3, 3)),
    ("LSTM(3, 4)", (0, 2, 3)),
    ("LSTMCell(3, 4)", (2, 2)),
    ("GRUCell(3, 4)", (2, 2, 3)),
    ("RNN(3, 4)", (5, 4, 3), (1, 3, 4)),
    ("GRU(3, 4, 2)", (5, 4, 3), (1, 4, 4)),
    ("GRU(3, 4)", (5, 3), (1, 1, 4)),
    ("LSTM(3, 4)", (5, 4, 3), (1, 4, 4), (1, 4, 3)),
    ("RNNCell(3, 4)", (5, 3), (4, 4)),
]


@pytest.mark.parametrize("case", REFUSED, ids=str)
def test_what_pytorch_refuses_is_refused_with_the_shapes(case):
    code, *shapes = case
    ours, oracle = made(code)
    for layer, library in ((oracle, torch), (ours, tg)):
        x, *state = [library.zeros(shape, dtype=library.float64) for shape in shapes]
        given = [tuple(state) if len(state) > 1 else state[0]] if state else []
        with pytest.raises((RuntimeError, ValueError)) as error:
            layer(x, *given)
    assert str(shapes[-1]) in str(error.value)


@pytest.mark.parametrize(
    "code",
    [
        "LSTM(3, 0)", "GRU(3, 4, 0)", "RNN(3, 4, nonlinearity='sin')", "LSTM(3, 4, dropout=1.5)",
        *[f"{kind}(0, 4)" for kind in KINDS], "LSTM(-1, 4)", "GRU(3, 4, dropout=True)",
        *[f"{kind}(3, 4, bias={bias})" for kind in KINDS for bias in ("0", "None", "'a'")],
        *[f"{kind}(3, 4, batch_first={first})" for kind in KINDS for first in ("'False'", "0")],
        "LSTM(3, 4, proj_size=4)", "LSTM(3, 4, proj_size=-1)", "LSTM(3, 4, proj_size=True)",
        "GRU(3, 4, proj_size=2)", "RNN(3, 4, proj_size=0)",
    ],
)  # fmt: skip
def test_settings_that_pytorch_refuses_are_refused(code):
    for library in (torch.nn, nn):
        with pytest.raises((ValueError, TypeError), match=r"."):
            eval(code, vars(library).copy())


# ---------------------------------------------------------------- packing

rnns = (nn.utils.rnn, torch.nn.utils.rnn)


def both(run):
    """What run(rnn, tensor) returns in both libraries, flattened."""
    (ours, theirs) = (
        flat(run(rnn, tensor)) for rnn, tensor in zip(rnns, (tg.tensor, torch.tensor), strict=True)
    )
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        assert str(other.dtype)[6:] == mine.dtype.name
        agree(mine, other)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("lengths", [[4, 3, 3, 1], [1, 4, 2, 4], [2, 2, 2, 2]], ids=str)
@pytest.mark.parametrize("sides", [(), (2,), (2, 3)], ids=str)
def test_packing_and_padding(batch_first, lengths, sides):
    x = numbers(4, 4, *sides)  # 4 steps of 4 sequences

    def run(rnn, tensor):
        packed = rnn.pack_padded_sequence(
            tensor(x), tensor(lengths), batch_first, enforce_sorted=False
        )
        padded = rnn.pad_packed_sequence(packed, batch_first, padding_value=-1.0, total_length=6)
        again = rnn.pad_packed_sequence(packed, batch_first)  # PyTorch's unpad turns it, in place
        alone = tuple(rnn.unpad_sequence(*again, batch_first))
        sides = ("left", "right")
        again = [rnn.pad_sequence(list(alone), batch_first, 9.0, side) for side in sides]
        return packed, padded, alone, tuple(again), rnn.pack_sequence(list(alone), False)

    both(run)


REFUSED_PACKS = [
    lambda rnn, tensor: rnn.pack_padded_sequence(tensor(numbers(3, 2)), [1, 2]),
    lambda rnn, tensor: rnn.pack_padded_sequence(tensor(numbers(3, 2)), [2, 0]),
    lambda rnn, tensor: rnn.pack_padded_sequence(tensor(numbers(3, 2)), [2, 1, 1]),
    lambda rnn, tensor: rnn.pad_packed_sequence(
        rnn.pack_sequence([tensor([1.0, 2.0])]), total_length=1
    ),
    lambda rnn, tensor: rnn.pad_sequence([tensor(numbers(2, 3)), tensor(numbers(2, 4))]),
    lambda rnn, tensor: rnn.pad_sequence([]),
    lambda rnn, tensor: rnn.pad_sequence([tensor([1.0])], padding_side="top"),
]


@pytest.mark.parametrize("k", range(len(REFUSED_PACKS)))
def test_packs_that_pytorch_refuses_are_refused(k):
    for rnn, tensor in zip(rnns, (tg.tensor, torch.tensor), strict=True):
        with pytest.raises((RuntimeError, ValueError)):
            REFUSED_PACKS[k](rnn, tensor)


def test_a_length_beyond_the_steps_is_refused():
    """PyTorch packs what it finds there in memory, or fails later."""
    with pytest.raises(RuntimeError, match=r"longest length is 4, but \(3, 2\) has 3 steps"):
        nn.utils.rnn.pack_padded_sequence(tg.zeros(3, 2), [4, 1])
