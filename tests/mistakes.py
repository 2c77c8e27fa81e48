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
}
