"""Mistakes that people make, each with the message as it is printed, and what works instead.

`tests/test_mistakes.py` types each of them, and compares; docs/make_mistakes.py makes the page
"When it goes wrong" of them.  A message is wrapped as the page shows it (`shown`).  The code of a
row has the names of `IMPORTS`, and no other.
"""

import textwrap
from typing import NamedTuple

IMPORTS = """\
import numpy as np
import tinygrad_edu as tg
import nn
import nn.functional as F
from nn import optim
"""

WIDTH = 84  # columns of a message, here and on the page


class Mistake(NamedTuple):
    title: str
    code: str  # as a user types it
    message: str  # of the exception or warning, with its class, and with its notes
    cure: str  # what works instead


def shown(message: str) -> str:
    """A message, wrapped to the width of the page."""
    lines = [textwrap.fill(line, WIDTH, subsequent_indent="    ") for line in message.split("\n")]
    return "\n".join(lines)


def row(title: str, code: str, message: str, cure: str) -> Mistake:
    code, message, cure = (textwrap.dedent(text).strip() for text in (code, message, cure))
    return Mistake(title, code, message, cure)


THEMES = {
    "Shapes": [
        row(
            "Two shapes that do not broadcast",
            """
            tg.ones(2, 3) + tg.ones(2)
            """,
            """
            ValueError: add: shapes (2, 3) and (2,) do not broadcast: sizes [2, 3] meet in
                dimension -1.  Aligned from the right, two sizes must be equal, or one of them
                1.
            """,
            """
            tg.ones(2, 3) + tg.ones(2, 1)
            """,
        ),
        row(
            "A matrix product whose inner sizes differ",
            """
            x, w = tg.ones(8, 3), tg.ones(2, 3)
            x @ w
            """,
            """
            ValueError: matmul: inner dimensions differ: (8, 3) @ (2, 3).  Did you mean W.T?
            """,
            """
            x, w = tg.ones(8, 3), tg.ones(2, 3)
            x @ w.T
            """,
        ),
        row(
            "A view of another number of elements",
            """
            tg.ones(2, 3).view(-1, 4)
            """,
            """
            ValueError: reshape: cannot view 6 numbers of shape (2, 3) as (-1, 4): the sizes
                must multiply to 6, and one of them may be -1
            """,
            """
            tg.ones(2, 3).view(-1, 2)
            """,
        ),
        row(
            "A view of a transposed tensor",
            """
            tg.ones(2, 3).T.view(6)
            """,
            """
            RuntimeError: view: (3, 2) with strides (4, 12) cannot be seen as (6,) without a
                copy; use reshape, or contiguous() first
            """,
            """
            tg.ones(2, 3).T.reshape(6)
            """,
        ),
        row(
            "A dimension that is not there",
            """
            tg.ones(2, 3).sum(2)
            """,
            """
            IndexError: sum: dimension 2 is out of range: a tensor of shape (2, 3) has
                dimensions -2 to 1
            """,
            """
            tg.ones(2, 3).sum(1)
            """,
        ),
        row(
            "Tensors joined along the wrong dimension",
            """
            tg.cat([tg.ones(2, 3), tg.ones(2, 4)])
            """,
            """
            ValueError: concatenate: cannot join (2, 3) and (2, 4) along dimension 0: all their
                other sizes must be equal
            """,
            """
            tg.cat([tg.ones(2, 3), tg.ones(2, 4)], 1)
            """,
        ),
        row(
            "Tensors joined without a list",
            """
            tg.cat(tg.ones(2, 3), tg.ones(2, 3))
            """,
            """
            TypeError: cat: the tensors stand in a list, as in cat([a, b])
            """,
            """
            tg.cat([tg.ones(2, 3), tg.ones(2, 3)])
            """,
        ),
        row(
            "An index out of range",
            """
            tg.ones(2, 3)[2]
            """,
            """
            IndexError: getitem: [2] does not fit shape (2, 3): index 2 is out of bounds for
                axis 0 with size 2
            """,
            """
            tg.ones(2, 3)[1]
            """,
        ),
        row(
            "An index that is a float",
            """
            tg.ones(3)[tg.tensor([0.0, 1.0])]
            """,
            """
            IndexError: getitem: [array(2,)] does not fit shape (3,): arrays used as indices
                must be of integer (or boolean) type
            """,
            """
            tg.ones(3)[tg.tensor([0, 1])]
            """,
        ),
        row(
            "A size that cannot be repeated",
            """
            tg.ones(3).expand(3, 4)
            """,
            """
            ValueError: broadcast_to: cannot expand (3,) to (3, 4): only dimensions of size 1
                can be repeated
            """,
            """
            tg.ones(3, 1).expand(3, 4)
            """,
        ),
        row(
            "gather with an index of too few dimensions",
            """
            tg.ones(2, 3).gather(1, tg.tensor([0, 1]))
            """,
            """
            RuntimeError: gather: an index of (2,) does not fit (2, 3): it needs as many
                dimensions, and no larger ones except along 1
            """,
            """
            tg.ones(2, 3).gather(1, tg.tensor([[0], [1]]))
            """,
        ),
        row(
            "Rows of different lengths",
            """
            tg.tensor([[1, 2], [3]])
            """,
            """
            ValueError: cannot make a tensor of list: setting an array element with a sequence.
                The requested array has an inhomogeneous shape after 1 dimensions. The detected
                shape was (2,) + inhomogeneous part..  Rows are of the same length: pad them, or
                keep a list
            """,
            """
            tg.tensor([[1, 2], [3, 0]])
            """,
        ),
        row(
            "The truth of several numbers",
            """
            x = tg.tensor([1.0, -1.0])
            if x > 0:
                print("positive")
            """,
            """
            RuntimeError: bool: the truth of 2 numbers, of shape (2,), is ambiguous: any() or
                all()?
            """,
            """
            x = tg.tensor([1.0, -1.0])
            if (x > 0).all():
                print("positive")
            """,
        ),
        row(
            "item() of several numbers",
            """
            tg.ones(3).item()
            """,
            """
            RuntimeError: item: the tensor of shape (3,) holds 3 numbers, not one; use tolist(),
                or reduce it first, as with mean()
            """,
            """
            tg.ones(3).tolist()
            """,
        ),
        row(
            "A 0-d tensor in a loop",
            """
            for value in tg.tensor(3.0):
                print(value)
            """,
            """
            TypeError: iteration over a 0-d tensor: it is one number; use item()
            """,
            """
            tg.tensor(3.0).item()
            """,
        ),
        row(
            "Two names for one number",
            """
            a, b = tg.tensor(3.0)
            """,
            """
            TypeError: iteration over a 0-d tensor: it is one number; use item()
            """,
            """
            a, b = tg.tensor([3.0, 4.0])
            """,
        ),
        row(
            "Dimensions that are named twice",
            """
            tg.ones(2, 3).permute(0, 0)
            """,
            """
            RuntimeError: permute: (0, 0) does not name each dimension of (2, 3) once
            """,
            """
            tg.ones(2, 3).permute(1, 0)
            """,
        ),
    ],
    "Types of numbers": [
        row(
            "A mean of whole numbers",
            """
            tg.arange(5).mean()
            """,
            """
            RuntimeError: mean: int64 has no room for fractions; call x.float() first
            """,
            """
            tg.arange(5).float().mean()
            """,
        ),
        row(
            "Whole numbers that require grad",
            """
            tg.tensor([1, 2], requires_grad=True)
            """,
            """
            RuntimeError: requires_grad: only floating tensors have gradients, not int64; call
                t.float()
            """,
            """
            tg.tensor([1.0, 2.0], requires_grad=True)
            """,
        ),
        row(
            "A mask that is no mask",
            """
            tg.where(tg.tensor([1, 0]), 1.0, 2.0)
            """,
            """
            RuntimeError: where: the mask is bool, not int64; write it as x != 0
            """,
            """
            tg.where(tg.tensor([1, 0]) != 0, 1.0, 2.0)
            """,
        ),
        row(
            "Text in a tensor",
            """
            tg.tensor(["cat", "dog"])
            """,
            """
            TypeError: a tensor holds floats, integers or bools, not <U3: ['cat', 'dog']
            """,
            """
            tg.tensor([["cat", "dog"].index(name) for name in ("dog", "cat")])
            """,
        ),
        row(
            "A list where a tensor is needed",
            """
            nn.Embedding(10, 3)([1, 2])
            """,
            """
            TypeError: embedding: it takes a tensor, and was given [1, 2], a list; make one with
                tensor()
            The layer that failed: Embedding(10, 3), called with [1, 2].
            """,
            """
            nn.Embedding(10, 3)(tg.tensor([1, 2]))
            """,
        ),
        row(
            "A number where a tensor is needed",
            """
            tg.exp(3)
            """,
            """
            TypeError: exp: it takes a tensor, and was given only 3; write tg.tensor(3), or use
                Python's math
            """,
            """
            tg.exp(tg.tensor(3.0))
            """,
        ),
        row(
            "A GPU",
            """
            tg.ones(3).to("cuda")
            """,
            """
            RuntimeError: NumPy computes on the CPU: no device 'cuda', there is only "cpu".
                Code that asks cuda.is_available() first runs as it is
            """,
            """
            device = "cuda" if tg.cuda.is_available() else "cpu"
            tg.ones(3).to(device)
            """,
        ),
        row(
            "A layer in arithmetic",
            """
            tg.ones(2) + nn.Linear(2, 2)
            """,
            """
            TypeError: add: it takes a tensor, not the layer Linear; call that first, as
                layer(x).  It was given (2,) float32, Linear(in_features=2, out_features=2,
                bias=True)
            """,
            """
            tg.ones(2) + nn.Linear(2, 2)(tg.ones(2))
            """,
        ),
        row(
            "The largest of a list",
            """
            tg.argmax([1, 3, 2])
            """,
            """
            TypeError: argmax: it takes a tensor, and was given [1, 3, 2], a list; make one with
                tensor()
            """,
            """
            tg.argmax(tg.tensor([1, 3, 2]))
            """,
        ),
        row(
            "Floats as classes of one_hot",
            """
            F.one_hot(tg.tensor([0.0, 1.0]), 3)
            """,
            """
            InputTypeError: one_hot: classes are int64, not float32; call x.long()
            """,
            """
            F.one_hot(tg.tensor([0, 1]), 3)
            """,
        ),
    ],
    "Gradients": [
        row(
            "backward() of several numbers",
            """
            x = tg.ones(3, requires_grad=True)
            (x * 2).backward()
            """,
            """
            RuntimeError: backward: the tensor has shape (3,): reduce it to one number first,
                with sum() or mean(), or give gradient=
            """,
            """
            x = tg.ones(3, requires_grad=True)
            (x * 2).sum().backward()
            """,
        ),
        row(
            "backward() without a record",
            """
            x = tg.ones(3)
            (x * x).sum().backward()
            """,
            """
            RuntimeError: backward: the tensor of shape () has no record: it does not require
                grad, nor does what it was made from, or that was under no_grad().  Set
                requires_grad=True on a leaf first.
            """,
            """
            x = tg.ones(3, requires_grad=True)
            (x * x).sum().backward()
            """,
        ),
        row(
            "backward() twice",
            """
            x = tg.ones((), requires_grad=True)
            y = x * x
            y.backward()
            y.backward()
            """,
            """
            RuntimeError: backward: what multiply () had saved was freed by the backward() at
                mistake.py:3.  Run the forward pass again before going backward again, or say
                backward(retain_graph=True) there.
            """,
            """
            x = tg.ones((), requires_grad=True)
            y = x * x
            y.backward(retain_graph=True)
            y.backward()
            """,
        ),
        row(
            "A leaf that is written in place",
            """
            w = tg.ones(3, requires_grad=True)
            w -= 0.1
            """,
            """
            RuntimeError: -=: a leaf that requires grad is written in place while ops are
                recorded.  To train it, write under `with no_grad():`; to compute with it, write
                x = x + y
            """,
            """
            w = tg.ones(3, requires_grad=True)
            with tg.no_grad():
                w -= 0.1
            """,
        ),
        row(
            "What backward() needs is overwritten",
            """
            x = tg.ones(3, requires_grad=True)
            y = x.exp()
            with tg.no_grad():
                y.zero_()
            y.sum().backward()
            """,
            """
            RuntimeError: backward: exp (3,) saved an array of shape (3,) for its rule, and the
                in-place write at mistake.py:4 changed it since.  Call backward() before that
                write, or write to a copy there (x = x + y, or x.clone()).
            """,
            """
            x = tg.ones(3, requires_grad=True)
            y = x.exp()
            (y * 0).sum().backward()
            """,
        ),
        row(
            "A tensor that requires grad, given to NumPy",
            """
            x = tg.ones(3, requires_grad=True)
            np.asarray(x)
            """,
            """
            RuntimeError: numpy: the tensor (3,) float32 requires grad, which NumPy would lose;
                see t.detach()
            """,
            """
            x = tg.ones(3, requires_grad=True)
            np.asarray(x.detach())
            """,
        ),
        row(
            "The .grad of a weight that is no leaf any more",
            """
            w = tg.ones(2, requires_grad=True)
            (w * w).sum().backward()
            w = w - 0.1 * w.grad
            (w * w).sum().backward()
            w.grad
            """,
            """
            UserWarning: grad: this is the result of an op, not a leaf, so backward() leaves no
                gradient here. To keep it, call retain_grad() before backward(). If it was to be
                a weight: `w = w - lr * w.grad` makes a new tensor; write `w -= lr * w.grad`
                under `with no_grad():`
            """,
            """
            w = tg.ones(2, requires_grad=True)
            (w * w).sum().backward()
            with tg.no_grad():
                w -= 0.1 * w.grad
            w.grad = None
            (w * w).sum().backward()
            w.grad
            """,
        ),
        row(
            "A deep copy of a result",
            """
            import copy

            x = tg.ones(3, requires_grad=True)
            copy.deepcopy(x * 2)
            """,
            """
            RuntimeError: deepcopy: the tensor is the result of <MultiplyBackward0>; copy
                t.detach(), or use t.clone() to stay in the record
            """,
            """
            import copy

            x = tg.ones(3, requires_grad=True)
            copy.deepcopy((x * 2).detach())
            """,
        ),
        row(
            "Losses in a list, given to NumPy",
            """
            w = tg.ones(2, requires_grad=True)
            losses = [(w * i).sum() for i in range(3)]
            np.mean(losses)
            """,
            """
            RuntimeError: numpy: the tensor () float32 requires grad, which NumPy would lose;
                see t.detach()
            """,
            """
            w = tg.ones(2, requires_grad=True)
            losses = [(w * i).sum().item() for i in range(3)]
            np.mean(losses)
            """,
        ),
    ],
    "Layers": [
        row(
            "A layer given as a tensor",
            """
            F.relu(nn.Linear(2, 2))
            """,
            """
            TypeError: relu: it takes a tensor, not the layer Linear; call that first, as
                layer(x)
            """,
            """
            x = tg.ones(1, 2)
            F.relu(nn.Linear(2, 2)(x))
            """,
        ),
        row(
            "A class in place of a layer",
            """
            nn.Sequential(nn.Linear(2, 2), nn.ReLU)
            """,
            """
            TypeError: Sequential: step 1 is the class ReLU, not a Module; make a layer of it,
                ReLU(...)
            """,
            """
            nn.Sequential(nn.Linear(2, 2), nn.ReLU())
            """,
        ),
        row(
            "Layers in a list",
            """
            nn.Sequential([nn.Linear(2, 2), nn.ReLU()])
            """,
            """
            TypeError: Sequential: step 0 is a list, not a Module; give its layers one by one:
                Sequential(*layers)
            """,
            """
            nn.Sequential(*[nn.Linear(2, 2), nn.ReLU()])
            """,
        ),
        row(
            "An LSTM's result given to a layer",
            """
            lstm, head = nn.LSTM(4, 8), nn.Linear(8, 2)
            head(lstm(tg.ones(3, 1, 4)))
            """,
            """
            TypeError: linear: it takes a tensor, not a tuple of 2: ((3, 1, 8) float32, ((1, 1,
                8) float32, (1, 1, 8) float32)); an LSTM gives its output and its state, so
                write output, state = lstm(x)
            The layer that failed: Linear(in_features=8, out_features=2, bias=True), called with
                ((3, 1, 8) float32, ((1, 1, 8) float32, (1, 1, 8) float32)).
            """,
            """
            lstm, head = nn.LSTM(4, 8), nn.Linear(8, 2)
            output, (h, c) = lstm(tg.ones(3, 1, 4))
            head(output)
            """,
        ),
        row(
            "An input of the wrong size",
            """
            nn.Linear(3, 2)(tg.ones(8, 4))
            """,
            """
            ValueError: linear: the input (8, 4) has 4 features, but the weight (2, 3) takes 3
            The layer that failed: Linear(in_features=3, out_features=2, bias=True), called with
                (8, 4) float32.
            """,
            """
            nn.Linear(4, 2)(tg.ones(8, 4))
            """,
        ),
        row(
            "Images given to a linear layer",
            """
            nn.Linear(144, 10)(tg.ones(8, 4, 6, 6))
            """,
            """
            ValueError: linear: the input (8, 4, 6, 6) has 6 features, but the weight (10, 144)
                takes 144.  Flatten it: x.flatten(1) has 4 * 6 * 6 = 144
            The layer that failed: Linear(in_features=144, out_features=10, bias=True), called
                with (8, 4, 6, 6) float32.
            """,
            """
            nn.Linear(144, 10)(tg.ones(8, 4, 6, 6).flatten(1))
            """,
        ),
        row(
            "An image with its channels last",
            """
            nn.Conv2d(3, 8, 3)(tg.ones(8, 28, 28, 3))
            """,
            """
            InputError: conv2d: the input (8, 28, 28, 3) has 28 channels, but the weight (8, 3,
                3, 3), which is (out, channels / groups, *kernel) with groups=1, takes 3.  Are
                the channels last?  See x.movedim(-1, -3)
            The layer that failed: Conv2d(3, 8, kernel_size=(3, 3), stride=(1, 1)), called with
                (8, 28, 28, 3) float32.
            """,
            """
            nn.Conv2d(3, 8, 3)(tg.ones(8, 28, 28, 3).permute(0, 3, 1, 2))
            """,
        ),
        row(
            "An image without channels",
            """
            nn.Conv2d(1, 8, 3)(tg.ones(28, 28))
            """,
            """
            InputError: conv2d: the input is (N, channels, H, W) or (channels, H, W), not of
                shape (28, 28).  x.unsqueeze(0) is one example of one channel; rows of pixels
                become images by x.reshape(N, channels, H, W)
            The layer that failed: Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1)), called with
                (28, 28) float32.
            """,
            """
            nn.Conv2d(1, 8, 3)(tg.ones(28, 28)[None, None])
            """,
        ),
        row(
            "A kernel larger than the image",
            """
            nn.Conv2d(1, 8, 5)(tg.ones(1, 1, 3, 3))
            """,
            """
            InputError: conv2d: the kernel covers (5, 5) (kernel (5, 5), dilation (1, 1)), which
                is more than the input with its padding: (3, 3)
            The layer that failed: Conv2d(1, 8, kernel_size=(5, 5), stride=(1, 1)), called with
                (1, 1, 3, 3) float32.
            """,
            """
            nn.Conv2d(1, 8, 5, padding=1)(tg.ones(1, 1, 3, 3))
            """,
        ),
        row(
            "Words that are not whole numbers",
            """
            nn.Embedding(10, 3)(tg.tensor([1.0, 2.0]))
            """,
            """
            InputTypeError: embedding: the input names rows, whole numbers, not float32; call
                input.long()
            The layer that failed: Embedding(10, 3), called with (2,) float32.
            """,
            """
            nn.Embedding(10, 3)(tg.tensor([1, 2]))
            """,
        ),
        row(
            "A word that is not in the table",
            """
            nn.Embedding(10, 3)(tg.tensor([1, 10]))
            """,
            """
            IndexError: embedding: the input holds 10 at [1], but the weight (10, 3) has the
                rows 0 to 9
            The layer that failed: Embedding(10, 3), called with (2,) int64.
            """,
            """
            nn.Embedding(11, 3)(tg.tensor([1, 10]))
            """,
        ),
        row(
            "Features that an LSTM does not take",
            """
            nn.LSTM(4, 8)(tg.ones(3, 1, 5))
            """,
            """
            InputError: LSTM: the input is 2D or 3D, its last size 4, the input_size of the
                layer; it was given (3, 1, 5)
            The layer that failed: LSTM(4, 8), called with (3, 1, 5) float32.
            """,
            """
            nn.LSTM(5, 8)(tg.ones(3, 1, 5))
            """,
        ),
        row(
            "An LSTM's state without its cell",
            """
            nn.LSTM(4, 8)(tg.ones(3, 2, 4), tg.zeros(1, 2, 8))
            """,
            """
            InputError: LSTM: the state is (h, c) of shape (1, 2, 8) and (1, 2, 8), for the
                input that was given, not of [(1, 2, 8)]
            The layer that failed: LSTM(4, 8), called with (3, 2, 4) float32, (1, 2, 8) float32.
            """,
            """
            nn.LSTM(4, 8)(tg.ones(3, 2, 4), (tg.zeros(1, 2, 8), tg.zeros(1, 2, 8)))
            """,
        ),
        row(
            "Batch normalization of one example",
            """
            nn.BatchNorm1d(4)(tg.ones(1, 4))
            """,
            """
            ValueError: batch_norm: the input (1, 4) has one number to take mean and variance
                of, and its distance from the mean is 0; give more, or call eval() before a
                single example
            The layer that failed: BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=True,
                bias=True, track_running_stats=True), called with (1, 4) float32.
            """,
            """
            nn.BatchNorm1d(4).eval()(tg.ones(1, 4))
            """,
        ),
        row(
            "A probability above 1",
            """
            nn.Dropout(20)
            """,
            """
            ValueError: Dropout: p is the probability of being dropped, between 0 and 1, not 20
            """,
            """
            nn.Dropout(0.2)
            """,
        ),
        row(
            "Heads that do not divide the features",
            """
            nn.MultiheadAttention(5, 2)
            """,
            """
            ValueError: MultiheadAttention: embed_dim=5 does not fall into num_heads=2 parts of
                equal size, one for each head
            """,
            """
            nn.MultiheadAttention(6, 2)
            """,
        ),
        row(
            "softmax without its dimension",
            """
            F.softmax(tg.ones(3, 2))
            """,
            """
            UserWarning: softmax: dim is not given, and 2 dimensions take 1, as in PyTorch;
                write dim=1, or the dimension along which the result is to sum to 1
            """,
            """
            F.softmax(tg.ones(3, 2), dim=1)
            """,
        ),
        row(
            "A layer that is made with its input",
            """
            nn.ReLU(tg.ones(2))
            """,
            """
            TypeError: ReLU: inplace is no tensor, and (2,) float32 is given.  A layer is made
                first, and called then: ReLU()(x)
            """,
            """
            nn.ReLU()(tg.ones(2))
            """,
        ),
        row(
            "Dropout that is made with its input",
            """
            nn.Dropout(tg.ones(2))
            """,
            """
            TypeError: Dropout: p is no tensor, and (2,) float32 is given.  A layer is made
                first, and called then: Dropout()(x)
            """,
            """
            nn.Dropout(0.5)(tg.ones(2))
            """,
        ),
        row(
            "A function in place of a layer",
            """
            nn.Sequential(nn.Linear(2, 2), F.relu)
            """,
            """
            TypeError: Sequential: step 1 is the function relu, not a Module; a function needs a
                layer, as nn.ReLU() for relu
            """,
            """
            nn.Sequential(nn.Linear(2, 2), nn.ReLU())
            """,
        ),
        row(
            "A setting that is missing",
            """
            nn.Conv2d(1, 8)
            """,
            """
            TypeError: Conv2d.__init__() missing 1 required positional argument: 'kernel_size'
            """,
            """
            nn.Conv2d(1, 8, kernel_size=3)
            """,
        ),
        row(
            "A layer without its input",
            """
            nn.Linear(2, 2)()
            """,
            """
            TypeError: Linear.forward() missing 1 required positional argument: 'input'
            The layer that failed: Linear(in_features=2, out_features=2, bias=True), called with
                nothing.
            """,
            """
            nn.Linear(2, 2)(tg.ones(2))
            """,
        ),
        row(
            "A wrong layer deep in a network",
            """
            encoder = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten())
            model = nn.Sequential(encoder, nn.Sequential(nn.Linear(100, 10), nn.ReLU()))
            model(tg.ones(8, 1, 8, 8))
            """,
            """
            ValueError: linear: the input (8, 144) has 144 features, but the weight (10, 100)
                takes 100
            The layer that failed: Sequential.1.0, Linear(in_features=100, out_features=10,
                bias=True), called with (8, 144) float32.
            """,
            """
            encoder = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten())
            model = nn.Sequential(encoder, nn.Sequential(nn.Linear(4 * 6 * 6, 10), nn.ReLU()))
            model(tg.ones(8, 1, 8, 8))
            """,
        ),
        row(
            "One image given to a linear layer",
            """
            nn.Linear(784, 10)(tg.ones(28, 28))
            """,
            """
            ValueError: linear: the input (28, 28) has 28 features, but the weight (10, 784)
                takes 784.  Flatten it: x.flatten(0) has 28 * 28 = 784
            The layer that failed: Linear(in_features=784, out_features=10, bias=True), called
                with (28, 28) float32.
            """,
            """
            nn.Linear(784, 10)(tg.ones(28, 28).flatten())
            """,
        ),
        row(
            "Features in the wrong dimension",
            """
            nn.Linear(3, 2)(tg.ones(3, 8))
            """,
            """
            ValueError: linear: the input (3, 8) has 8 features, but the weight (2, 3) takes 3.
                Are the features in the dimension before?  See x.mT
            The layer that failed: Linear(in_features=3, out_features=2, bias=True), called with
                (3, 8) float32.
            """,
            """
            nn.Linear(3, 2)(tg.ones(3, 8).mT)
            """,
        ),
        row(
            "Numbers given to a layer of one feature",
            """
            nn.Linear(1, 4)(tg.ones(8))
            """,
            """
            ValueError: linear: the input (8,) has 8 features, but the weight (4, 1) takes 1.
                Is each number an example?  x.unsqueeze(1) has shape (8, 1)
            The layer that failed: Linear(in_features=1, out_features=4, bias=True), called with
                (8,) float32.
            """,
            """
            nn.Linear(1, 4)(tg.ones(8).unsqueeze(1))
            """,
        ),
        row(
            "Images of one channel, without the channel",
            """
            nn.Conv2d(1, 8, 3)(tg.ones(16, 28, 28))
            """,
            """
            InputError: conv2d: the input (1, 16, 28, 28) has 16 channels, but the weight (8, 1,
                3, 3), which is (out, channels / groups, *kernel) with groups=1, takes 1.  Are
                these images of one channel?  See x.reshape(-1, 1, 28, 28)
            The layer that failed: Conv2d(1, 8, kernel_size=(3, 3), stride=(1, 1)), called with
                (16, 28, 28) float32.
            """,
            """
            nn.Conv2d(1, 8, 3)(tg.ones(16, 28, 28).unsqueeze(1))
            """,
        ),
        row(
            "Numbers given to an LSTM of one feature",
            """
            nn.LSTM(1, 8)(tg.ones(50))
            """,
            """
            InputError: LSTM: the input is 2D or 3D, its last size 1, the input_size of the
                layer; it was given (50,).  Is each number a step of one feature?  See
                x.unsqueeze(-1), of shape (50, 1)
            The layer that failed: LSTM(1, 8), called with (50,) float32.
            """,
            """
            nn.LSTM(1, 8)(tg.ones(50).unsqueeze(-1))
            """,
        ),
        row(
            "A GRU's result given to a function",
            """
            F.relu(nn.GRU(4, 8)(tg.ones(3, 1, 4)))
            """,
            """
            TypeError: relu: it takes a tensor, not a tuple of 2: ((3, 1, 8) float32, (1, 1, 8)
                float32); pick one of them, as y[0], or as in y, state = layer(x)
            """,
            """
            y, h = nn.GRU(4, 8)(tg.ones(3, 1, 4))
            F.relu(y)
            """,
        ),
        row(
            "Channels that a normalization does not have",
            """
            nn.BatchNorm1d(4)(tg.ones(2, 5))
            """,
            """
            InputError: batch_norm: weight holds a number for each of the 5 channels of (2, 5),
                shape (5,), not (4,)
            The layer that failed: BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=True,
                bias=True, track_running_stats=True), called with (2, 5) float32.
            """,
            """
            nn.BatchNorm1d(5)(tg.tensor([[1.0] * 5, [2.0] * 5]))
            """,
        ),
        row(
            "An image given to a layer for rows",
            """
            nn.BatchNorm2d(4)(tg.ones(2, 4))
            """,
            """
            ValueError: BatchNorm2d: expected 4D input, got (2, 4)
            The layer that failed: BatchNorm2d(4, eps=1e-05, momentum=0.1, affine=True,
                bias=True, track_running_stats=True), called with (2, 4) float32.
            """,
            """
            nn.BatchNorm1d(4)(tg.tensor([[1.0] * 4, [2.0] * 4]))
            """,
        ),
        row(
            "Attention without key and value",
            """
            nn.MultiheadAttention(4, 2)(tg.ones(3, 1, 4))
            """,
            """
            TypeError: MultiheadAttention.forward() missing 2 required positional arguments:
                'key' and 'value'
            The layer that failed: MultiheadAttention, called with (3, 1, 4) float32.
            """,
            """
            x = tg.ones(3, 1, 4)
            nn.MultiheadAttention(4, 2)(x, x, x)
            """,
        ),
    ],
    "Modules": [
        row(
            "super().__init__() is missing",
            """
            class Net(nn.Module):
                def __init__(self):
                    self.layer = nn.Linear(2, 2)


            Net()
            """,
            """
            AttributeError: Net: call super().__init__() before assigning layer
            """,
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layer = nn.Linear(2, 2)


            Net()
            """,
        ),
        row(
            "forward() is missing",
            """
            class Net(nn.Module):
                def call(self, x):
                    return 2 * x


            Net()(tg.ones(2))
            """,
            """
            NotImplementedError: Net has no forward(): define `def forward(self, x): ...`, which
                returns the result
            The layer that failed: Net(), called with (2,) float32.
            """,
            """
            class Net(nn.Module):
                def forward(self, x):
                    return 2 * x


            Net()(tg.ones(2))
            """,
        ),
        row(
            "A parameter that is assigned a tensor",
            """
            layer = nn.Linear(2, 2)
            layer.weight = tg.zeros(2, 2)
            """,
            """
            TypeError: Linear.weight is a Parameter; assign another one or None, not a Tensor
                (del weight first to make it plain)
            """,
            """
            layer = nn.Linear(2, 2)
            layer.weight = nn.Parameter(tg.zeros(2, 2))
            """,
        ),
        row(
            "A state that does not fit",
            """
            nn.Linear(2, 2).load_state_dict({"weight": tg.ones(2, 3), "bais": tg.ones(2)})
            """,
            """
            RuntimeError: load_state_dict into Linear:
              missing: bias
              unexpected: bais
              shape of weight: (2, 3) given, (2, 2) here
            """,
            """
            nn.Linear(2, 2).load_state_dict({"weight": tg.ones(2, 2), "bias": tg.ones(2)})
            """,
        ),
        row(
            "forward() returns nothing",
            """
            class Block(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layer = nn.Linear(2, 2)

                def forward(self, x):
                    self.layer(x).relu()


            nn.Sequential(Block(), nn.Linear(2, 1))(tg.ones(1, 2))
            """,
            """
            TypeError: linear: it takes a tensor, not None, which is what a function without a
                return gives.  It was given None, (1, 2) float32, (1,) float32
            The layer that failed: Sequential.1, Linear(in_features=2, out_features=1,
                bias=True), called with None.  Step 0, Block, returned it: end its forward()
                with `return`.
            """,
            """
            class Block(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layer = nn.Linear(2, 2)

                def forward(self, x):
                    return self.layer(x).relu()


            nn.Sequential(Block(), nn.Linear(2, 1))(tg.ones(1, 2))
            """,
        ),
        row(
            "self is missing in forward()",
            """
            class Net(nn.Module):
                def forward(x):
                    return 2 * x


            Net()(tg.ones(2))
            """,
            """
            TypeError: Net.forward() takes 1 positional argument but 2 were given
            The layer that failed: Net(), called with (2,) float32.
            """,
            """
            class Net(nn.Module):
                def forward(self, x):
                    return 2 * x


            Net()(tg.ones(2))
            """,
        ),
        row(
            "Layers in a plain list",
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layers = [nn.Linear(2, 2), nn.Linear(2, 2)]
                    self.head = nn.Linear(2, 1)


            optim.SGD(Net().parameters(), lr=0.1)
            """,
            """
            UserWarning: layers of Net is a plain list, so what it holds is not trained, saved
                or moved; make it an nn.ModuleList or nn.ParameterList
            """,
            """
            class Net(nn.Module):
                def __init__(self):
                    super().__init__()
                    self.layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
                    self.head = nn.Linear(2, 1)


            optim.SGD(Net().parameters(), lr=0.1)
            """,
        ),
    ],
    "Losses": [
        row(
            "Classes that are floats",
            """
            F.cross_entropy(tg.ones(3, 2), tg.tensor([0.0, 1.0, 1.0]))
            """,
            """
            TypeError: cross_entropy: the target holds classes, whole numbers from 0, not
                float32; call target.long()
            """,
            """
            F.cross_entropy(tg.ones(3, 2), tg.tensor([0.0, 1.0, 1.0]).long())
            """,
        ),
        row(
            "A class that the input has not",
            """
            F.cross_entropy(tg.ones(3, 2), tg.tensor([0, 1, 2]))
            """,
            """
            IndexError: cross_entropy: the target holds class 2 at [2], but the input (3, 2) has
                2 classes, 0 to 1
            """,
            """
            F.cross_entropy(tg.ones(3, 3), tg.tensor([0, 1, 2]))
            """,
        ),
        row(
            "Classes from one-hot rows of whole numbers",
            """
            F.cross_entropy(tg.ones(3, 2), tg.tensor([[1, 0], [0, 1], [0, 1]]))
            """,
            """
            ValueError: cross_entropy: input is (N, classes) and target (N,), or (N, classes,
                d1, ...) and (N, d1, ...), not (3, 2) and (3, 2).  Is it one-hot?
                target.argmax(1) names the classes, and target.float() holds their probabilities
            """,
            """
            F.cross_entropy(tg.ones(3, 2), tg.tensor([[1, 0], [0, 1], [0, 1]]).argmax(1))
            """,
        ),
        row(
            "Classes in a column",
            """
            F.cross_entropy(tg.ones(3, 2), tg.tensor([[0], [1], [1]]))
            """,
            """
            ValueError: cross_entropy: input is (N, classes) and target (N,), or (N, classes,
                d1, ...) and (N, d1, ...), not (3, 2) and (3, 1).  target.squeeze(1) has the
                shape (3,)
            """,
            """
            F.cross_entropy(tg.ones(3, 2), tg.tensor([[0], [1], [1]]).squeeze(1))
            """,
        ),
        row(
            "A column beside a row of targets",
            """
            F.mse_loss(tg.ones(4, 1), tg.ones(4))
            """,
            """
            ValueError: mse_loss: input and target have the shapes (4, 1) and (4,), which would
                broadcast to numbers that mean nothing; make them equal, as with
                target.reshape((4, 1))
            """,
            """
            F.mse_loss(tg.ones(4, 1).squeeze(1), tg.ones(4))
            """,
        ),
        row(
            "Scores given as probabilities",
            """
            F.binary_cross_entropy(tg.tensor([1.5, -0.5]), tg.tensor([1.0, 0.0]))
            """,
            """
            ValueError: binary_cross_entropy: input holds 1.5 at [0]; it is a probability,
                between 0 and 1
            """,
            """
            F.binary_cross_entropy_with_logits(tg.tensor([1.5, -0.5]), tg.tensor([1.0, 0.0]))
            """,
        ),
        row(
            "A loss that is made with its inputs",
            """
            nn.MSELoss(tg.ones(3), tg.zeros(3))
            """,
            """
            TypeError: size_average is True, False or None, not a tensor of shape (3,).  A loss
                is made first, and called then: loss = nn.MSELoss()(input, target)
            """,
            """
            nn.MSELoss()(tg.ones(3), tg.zeros(3))
            """,
        ),
        row(
            "Classes that count from 1",
            """
            F.cross_entropy(tg.ones(3, 3), tg.tensor([1, 2, 3]))
            """,
            """
            IndexError: cross_entropy: the target holds class 3 at [2], but the input (3, 3) has
                3 classes, 0 to 2.  Does it count from 1?  See target - 1
            """,
            """
            F.cross_entropy(tg.ones(3, 3), tg.tensor([1, 2, 3]) - 1)
            """,
        ),
        row(
            "A prediction that is None",
            """
            F.mse_loss(None, tg.ones(3))
            """,
            """
            TypeError: mse_loss: the input is no tensor: it takes a tensor, not None, which is
                what a function without a return gives
            """,
            """
            F.mse_loss(tg.zeros(3), tg.ones(3))
            """,
        ),
        row(
            "More predictions than classes",
            """
            F.cross_entropy(tg.ones(4, 3), tg.tensor([0, 1, 2]))
            """,
            """
            ValueError: cross_entropy: input is (N, classes) and target (N,), or (N, classes,
                d1, ...) and (N, d1, ...), not (4, 3) and (3,)
            """,
            """
            F.cross_entropy(tg.ones(4, 3)[:3], tg.tensor([0, 1, 2]))
            """,
        ),
    ],
    "Optimizers": [
        row(
            "The model in place of its parameters",
            """
            model = nn.Linear(2, 2)
            optim.SGD(model, lr=0.1)
            """,
            """
            TypeError: SGD: give the parameters, model.parameters(), not the model
            """,
            """
            model = nn.Linear(2, 2)
            optim.SGD(model.parameters(), lr=0.1)
            """,
        ),
        row(
            "One tensor in place of a list",
            """
            w = tg.ones(2, requires_grad=True)
            optim.SGD(w, lr=0.1)
            """,
            """
            TypeError: SGD: give a list of parameters, as [w], not one tensor
            """,
            """
            w = tg.ones(2, requires_grad=True)
            optim.SGD([w], lr=0.1)
            """,
        ),
        row(
            "A model without parameters",
            """
            optim.SGD(nn.ReLU().parameters(), lr=0.1)
            """,
            """
            ValueError: SGD: there are no parameters to train
            """,
            """
            optim.SGD(nn.PReLU().parameters(), lr=0.1)
            """,
        ),
        row(
            "A result in place of a leaf",
            """
            w = tg.ones(2).requires_grad_() * 0.1
            optim.Adam([w])
            """,
            """
            ValueError: Adam: parameter 0 is the result of <MultiplyBackward0>; only leaves are
                trained
            """,
            """
            w = (tg.ones(2) * 0.1).requires_grad_()
            optim.Adam([w])
            """,
        ),
        row(
            "A negative learning rate",
            """
            optim.SGD(nn.Linear(2, 2).parameters(), lr=-0.1)
            """,
            """
            ValueError: SGD: lr is at least 0, not -0.1
            """,
            """
            optim.SGD(nn.Linear(2, 2).parameters(), lr=0.1, maximize=True)
            """,
        ),
        row(
            "Two steps on one gradient",
            """
            w = tg.ones(2, requires_grad=True)
            optimizer = optim.SGD([w], lr=0.1)
            (w * w).sum().backward()
            for epoch in range(3):
                optimizer.step()
            """,
            """
            UserWarning: SGD.step: this step uses the gradient that the last one used: no
                backward() came between.  Call loss.backward() before each step()
            """,
            """
            w = tg.ones(2, requires_grad=True)
            optimizer = optim.SGD([w], lr=0.1)
            for epoch in range(3):
                optimizer.zero_grad()
                (w * w).sum().backward()
                optimizer.step()
            """,
        ),
        row(
            "zero_grad() between backward() and step()",
            """
            w = tg.ones(2, requires_grad=True)
            optimizer = optim.SGD([w], lr=0.1)
            for epoch in range(3):
                (w * w).sum().backward()
                optimizer.zero_grad()
                optimizer.step()
            """,
            """
            UserWarning: SGD.step: this step changes nothing: zero_grad() cleared the gradient
                after backward(): call them in the order zero_grad(), backward(), step()
            """,
            """
            w = tg.ones(2, requires_grad=True)
            optimizer = optim.SGD([w], lr=0.1)
            for epoch in range(3):
                optimizer.zero_grad()
                (w * w).sum().backward()
                optimizer.step()
            """,
        ),
        row(
            "backward() is forgotten",
            """
            w = tg.ones(2, requires_grad=True)
            optimizer = optim.SGD([w], lr=0.1)
            for epoch in range(4):
                optimizer.zero_grad()
                loss = (w * w).sum()
                optimizer.step()
            """,
            """
            UserWarning: SGD.step: this step changes nothing: no parameter has a gradient: call
                loss.backward() before step()
            """,
            """
            w = tg.ones(2, requires_grad=True)
            optimizer = optim.SGD([w], lr=0.1)
            for epoch in range(4):
                optimizer.zero_grad()
                loss = (w * w).sum()
                loss.backward()
                optimizer.step()
            """,
        ),
    ],
    "Files": [
        row(
            "A file of PyTorch's pickles",
            """
            tg.save({"weight": tg.ones(2)}, "model.pt")
            """,
            """
            ValueError: save: model.pt is the name of a pickle, and this file is none, but a
                safetensors file, which torch.load() does not read.  Call it model.safetensors
            """,
            """
            import os
            import tempfile

            with tempfile.TemporaryDirectory() as folder:
                tg.save({"weight": tg.ones(2)}, os.path.join(folder, "model.safetensors"))
            """,
        )
    ],
    "Numbers that are not finite": [
        row(
            "where does not protect a derivative",
            """
            x = tg.tensor([0.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                tg.where(x > 0, x.sqrt(), 0.0).sum().backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of sqrt by x gave nan, at 1 of 2
                elements
              op     sqrt: y = sqrt x
              rule   dL/dx = g / (2 y)
              line   mistake.py:3
              g      (2,) float32, 0 to 1, all finite
              x      (2,) float32, 0 to 1, all finite
              y      (2,) float32, 0 to 1, all finite
              dL/dx  (2,) float32, 0.5 where finite, 1 of 2 not finite (1 nan)
              first  dL/dx[0] = g / (2 y) = 0 / (2 × 0) = nan
              from   x <- a leaf (2,)
              why    `where` leaves these numbers out, so g = 0 there, but the derivative of
                     sqrt is infinite or nan there, and 0 times that is nan
              cure   use where twice: choose a harmless x first, as in
                     `where(x > 0, sqrt(where(x > 0, x, 1)), 0)`
            """,
            """
            x = tg.tensor([0.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                tg.where(x > 0, tg.where(x > 0, x, 1.0).sqrt(), 0.0).sum().backward()
            """,
        ),
        row(
            "The logarithm of 0",
            """
            x = tg.tensor([0.0, 2.0], requires_grad=True)
            with tg.detect_anomaly():
                x.log()
            """,
            """
            AnomalyError: detect_anomaly: log gave -inf, at 1 of 2 elements
              op     log: y = ln x
              line   mistake.py:3
              x      (2,) float32, 0 to 2, all finite
              y      (2,) float32, 0.6931 where finite, 1 of 2 not finite (1 -inf)
              first  y[0] = ln 0 = -inf
              from   x <- a leaf (2,)
              why    the logarithm of 0 is -inf
              cure   `x.clamp(min=1e-8).log()`, `log1p(x)` for ln(1 + x), `xlogy(a, x)` for a ln
                     x; of a probability `F.log_softmax`; or use where twice: choose a harmless
                     x first, as in `where(x > 0, log(where(x > 0, x, 1)), 0)`
            """,
            """
            x = tg.tensor([0.0, 2.0], requires_grad=True)
            with tg.detect_anomaly():
                x.clamp(min=1e-8).log()
            """,
        ),
        row(
            "The logarithm of a negative number",
            """
            x = tg.tensor([-1.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                x.log()
            """,
            """
            AnomalyError: detect_anomaly: log gave nan, at 1 of 2 elements
              op     log: y = ln x
              line   mistake.py:3
              x      (2,) float32, -1 to 1, all finite
              y      (2,) float32, 0 where finite, 1 of 2 not finite (1 nan)
              first  y[0] = ln (-1) = nan
              from   x <- a leaf (2,)
              why    the logarithm of a negative number is nan
              cure   keep x positive: `x.clamp(min=1e-8)`, `F.softplus(x)`; or use where twice:
                     choose a harmless x first, as in `where(x > 0, log(where(x > 0, x, 1)), 0)`
            """,
            """
            x = tg.tensor([-1.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                F.softplus(x).log()
            """,
        ),
        row(
            "The logarithm of a probability that was rounded to 0",
            """
            logits = tg.tensor([[0.0, 200.0]], requires_grad=True)
            with tg.detect_anomaly():
                p = F.softmax(logits, 1)
                loss = -p[0, 0].log()
            """,
            """
            AnomalyError: detect_anomaly: log gave -inf, a single number
              op     log: y = ln x
              line   mistake.py:4
              x      () float32, 0, all finite
              y      () float32, -inf
              first  y = ln 0 = -inf
              from   x <- getitem () at mistake.py:4 <- softmax (1, 2) at mistake.py:3 <- a leaf
                (1, 2)
              why    the logarithm of a probability that softmax rounded to 0 is -inf
              cure   give the logits to `F.cross_entropy(logits, target)`, or use
                     `F.log_softmax(logits, dim)`; else `p.clamp(min=1e-8).log()`
            """,
            """
            logits = tg.tensor([[0.0, 200.0]], requires_grad=True)
            with tg.detect_anomaly():
                loss = F.cross_entropy(logits, tg.tensor([0]))
            """,
        ),
        row(
            "The logarithm of 1 minus a probability",
            """
            logits = tg.tensor([20.0], requires_grad=True)
            with tg.detect_anomaly():
                p = tg.sigmoid(logits)
                loss = -(1 - p).log().mean()
            """,
            """
            AnomalyError: detect_anomaly: log gave -inf, a single number
              op     log: y = ln x
              line   mistake.py:4
              x      (1,) float32, 0, all finite
              y      (1,) float32, -inf
              first  y[0] = ln 0 = -inf
              from   x <- subtract (1,) at mistake.py:4 <- sigmoid (1,) at mistake.py:3 <- a
                leaf (1,)
              why    the logarithm of a probability that sigmoid rounded to 0 is -inf
              cure   give the logits to `F.binary_cross_entropy_with_logits(logits, target)`, or
                     use `F.logsigmoid(logits)`; else `p.clamp(min=1e-8).log()`
            """,
            """
            logits = tg.tensor([20.0], requires_grad=True)
            with tg.detect_anomaly():
                loss = F.binary_cross_entropy_with_logits(logits, tg.zeros(1))
            """,
        ),
        row(
            "Softmax of a row that is masked wholly",
            """
            scores = tg.ones(2, 2, requires_grad=True)
            mask = tg.tensor([[True, True], [True, False]])
            with tg.detect_anomaly():
                F.softmax(scores.masked_fill(mask, -float("inf")), 1)
            """,
            """
            AnomalyError: detect_anomaly: softmax gave nan, at 2 of 4 elements
              op    softmax: y_i = e^x_i / sum_j e^x_j along the axis
              line  mistake.py:4
              x     (2, 2) float32, 1 where finite, 3 of 4 not finite (3 -inf)
              y     (2, 2) float32, 0 to 1 where finite, 2 of 4 not finite (2 nan)
              from  x <- where (2, 2) at mistake.py:4 <- the number -inf
              why   1 of 2 rows is all -inf, so that it is 0 / 0: nothing is left to choose from
              cure  leave at least one entry of each row in the mask; or unmask such rows
                    before, `mask & ~mask.all(-1, keepdim=True)`, and set their result to 0
                    after
            """,
            """
            scores = tg.ones(2, 2, requires_grad=True)
            mask = tg.tensor([[True, True], [True, False]])
            with tg.detect_anomaly():
                mask = mask & ~mask.all(-1, keepdim=True)
                F.softmax(scores.masked_fill(mask, -float("inf")), 1)
            """,
        ),
        row(
            "Softmax by hand",
            """
            x = tg.tensor([1.0, 100.0], requires_grad=True)
            with tg.detect_anomaly():
                x.exp() / x.exp().sum()
            """,
            """
            AnomalyError: detect_anomaly: exp gave inf, at 1 of 2 elements
              op     exp: y = e^x
              line   mistake.py:3
              x      (2,) float32, 1 to 100, all finite
              y      (2,) float32, 2.718 where finite, 1 of 2 not finite (1 inf)
              first  y[1] = e^100 = inf
              from   x <- a leaf (2,)
              why    e^x is larger than 3.4e+38 in float32 for x > 88.72
              cure   `logsumexp(x, dim)`, `F.softmax(x, dim)` and `F.log_softmax` subtract the
                     largest x first; `F.softplus(x)` for ln(1 + e^x); else `x.clamp(max=87)`
            """,
            """
            x = tg.tensor([1.0, 100.0], requires_grad=True)
            with tg.detect_anomaly():
                F.softmax(x, 0)
            """,
        ),
        row(
            "Softmax by hand, of small numbers",
            """
            x = tg.tensor([-200.0, -300.0], requires_grad=True)
            with tg.detect_anomaly():
                x.exp() / x.exp().sum()
            """,
            """
            AnomalyError: detect_anomaly: divide gave nan, at 2 of 2 elements
              op     divide: y = a / b
              line   mistake.py:3
              a      (2,) float32, all 0, all finite
              b      () float32, 0, all finite
              y      (2,) float32, 2 of 2 not finite (2 nan)
              first  y[0] = 0 / 0 = nan
              from   b <- sum () at mistake.py:3 <- exp (2,) at mistake.py:3 <- a leaf (2,)
              why    the sum of the exponentials is 0: all of them underflowed
              cure   `F.softmax(x, dim)`, which subtracts the largest x first
            """,
            """
            x = tg.tensor([-200.0, -300.0], requires_grad=True)
            with tg.detect_anomaly():
                F.softmax(x, 0)
            """,
        ),
        row(
            "Division by the std of a constant",
            """
            x = tg.ones(4, requires_grad=True)
            with tg.detect_anomaly():
                (x - x.mean()) / x.std()
            """,
            """
            AnomalyError: detect_anomaly: divide gave nan, at 4 of 4 elements
              op     divide: y = a / b
              line   mistake.py:3
              a      (4,) float32, all 0, all finite
              b      () float32, 0, all finite
              y      (4,) float32, 4 of 4 not finite (4 nan)
              first  y[0] = 0 / 0 = nan
              from   b <- std () at mistake.py:3 <- a leaf (4,)
              why    the std of equal numbers is 0
              cure   add a small number: `(x - x.mean()) / (x.std() + 1e-8)`, or use
                     `F.layer_norm`, `F.batch_norm`, which do
            """,
            """
            x = tg.ones(4, requires_grad=True)
            with tg.detect_anomaly():
                (x - x.mean()) / (x.std() + 1e-8)
            """,
        ),
        row(
            "Division by the norm of zeros",
            """
            x = tg.zeros(3, requires_grad=True)
            with tg.detect_anomaly():
                x / x.norm()
            """,
            """
            AnomalyError: detect_anomaly: divide gave nan, at 3 of 3 elements
              op     divide: y = a / b
              line   mistake.py:3
              a      (3,) float32, all 0, all finite
              b      () float32, 0, all finite
              y      (3,) float32, 3 of 3 not finite (3 nan)
              first  y[0] = 0 / 0 = nan
              from   b <- p_norm () at mistake.py:3 <- a leaf (3,)
              why    the norm of zeros is 0
              cure   `F.normalize(x, dim, eps=1e-12)`, or `x / x.norm().clamp(min=1e-12)`
            """,
            """
            x = tg.zeros(3, requires_grad=True)
            with tg.detect_anomaly():
                F.normalize(x, dim=0)
            """,
        ),
        row(
            "Division by 0",
            """
            total, count = tg.ones(2, requires_grad=True), tg.tensor([0.0, 2.0])
            with tg.detect_anomaly():
                total / count
            """,
            """
            AnomalyError: detect_anomaly: divide gave inf, at 1 of 2 elements
              op     divide: y = a / b
              line   mistake.py:3
              a      (2,) float32, all 1, all finite
              b      (2,) float32, 0 to 2, all finite
              y      (2,) float32, 0.5 where finite, 1 of 2 not finite (1 inf)
              first  y[0] = 1 / 0 = inf
              from   b <- a tensor outside of the record (2,)
              why    x / 0 is infinite
              cure   keep the divisor away from 0: `b + 1e-8`, `b.clamp(min=1e-8)`; of a mean,
                     count at least 1: `total / count.clamp(min=1)`; in a where, choose a
                     harmless divisor first: `where(b != 0, a / where(b != 0, b, 1), 0)`
            """,
            """
            total, count = tg.ones(2, requires_grad=True), tg.tensor([0.0, 2.0])
            with tg.detect_anomaly():
                total / count.clamp(min=1)
            """,
        ),
        row(
            "The square root at 0",
            """
            x = tg.tensor([0.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                x.sqrt().sum().backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of sqrt by x gave inf, at 1 of 2
                elements
              op     sqrt: y = sqrt x
              rule   dL/dx = g / (2 y)
              line   mistake.py:3
              g      (2,) float32, all 1, all finite
              x      (2,) float32, 0 to 1, all finite
              y      (2,) float32, 0 to 1, all finite
              dL/dx  (2,) float32, 0.5 where finite, 1 of 2 not finite (1 inf)
              first  dL/dx[0] = g / (2 y) = 1 / (2 × 0) = inf
              from   x <- a leaf (2,)
              why    the derivative of sqrt is infinite at 0
              cure   `(x + 1e-12).sqrt()`, `x.clamp(min=1e-12).sqrt()`
            """,
            """
            x = tg.tensor([0.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                (x + 1e-12).sqrt().sum().backward()
            """,
        ),
        row(
            "A norm by hand at 0",
            """
            x = tg.zeros(3, requires_grad=True)
            with tg.detect_anomaly():
                (x * x).sum().sqrt().backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of sqrt by x gave inf, a single number
              op     sqrt: y = sqrt x
              rule   dL/dx = g / (2 y)
              line   mistake.py:3
              g      () float32, 1, all finite
              x      () float32, 0, all finite
              y      () float32, 0, all finite
              dL/dx  () float32, inf
              first  dL/dx = g / (2 y) = 1 / (2 × 0) = inf
              from   x <- sum () at mistake.py:3 <- multiply (3,) at mistake.py:3 <- a leaf (3,)
              why    a norm by hand has no derivative where the vector is 0: 1 / (2 sqrt 0) is
                     infinite
              cure   `linalg.vector_norm(x, dim=dim)`, whose gradient is 0 there, `F.normalize`
                     to divide by it, or `((x * x).sum() + 1e-12).sqrt()`
            """,
            """
            x = tg.zeros(3, requires_grad=True)
            with tg.detect_anomaly():
                tg.linalg.vector_norm(x).backward()
            """,
        ),
        row(
            "A standard deviation by hand of a constant",
            """
            x = tg.ones(3, requires_grad=True)
            with tg.detect_anomaly():
                x.var().sqrt().backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of sqrt by x gave inf, a single number
              op     sqrt: y = sqrt x
              rule   dL/dx = g / (2 y)
              line   mistake.py:3
              g      () float32, 1, all finite
              x      () float32, 0, all finite
              y      () float32, 0, all finite
              dL/dx  () float32, inf
              first  dL/dx = g / (2 y) = 1 / (2 × 0) = inf
              from   x <- var () at mistake.py:3 <- a leaf (3,)
              why    the variance of equal numbers is 0, and 1 / (2 sqrt 0) is infinite
              cure   `x.std()`, whose gradient is 0 there, or `(x.var() + 1e-5).sqrt()`
            """,
            """
            x = tg.ones(3, requires_grad=True)
            with tg.detect_anomaly():
                x.std().backward()
            """,
        ),
        row(
            "The square root of a negative number",
            """
            x = tg.tensor([0.1, 0.1, 0.1], requires_grad=True)
            with tg.detect_anomaly():
                ((x * x).mean() - x.mean() ** 2 - 1e-7).sqrt()
            """,
            """
            AnomalyError: detect_anomaly: sqrt gave nan, a single number
              op     sqrt: y = sqrt x
              line   mistake.py:3
              x      () float32, -1e-07, all finite
              y      () float32, nan
              first  y = sqrt (-1e-07) = nan
              from   x <- subtract () at mistake.py:3 <- subtract () at mistake.py:3 <- mean ()
                at mistake.py:3 <- multiply (3,) at mistake.py:3 <- a leaf (3,)
              why    the square root of a negative number is nan
              cure   `x.clamp(min=0).sqrt()`; a variance as mean(x^2) - mean(x)^2 rounds below
                     0: use `x.var()`; or use where twice: choose a harmless x first, as in
                     `where(x > 0, sqrt(where(x > 0, x, 1)), 0)`
            """,
            """
            x = tg.tensor([0.1, 0.1, 0.1], requires_grad=True)
            with tg.detect_anomaly():
                x.var(correction=0).sqrt()
            """,
        ),
        row(
            "A power of a negative number",
            """
            x = tg.tensor([-2.0, 2.0], requires_grad=True)
            with tg.detect_anomaly():
                x**0.5
            """,
            """
            AnomalyError: detect_anomaly: power gave nan, at 1 of 2 elements
              op     power: y = a^b
              line   mistake.py:3
              a      (2,) float32, -2 to 2, all finite
              b      the number 0.5
              y      (2,) float32, 1.414 where finite, 1 of 2 not finite (1 nan)
              first  y[0] = (-2)^0.5 = nan
              from   a <- a leaf (2,)
              why    a negative number to a power that is no whole number is nan
              cure   `x.abs() ** p`, `x.sign() * x.abs() ** p`, or `x.clamp(min=0) ** p`
            """,
            """
            x = tg.tensor([-2.0, 2.0], requires_grad=True)
            with tg.detect_anomaly():
                x.clamp(min=0) ** 0.5
            """,
        ),
        row(
            "A power at 0",
            """
            x = tg.tensor([0.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                (x**0.5).sum().backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of power by a gave inf, at 1 of 2
                elements
              op     power: y = a^b
              rule   dL/da = g b a^(b-1)
              line   mistake.py:3
              g      (2,) float32, all 1, all finite
              a      (2,) float32, 0 to 1, all finite
              b      the number 0.5
              y      (2,) float32, 0 to 1, all finite
              dL/da  (2,) float32, 0.5 where finite, 1 of 2 not finite (1 inf)
              first  dL/da[0] = g b a^(b-1) = 1 × 0.5 × 0^(0.5 - 1) = inf
              from   a <- a leaf (2,)
              why    dL/da = g b a^(b-1), which is infinite at a = 0 for b < 1
              cure   `(a + 1e-12) ** b`, or `a.clamp(min=1e-12) ** b`
            """,
            """
            x = tg.tensor([0.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                ((x + 1e-12) ** 0.5).sum().backward()
            """,
        ),
        row(
            "The derivative by the exponent of a negative number",
            """
            base, p = -tg.ones(1), tg.full((1,), 2.0, requires_grad=True)
            with tg.detect_anomaly():
                (base**p).backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of power by b gave nan, a single number
              op     power: y = a^b
              rule   dL/db = g y log a
              line   mistake.py:3
              g      (1,) float32, 1, all finite
              a      (1,) float32, -1, all finite
              b      (1,) float32, 2, all finite
              y      (1,) float32, 1, all finite
              dL/db  (1,) float32, nan
              first  dL/db[0] = g y log a = 1 × 1 × log (-1) = nan
              from   a <- a tensor outside of the record (1,)
              why    dL/db = g y ln a, and ln a is infinite at 0 and nan below
              cure   keep the base positive: `a.clamp(min=1e-8) ** b`; or make the exponent a
                     constant: `b.detach()`
            """,
            """
            base, p = -tg.ones(1), tg.full((1,), 2.0, requires_grad=True)
            with tg.detect_anomaly():
                (base.clamp(min=1e-8) ** p).backward()
            """,
        ),
        row(
            "acos beyond 1",
            """
            cosine = tg.tensor([1.0000001], requires_grad=True)
            with tg.detect_anomaly():
                tg.acos(cosine)
            """,
            """
            AnomalyError: detect_anomaly: acos gave nan, a single number
              op     acos: y = arccos x
              line   mistake.py:3
              x      (1,) float32, 1.0000001, all finite
              y      (1,) float32, nan
              first  y[0] = arccos 1.0000001 = nan
              from   x <- a leaf (1,)
              why    acos has no value beyond -1 and 1, which a cosine similarity passes by
                     rounding
              cure   `x.clamp(-1 + 1e-6, 1 - 1e-6)`; the angle of two vectors:
                     `atan2(cross.norm(), dot)`
            """,
            """
            cosine = tg.tensor([1.0000001], requires_grad=True)
            with tg.detect_anomaly():
                tg.acos(cosine.clamp(-1 + 1e-6, 1 - 1e-6))
            """,
        ),
        row(
            "acos at 1",
            """
            cosine = tg.tensor([1.0], requires_grad=True)
            with tg.detect_anomaly():
                tg.acos(cosine).backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of acos by x gave -inf, a single number
              op     acos: y = arccos x
              rule   dL/dx = -g / sqrt(1 - x^2)
              line   mistake.py:3
              g      (1,) float32, 1, all finite
              x      (1,) float32, 1, all finite
              y      (1,) float32, 0, all finite
              dL/dx  (1,) float32, -inf
              first  dL/dx[0] = -g / sqrt(1 - x^2) = -1 / sqrt(1 - 1^2) = -inf
              from   x <- a leaf (1,)
              why    the derivative of acos is infinite at the ends of its domain: dL/dx = -g /
                     sqrt(1 - x^2)
              cure   `x.clamp(-1 + 1e-6, 1 - 1e-6)`; the angle of two vectors:
                     `atan2(cross.norm(), dot)`
            """,
            """
            cosine = tg.tensor([1.0], requires_grad=True)
            with tg.detect_anomaly():
                tg.acos(cosine.clamp(-1 + 1e-6, 1 - 1e-6)).backward()
            """,
        ),
        row(
            "hypot at the origin",
            """
            a, b = tg.zeros(1, requires_grad=True), tg.zeros(1)
            with tg.detect_anomaly():
                tg.hypot(a, b).backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of hypot by a gave nan, a single number
              op     hypot: y = sqrt(a^2 + b^2)
              rule   dL/da = g a / y
              line   mistake.py:3
              g      (1,) float32, 1, all finite
              a      (1,) float32, 0, all finite
              b      (1,) float32, 0, all finite
              y      (1,) float32, 0, all finite
              dL/da  (1,) float32, nan
              first  dL/da[0] = g a / y = 1 × 0 / 0 = nan
              from   a <- a leaf (1,)
              why    0 / 0: it has no derivative at the origin
              cure   move the point a little where both are 0:
                     `hypot(a, where((a == 0) & (b == 0), 1e-8, b))`
            """,
            """
            a, b = tg.zeros(1, requires_grad=True), tg.zeros(1)
            with tg.detect_anomaly():
                tg.hypot(a, tg.where((a == 0) & (b == 0), 1e-8, b)).backward()
            """,
        ),
        row(
            "exp of a large number",
            """
            x = tg.tensor([1.0, 100.0], requires_grad=True)
            with tg.detect_anomaly():
                x.exp().sum().log()
            """,
            """
            AnomalyError: detect_anomaly: exp gave inf, at 1 of 2 elements
              op     exp: y = e^x
              line   mistake.py:3
              x      (2,) float32, 1 to 100, all finite
              y      (2,) float32, 2.718 where finite, 1 of 2 not finite (1 inf)
              first  y[1] = e^100 = inf
              from   x <- a leaf (2,)
              why    e^x is larger than 3.4e+38 in float32 for x > 88.72
              cure   `logsumexp(x, dim)`, `F.softmax(x, dim)` and `F.log_softmax` subtract the
                     largest x first; `F.softplus(x)` for ln(1 + e^x); else `x.clamp(max=87)`
            """,
            """
            x = tg.tensor([1.0, 100.0], requires_grad=True)
            with tg.detect_anomaly():
                tg.logsumexp(x, 0)
            """,
        ),
        row(
            "float16 overflows",
            """
            x = tg.tensor([60000.0], dtype=tg.float16, requires_grad=True)
            with tg.detect_anomaly():
                x * 2
            """,
            """
            AnomalyError: detect_anomaly: multiply gave inf, a single number
              op     multiply: y = a b
              line   mistake.py:3
              a      (1,) float16, 60000, all finite
              b      the number 2
              y      (1,) float16, inf
              first  y[0] = 60000 × 2 = inf
              from   a <- a leaf (1,)
              why    the result is larger than 6.55e+04 in float16; the operands reach 6e+04
              cure   look at why the numbers are so large: a learning rate that is too large, no
                     normalization, a product of many; clip the gradient
                     (`nn.utils.clip_grad_norm_`), or compute in a wider dtype
            """,
            """
            x = tg.tensor([60000.0], dtype=tg.float16, requires_grad=True)
            with tg.detect_anomaly():
                x.float() * 2
            """,
        ),
        row(
            "The std of one number",
            """
            x = tg.ones(1, requires_grad=True)
            with tg.detect_anomaly():
                x.std()
            """,
            """
            AnomalyError: detect_anomaly: std gave nan, a single number
              op    std: y = sqrt(var x)
              line  mistake.py:3
              x     (1,) float32, 1, all finite
              y     () float32, nan
              from  x <- a leaf (1,)
              why   the std divides by n - 1, which is 0 for one number
              cure  `x.std(correction=0)`, or more numbers
            """,
            """
            x = tg.ones(1, requires_grad=True)
            with tg.detect_anomaly():
                x.std(correction=0)
            """,
        ),
        row(
            "The mean of nothing",
            """
            x = tg.ones(3, requires_grad=True)
            mask = x > 5
            with tg.detect_anomaly():
                x[mask].mean()
            """,
            """
            AnomalyError: detect_anomaly: mean gave nan, a single number
              op    mean: y = sum of x over the axes / their n numbers, nan if there are none
              line  mistake.py:4
              x     (0,) float32, no elements
              y     () float32, nan
              from  x <- getitem (0,) at mistake.py:4 <- a leaf (3,)
              why   0 / 0: there is no element to take the mean of
              cure  skip an empty batch, or a mask that chooses nothing: `if mask.any():`
            """,
            """
            x = tg.ones(3, requires_grad=True)
            mask = x > 5
            with tg.detect_anomaly():
                if mask.any():
                    x[mask].mean()
            """,
        ),
        row(
            "A mask that multiplies",
            """
            scores = tg.ones(2, requires_grad=True)
            mask = tg.tensor([False, True])
            with tg.detect_anomaly():
                masked = scores.masked_fill(mask, -float("inf"))
                masked * tg.tensor([1.0, 0.0])
            """,
            """
            AnomalyError: detect_anomaly: multiply gave nan, at 1 of 2 elements
              op     multiply: y = a b
              line   mistake.py:5
              a      (2,) float32, 1 where finite, 1 of 2 not finite (1 -inf)
              b      (2,) float32, 0 to 1, all finite
              y      (2,) float32, 1 where finite, 1 of 2 not finite (1 nan)
              first  y[1] = -inf × 0 = nan
              from   a <- where (2,) at mistake.py:4 <- the number -inf
              why    0 times an infinity is nan: a mask that multiplies does not remove
                     infinities
              cure   choose with `where(mask, x, 0)` instead of multiplying, or put a large
                     number such as -1e9 in the place of -inf
            """,
            """
            scores = tg.ones(2, requires_grad=True)
            mask = tg.tensor([False, True])
            with tg.detect_anomaly():
                masked = scores.masked_fill(mask, -float("inf"))
                tg.where(mask, 0.0, masked)
            """,
        ),
        row(
            "A parameter that holds NaN",
            """
            model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
            nn.init.constant_(model[1].weight, float("nan"))
            with tg.detect_anomaly():
                model(tg.ones(1, 2, 2))
            """,
            """
            AnomalyError: detect_anomaly: linear gave nan, at 2 of 2 elements
              op    linear: y = x W' + b
              line  mistake.py:4
              in    Sequential > 1 > Linear
              x     (1, 4) float32, all 1, all finite
              W     (2, 4) float32, 8 of 8 not finite (8 nan)
              y     (1, 2) float32, 2 of 2 not finite (2 nan)
              from  W <- 1.weight (2, 4)
              why   W holds nan already
              cure  look at how this leaf got nan: data (`x.isfinite().all()` before the model),
                    or an earlier step of an optimizer with a gradient that was not finite or a
                    learning rate that is too large
            The layer that failed: Sequential.1, Linear(in_features=4, out_features=2,
                bias=False), called with (1, 4) float32.
            """,
            """
            model = nn.Sequential(nn.Flatten(), nn.Linear(4, 2, bias=False))
            with tg.detect_anomaly():
                model(tg.ones(1, 2, 2))
            """,
        ),
        row(
            "Data that hold NaN",
            """
            data = tg.tensor([1.0, float("nan")])
            w = tg.ones(2, requires_grad=True)
            with tg.detect_anomaly():
                (w * data).sum()
            """,
            """
            AnomalyError: detect_anomaly: multiply gave nan, at 1 of 2 elements
              op     multiply: y = a b
              line   mistake.py:4
              a      (2,) float32, all 1, all finite
              b      (2,) float32, 1 where finite, 1 of 2 not finite (1 nan)
              y      (2,) float32, 1 where finite, 1 of 2 not finite (1 nan)
              first  y[1] = 1 × nan = nan
              from   b <- a tensor outside of the record (2,)
              why    b holds nan already
              cure   look at how this tensor got nan: it was made outside of the trap or of the
                     record, from data or by NumPy; `x.isfinite().all()` tests it
            """,
            """
            data = tg.tensor([1.0, float("nan")])
            w = tg.ones(2, requires_grad=True)
            with tg.detect_anomaly():
                (w * data.nan_to_num()).sum()
            """,
        ),
        row(
            "A gradient that holds NaN",
            """
            x = tg.ones(2, requires_grad=True)
            with tg.detect_anomaly():
                (2 * x).backward(tg.tensor([1.0, float("nan")]))
            """,
            """
            AnomalyError: detect_anomaly: the gradient that arrived at multiply holds nan, at 1
                of 2 elements
              op    multiply: y = a b
              line  mistake.py:3
              g     (2,) float32, 1 where finite, 1 of 2 not finite (1 nan)
              why   the gradient that backward() was given holds it
              cure  look at the argument of backward(), or at grad_outputs
            """,
            """
            x = tg.ones(2, requires_grad=True)
            with tg.detect_anomaly():
                (2 * x).backward(tg.ones(2))
            """,
        ),
        row(
            "A hook that divides by 0",
            """
            x = tg.ones(2, requires_grad=True)
            y = 2 * x
            handle = y.register_hook(lambda g: g / g.sum())
            with tg.detect_anomaly():
                y.sum().backward(tg.tensor(0.0))
            """,
            """
            AnomalyError: detect_anomaly: the gradient that arrived at multiply holds nan, at 2
                of 2 elements
              op    multiply: y = a b
              line  unknown: it ran before the trap was set
              g     (2,) float32, 2 of 2 not finite (2 nan)
              why   a hook on this tensor returned it, or the sum of the parts overflowed
              cure  look at the hooks: `register_hook`
            """,
            """
            x = tg.ones(2, requires_grad=True)
            y = 2 * x
            handle = y.register_hook(lambda g: g / g.sum())
            with tg.detect_anomaly():
                y.sum().backward()
            """,
        ),
        row(
            "The eigenvectors of equal eigenvalues",
            """
            matrix = tg.eye(2, requires_grad=True)
            with tg.detect_anomaly():
                values, vectors = tg.linalg.eigh(matrix)
                vectors.sum().backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of eigh by x gave nan, at 4 of 4
                elements
              op     eigh: y = (w, v): the eigenvalues of (x + x') / 2, rising, and the
                eigenvectors in the columns
              rule   dL/dx = the symmetric part of v (diag(gw) + f v' gv) v', f_ij = 1 / (w_j -
                w_i)
              line   mistake.py:3
              g      (2,) float32, all 0, all finite; (2, 2) float32, all 1, all finite
              x      (2, 2) float32, 0 to 1, all finite
              y      (2,) float32, all 1, all finite; (2, 2) float32, 0 to 1, all finite
              dL/dx  (2, 2) float32, 4 of 4 not finite (4 nan)
              from   x <- a leaf (2, 2)
              why    the derivative of the vectors divides by the differences of the
                     eigenvalues, and two of them are equal (or one is 0)
              cure   use the eigenvalues only, whose derivative exists; or add a little noise to
                     the matrix
            """,
            """
            matrix = tg.eye(2, requires_grad=True)
            with tg.detect_anomaly():
                values, vectors = tg.linalg.eigh(matrix)
                values.sum().backward()
            """,
        ),
        row(
            "A gradient that overflows",
            """
            x = tg.tensor([1e-30], requires_grad=True)
            with tg.detect_anomaly():
                (1 / x).backward(tg.tensor([1e20]))
            """,
            """
            AnomalyError: detect_anomaly: the derivative of divide by b gave -inf, a single
                number
              op     divide: y = a / b
              rule   dL/db = -g y / b
              line   mistake.py:3
              g      (1,) float32, 1e+20, all finite
              a      the number 1
              b      (1,) float32, 1e-30, all finite
              y      (1,) float32, 1e+30, all finite
              dL/db  (1,) float32, -inf
              first  dL/db[0] = -g y / b = -1e+20 × 1e+30 / 1e-30 = -inf
              from   b <- a leaf (1,)
              why    the gradient is larger than 3.4e+38 in float32
              cure   look at why it grows: a divisor near 0, no normalization, a long product;
                     scale the loss down; clip after backward() does not help, as it is too late
            """,
            """
            x = tg.tensor([1e-30], requires_grad=True)
            with tg.detect_anomaly():
                (1 / (x + 1e-8)).backward(tg.tensor([1.0]))
            """,
        ),
        row(
            "logit at 1",
            """
            p = tg.tensor([0.5, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                tg.logit(p)
            """,
            """
            AnomalyError: detect_anomaly: logit gave inf, at 1 of 2 elements
              op     logit: y = ln(x / (1 - x))
              line   mistake.py:3
              x      (2,) float32, 0.5 to 1.0, all finite
              y      (2,) float32, 0 where finite, 1 of 2 not finite (1 inf)
              first  y[1] = ln(1 / (1 - 1)) = inf
              from   x <- a leaf (2,)
              why    ln(x / (1 - x)) is infinite at 1, and nan beyond
              cure   give the bounds: `logit(x, eps=1e-6)`
            """,
            """
            p = tg.tensor([0.5, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                tg.logit(p, eps=1e-6)
            """,
        ),
        row(
            "A second derivative",
            """
            x = tg.tensor([0.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                (first,) = tg.autograd.grad((x**1.5).sum(), x, create_graph=True)
                first.sum().backward()
            """,
            """
            AnomalyError: detect_anomaly: the derivative of power by a gave inf, at 1 of 2
                elements
              op     power: y = a^b
              rule   dL/da = g b a^(b-1)
              line   mistake.py:3
              g      (2,) float32, all 1.5, all finite
              a      (2,) float32, 0 to 1, all finite
              b      the number 0.5
              y      (2,) float32, 0 to 1, all finite
              dL/da  (2,) float32, 0.75 where finite, 1 of 2 not finite (1 inf)
              first  dL/da[0] = g b a^(b-1) = 1.5 × 0.5 × 0^(0.5 - 1) = inf
              from   a <- a leaf (2,)
              why    dL/da = g b a^(b-1), which is infinite at a = 0 for b < 1
              cure   `(a + 1e-12) ** b`, or `a.clamp(min=1e-12) ** b`
            """,
            """
            x = tg.tensor([0.0, 1.0], requires_grad=True)
            with tg.detect_anomaly():
                (first,) = tg.autograd.grad(((x + 1e-12) ** 1.5).sum(), x, create_graph=True)
                first.sum().backward()
            """,
        ),
    ],
}
