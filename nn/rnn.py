"""Recurrent layers: a state keeps what was read so far, and each step of a sequence changes it.

>>> import nn, tinygrad_edu as tg
>>> lstm = nn.LSTM(input_size=3, hidden_size=5, num_layers=2)
>>> output, (h, c) = lstm(tg.ones(7, 4, 3))  # 7 steps of 4 sequences
>>> output.shape, h.shape, c.shape
(torch.Size([7, 4, 5]), torch.Size([2, 4, 5]), torch.Size([2, 4, 5]))
"""

from __future__ import annotations

import warnings
from typing import Any

import tinygrad_edu as tg
from tinygrad_edu import Tensor, ops
from tinygrad_edu.engine.clock import caller_level
from tinygrad_edu.errors import InputError
from tinygrad_edu.functions.arguments import check_tensor

from . import init
from .dropout import check_probability, dropout as _dropout
from .module import Module, Parameter
from .utils.rnn import PackedSequence


class _Weights(Module):
    """The weights W (gates, input) and U (gates, hidden) of a cell and two biases (gates,), which
    start uniform in [-k, k], k = 1 / sqrt(hidden_size)."""

    cell: str
    states = 1  # how many tensors the state is made of
    proj_size = 0

    def __init__(self, input_size: int, hidden_size: int, bias: bool) -> None:
        super().__init__()
        if hidden_size < 1 or input_size < 0:
            raise ValueError(
                f"{type(self).__name__}: hidden_size is at least 1, not {hidden_size}, and "
                f"input_size at least 0, not {input_size}"
            )
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias

    def _add_weights(
        self, input_size: int, gates: int, suffix: str, device: Any, dtype: Any
    ) -> None:
        gates = gates * self.hidden_size
        shapes: dict[str, tuple[int, ...]]
        shapes = {"weight_ih": (gates, input_size), "weight_hh": (gates, self._out)}
        if self.bias:
            shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}
        if self.proj_size:
            shapes |= {"weight_hr": (self.proj_size, self.hidden_size)}
        for name, shape in shapes.items():
            numbers = tg.empty(shape, device=device, dtype=dtype)
            self.register_parameter(name + suffix, Parameter(numbers))

    def reset_parameters(self) -> None:
        """Draw all weights and biases from U(-k, k), k = 1 / sqrt(hidden_size)."""
        bound = self.hidden_size**-0.5
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    @property
    def _out(self) -> int:
        """The size of h."""
        return self.proj_size or self.hidden_size

    def _run(
        self, x: Tensor, state: list[Tensor], sizes: Any, suffix: str = "", reverse: bool = False
    ) -> tuple[Tensor, ...]:
        """The outputs of all steps, whose rows are x, and the last state (see `ops.recurrent`)."""
        w, u = getattr(self, f"weight_ih{suffix}"), getattr(self, f"weight_hh{suffix}")
        b, d = getattr(self, f"bias_ih{suffix}", None), getattr(self, f"bias_hh{suffix}", None)
        if b is None or d is None:
            d = u.new_zeros(len(u))
        elif ops.CELLS[self.cell].adds:
            b, d = None, b + d
        projection = [getattr(self, f"weight_hr{suffix}")] if self.proj_size else []
        inputs: Any = (ops.linear(x, w, b), u, d, *state, *projection)
        y: tuple[Tensor, ...] = ops.recurrent(*inputs, cell=self.cell, sizes=sizes, reverse=reverse)
        return y

    def _given(self, hx: Any, before: tuple[int, ...], like: Tensor) -> list[Tensor]:
        """The state that the user gave, or zeros, (*before, size)."""
        wanted = [(*before, self._out), (*before, self.hidden_size)][: self.states]
        if hx is None:
            return [like.new_zeros(shape) for shape in wanted]
        state = list(hx) if isinstance(hx, tuple | list) else [hx]
        shapes = [tuple(part.shape) for part in state]
        if shapes != wanted:
            raise InputError(
                f"{type(self).__name__}: the state is {'(h, c)' if self.states > 1 else 'h'} "
                f"of shape {' and '.join(map(str, wanted))}, for the input that was given, not of "
                f"{shapes}"
            )
        return state

    def _check_input(self, input: Tensor, dims: tuple[int, ...]) -> None:
        check_tensor(input, type(self).__name__)
        if input.ndim not in dims or input.shape[-1] != self.input_size:
            wanted = " or ".join(f"{n}D" for n in dims)
            raise InputError(
                f"{type(self).__name__}: the input is {wanted}, its last size {self.input_size}, "
                f"the input_size of the layer; it was given {tuple(input.shape)}"
                f"{self._cure(input, dims)}"
            )

    def _cure(self, input: Tensor, dims: tuple[int, ...]) -> str:
        """What makes an input of other dimensions fit."""
        if self.input_size == 1 and input.ndim in (dims[0] - 1, dims[0]):
            return (
                ".  Is each number a step of one feature?  See "
                f"x.unsqueeze(-1), of shape {(*input.shape, 1)}"
            )
        return ""


# ---------------------------------------------------------------- one step


class RNNCellBase(_Weights):
    """Base class of the cells: the weights of one step, which a subclass computes in `forward`.

    The state dict holds `weight_ih`, (num_chunks H, input_size), `weight_hh`, (num_chunks H, H),
    and with biases `bias_ih` and `bias_hh`, (num_chunks H,), where H is `hidden_size`.  All are
    drawn from U(-k, k) with k = 1 / sqrt(H).

    Parameters
    ----------
    input_size : int
        The size of the input.
    hidden_size : int
        The size H of the state, at least 1.
    bias : bool
        Whether there are biases.
    num_chunks : int
        How many linear maps there are: 1 in `RNNCell`, 3 in `GRUCell`, 4 in `LSTMCell`.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `hidden_size` is less than 1.

    Examples
    --------
    >>> import nn
    >>> isinstance(nn.LSTMCell(2, 3), nn.RNNCellBase)
    True
    >>> [tuple(p.shape) for p in nn.RNNCellBase(2, 3, False, num_chunks=4).parameters()]
    [(12, 2), (12, 3)]
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool,
        num_chunks: int,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        self._add_weights(input_size, num_chunks, "", device, dtype)
        self.reset_parameters()

    def extra_repr(self) -> str:
        return f"{self.input_size}, {self.hidden_size}{'' if self.bias else ', bias=False'}"


class _Cell(RNNCellBase):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        gates = ops.CELLS[self.cell].gates
        super().__init__(input_size, hidden_size, bias, gates, device, dtype)

    def _step(self, input: Tensor, hx: Any) -> list[Tensor]:
        """The next state."""
        self._check_input(input, (1, 2))
        shape = (*input.shape[:-1], self.hidden_size)
        given = self._given(hx, shape[:-1], input)
        state = [part.reshape(-1, self.hidden_size) for part in given]
        x = input.reshape(input.shape[:-1].numel(), self.input_size)
        _, *state = self._run(x, state, [len(x)])
        return [part.reshape(shape) for part in state]


class RNNCell(_Cell):
    """One step of a recurrent network: h' = tanh(W x + b + U h + d).

    With `nonlinearity="relu"`, relu takes the place of tanh.  The layer is called with x, of shape
    (N, input_size), and h, of shape (N, hidden_size), by default zeros, and returns h', of the same
    shape; or without N, for one example.

    The state dict holds `weight_ih` (W) and `weight_hh` (U), of shapes (hidden_size, input_size)
    and (hidden_size, hidden_size), and `bias_ih` (b) and `bias_hh` (d), of shape (hidden_size,).
    All are drawn from U(-k, k) with k = 1 / sqrt(hidden_size).

    Parameters
    ----------
    input_size : int
        The size of x.
    hidden_size : int
        The size of h, at least 1.
    bias : bool, default True
        Whether there are the biases b and d; without them they are 0.
    nonlinearity : {"tanh", "relu"}, default "tanh"
        The activation.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `hidden_size` is less than 1; at a call, if the input has neither one nor two dimensions.
        At a call, if the input's last size is not `input_size`, or the state has another shape.

    References
    ----------
    J. L. Elman, "Finding structure in time", Cognitive Science, 1990.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> cell, h = nn.RNNCell(10, 20), tg.zeros(3, 20)
    >>> for x in tg.randn(6, 3, 10):  # 6 steps of 3 sequences
    ...     h = cell(x, h)
    >>> h.shape
    torch.Size([3, 20])
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        self.cell = _rnn(nonlinearity)
        super().__init__(input_size, hidden_size, bias, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        (h,) = self._step(input, hx)
        return h

    def extra_repr(self) -> str:
        other = "" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}"
        return super().extra_repr() + other


class LSTMCell(_Cell):
    """One step of a long short-term memory: (h', c') of x, h and c.

        i, f, g, o = the four parts of W x + b + U h + d
        c' = sigmoid(f) c + sigmoid(i) tanh(g)
        h' = sigmoid(o) tanh(c')

    The layer is called with x, of shape (N, input_size), and the pair (h, c), each of shape (N,
    hidden_size), by default zeros, and returns the pair (h', c'); or without N, for one example.

    The state dict holds `weight_ih` (W) and `weight_hh` (U), of shapes (4 hidden_size, input_size)
    and (4 hidden_size, hidden_size), and `bias_ih` (b) and `bias_hh` (d), of shape (4
    hidden_size,).  All are drawn from U(-k, k) with k = 1 / sqrt(hidden_size).

    Parameters
    ----------
    input_size : int
        The size of x.
    hidden_size : int
        The size of h, at least 1.
    bias : bool, default True
        Whether there are the biases b and d; without them they are 0.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `hidden_size` is less than 1; at a call, if the input has neither one nor two dimensions.
        At a call, if the input's last size is not `input_size`, or the state has another shape.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation, 1997.

    F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with LSTM",
    Neural Computation, 2000.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> cell, state = nn.LSTMCell(10, 20), None
    >>> for x in tg.randn(6, 3, 10):  # 6 steps of 3 sequences
    ...     state = cell(x, state)
    >>> h, c = state
    >>> h.shape, c.shape
    (torch.Size([3, 20]), torch.Size([3, 20]))
    """

    cell, states = "lstm", 2

    def forward(
        self, input: Tensor, hx: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        h, c = self._step(input, hx)
        return h, c


class GRUCell(_Cell):
    """One step of a gated recurrent unit: h' = (1 - z) n + z h.

        r = sigmoid(W_r x + b_r + U_r h + d_r)
        z = sigmoid(W_z x + b_z + U_z h + d_z)
        n = tanh(W_n x + b_n + r (U_n h + d_n))

    W, U, b and d are one below the other for r, z and n.  The layer is called with x, of shape (N,
    input_size), and h, of shape (N, hidden_size), by default zeros, and returns h', of the same
    shape; or without N, for one example.

    The state dict holds `weight_ih` (W) and `weight_hh` (U), of shapes (3 hidden_size, input_size)
    and (3 hidden_size, hidden_size), and `bias_ih` (b) and `bias_hh` (d), of shape (3
    hidden_size,).  All are drawn from U(-k, k) with k = 1 / sqrt(hidden_size).

    Parameters
    ----------
    input_size : int
        The size of x.
    hidden_size : int
        The size of h, at least 1.
    bias : bool, default True
        Whether there are the biases b and d; without them they are 0.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If `hidden_size` is less than 1; at a call, if the input has neither one nor two dimensions.
        At a call, if the input's last size is not `input_size`, or the state has another shape.

    References
    ----------
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
    machine translation", EMNLP 2014.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> cell, h = nn.GRUCell(10, 20), tg.zeros(3, 20)
    >>> for x in tg.randn(6, 3, 10):  # 6 steps of 3 sequences
    ...     h = cell(x, h)
    >>> h.shape
    torch.Size([3, 20])
    """

    cell = "gru"

    def forward(self, input: Tensor, hx: Tensor | None = None) -> Tensor:
        (h,) = self._step(input, hx)
        return h


def _check_switches(name: str, **given: Any) -> None:
    for what, value in given.items():
        if not isinstance(value, bool):
            raise TypeError(f"{name}: {what} is True or False, not {value!r}")


def _rnn(nonlinearity: str) -> str:
    if nonlinearity not in ("tanh", "relu"):
        raise ValueError(f"RNN: nonlinearity is 'tanh' or 'relu', not {nonlinearity!r}")
    return f"rnn_{nonlinearity}"


# ---------------------------------------------------------------- whole sequences


CELL_OF = {"RNN_TANH": "rnn_tanh", "RNN_RELU": "rnn_relu", "LSTM": "lstm", "GRU": "gru"}


class RNNBase(_Weights):
    """Base class of `RNN`, `LSTM` and `GRU`: their weights, settings and checks.

    `isinstance(layer, nn.RNNBase)` asks for any of them.  Layer k reads the outputs of layer k - 1;
    its weights have names that end with `_lk`, those of the other direction with `_lk_reverse`.

    Parameters
    ----------
    mode : {"RNN_TANH", "RNN_RELU", "LSTM", "GRU"}
        The cell.
    input_size : int
        The size of a step of the input, at least 1.
    hidden_size : int
        The size H of the state, at least 1.
    num_layers : int, default 1
        The number of layers.
    bias : bool, default True
        Whether there are biases.
    batch_first : bool, default False
        Whether the batch is dimension 0 of input and output.
    dropout : float, default 0.0
        The probability with which each output of a layer, except the last, is dropped in training.
    bidirectional : bool, default False
        Whether each layer has a second direction.
    proj_size : int, default 0
        The size of the output after a projection, as `LSTM` has it; 0 for none.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If the mode is another one, a size is less than 1, `dropout` is not between 0 and 1, or
        `proj_size` is not below `hidden_size`.

    Examples
    --------
    >>> import nn
    >>> isinstance(nn.GRU(3, 4), nn.RNNBase)
    True
    >>> nn.RNNBase("LSTM", 3, 4, num_layers=2)
    RNNBase(3, 4, num_layers=2)
    """

    def __init__(
        self,
        mode: str,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(input_size, hidden_size, bias)
        self._check_settings(mode, bias, batch_first, dropout, num_layers, proj_size)
        self.mode, self.cell, self.proj_size = mode, CELL_OF[mode], proj_size
        if mode == "LSTM":
            self.states, self.cell = 2, "projected_lstm" if proj_size else "lstm"
        self.num_layers, self.batch_first = num_layers, batch_first
        self.dropout, self.bidirectional = float(dropout), bidirectional
        self._directions = ("", "_reverse") if bidirectional else ("",)
        gates = ops.CELLS[self.cell].gates
        for k in range(num_layers):
            for direction in self._directions:
                size = input_size if k == 0 else self._out * len(self._directions)
                self._add_weights(size, gates, f"_l{k}{direction}", device, dtype)
        self.reset_parameters()

    def _check_settings(
        self, mode: str, bias: Any, batch_first: Any, dropout: Any, num_layers: int, proj_size: Any
    ) -> None:
        name, size = type(self).__name__, self.hidden_size
        if mode not in CELL_OF:
            raise ValueError(f"{name}: the mode is one of {', '.join(CELL_OF)}, not {mode!r}")
        _check_switches(name, bias=bias, batch_first=batch_first)
        check_probability(name, dropout)
        if isinstance(dropout, bool):
            raise ValueError(f"{name}: dropout is a probability, not {dropout}")
        if num_layers < 1 or self.input_size < 1:
            raise ValueError(
                f"{name}: num_layers and input_size are at least 1, not {num_layers} and "
                f"{self.input_size}"
            )
        if isinstance(proj_size, bool) or not 0 <= proj_size < size:
            raise ValueError(
                f"{name}: proj_size, the size of its outputs, is below hidden_size={size}, or 0 "
                f"for no projection, not {proj_size}"
            )
        if dropout and num_layers == 1:
            warnings.warn(
                f"{name}: dropout={dropout} comes between layers, and there is one layer only",
                stacklevel=caller_level(),
            )

    @property
    def all_weights(self) -> list[list[Parameter]]:
        """The weights and biases of each layer and direction, in the order of `parameters()`."""
        ends = [f"_l{k}{d}" for k in range(self.num_layers) for d in self._directions]
        return [[w for name, w in self.named_parameters() if name.endswith(e)] for e in ends]

    def flatten_parameters(self) -> None:
        """Do nothing; in PyTorch this lays the weights out in one buffer, for a GPU."""

    def extra_repr(self) -> str:
        usual: dict[str, float]
        usual = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False}
        usual |= {"dropout": 0.0, "bidirectional": False}
        given = {name: getattr(self, name) for name in usual}
        others = [f"{name}={value}" for name, value in given.items() if value != usual[name]]
        return ", ".join([str(self.input_size), str(self.hidden_size), *others])

    # -------------------------------------------------------- what forward() is given

    def check_input(self, input: Tensor, batch_sizes: Tensor | None) -> None:
        """Raise ValueError unless an input with a batch dimension fits.

        Parameters
        ----------
        input : Tensor, shape (T, N, input_size), or (rows, input_size) with `batch_sizes`
            What `forward` reads.
        batch_sizes : Tensor or None
            That of a `PackedSequence`.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> nn.GRU(3, 4).check_input(tg.ones(5, 2, 3), None)
        """
        dims = 3 if batch_sizes is None else 2
        if input.ndim != dims or input.shape[-1] != self.input_size:
            raise InputError(
                f"{type(self).__name__}: the input is {dims}D, its last size {self.input_size}, "
                f"the input_size of the layer; it was given {tuple(input.shape)}"
            )

    def get_expected_hidden_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """Return the shape of the state h for an input.

        Parameters
        ----------
        input : Tensor
            What `forward` reads, with a batch dimension.
        batch_sizes : Tensor or None
            That of a `PackedSequence`.

        Returns
        -------
        tuple of int
            (layers directions, N, size of h).

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> nn.GRU(3, 4).get_expected_hidden_size(tg.ones(5, 2, 3), None)
        (1, 2, 4)
        """
        given = input.shape[0 if self.batch_first else 1] if batch_sizes is None else batch_sizes[0]
        return self.num_layers * len(self._directions), int(given), self._out

    def check_hidden_size(
        self,
        hx: Tensor,
        expected_hidden_size: tuple[int, int, int],
        msg: str = "Expected hidden size {}, got {}",
    ) -> None:
        """Raise ValueError unless a state has the expected shape.

        Parameters
        ----------
        hx : Tensor
            The state.
        expected_hidden_size : tuple of int
            The shape that it must have.
        msg : str
            The message, with places for the expected shape and for that of `hx`.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> nn.GRU(3, 4).check_hidden_size(tg.ones(1, 2, 4), (1, 2, 4))
        """
        if tuple(hx.shape) != tuple(expected_hidden_size):
            raise InputError(msg.format(expected_hidden_size, list(hx.shape)))

    def check_forward_args(self, input: Tensor, hidden: Any, batch_sizes: Tensor | None) -> None:
        """Raise ValueError unless input and state fit the layer and each other.

        Parameters
        ----------
        input : Tensor
            What `forward` reads, with a batch dimension.
        hidden : Tensor, or pair of Tensor
            The state h, or (h, c) of an LSTM.
        batch_sizes : Tensor or None
            That of a `PackedSequence`.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> nn.GRU(3, 4).check_forward_args(tg.ones(5, 2, 3), tg.ones(1, 2, 4), None)
        """
        self.check_input(input, batch_sizes)
        expected = self.get_expected_hidden_size(input, batch_sizes)
        if self.states == 1:
            self.check_hidden_size(hidden, expected)
            return
        self.check_hidden_size(hidden[0], expected, "Expected hidden[0] size {}, got {}")
        expected = (*expected[:2], self.hidden_size)
        self.check_hidden_size(hidden[1], expected, "Expected hidden[1] size {}, got {}")

    def permute_hidden(self, hx: Any, permutation: Tensor | None) -> Any:
        """Put the sequences of a state, dimension 1, into another order.

        Parameters
        ----------
        hx : Tensor, or pair of Tensor
            The state.
        permutation : Tensor of int64, shape (N,), or None
            Which sequence comes at each place; None leaves the order as it is.

        Returns
        -------
        Tensor, or pair of Tensor
            The state in the new order.

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> h = tg.tensor([[[1.0], [2.0]]])
        >>> nn.GRU(3, 1).permute_hidden(h, tg.tensor([1, 0])).tolist()
        [[[2.0], [1.0]]]
        """
        if permutation is None:
            return hx
        if isinstance(hx, tuple):
            return tuple([part.index_select(1, permutation) for part in hx])
        return hx.index_select(1, permutation)


class _Sequence(RNNBase):
    """Layers of a cell, the outputs of each the input of the next."""

    def forward(self, input: Tensor | PackedSequence, hx: Any = None) -> tuple[Any, Any]:
        if isinstance(input, PackedSequence):
            return self._packed(input, hx)
        self._check_input(input, (2, 3))
        alone = input.ndim == 2
        x = input.unsqueeze(1) if alone else input.transpose(0, 1) if self.batch_first else input
        steps, count = x.shape[:2]
        if steps == 0:
            raise InputError(
                f"{type(self).__name__}: the input {tuple(input.shape)} has no steps; a sequence "
                "has at least 1"
            )
        layers = self.num_layers * len(self._directions)
        state = self._given(hx, (layers,) if alone else (layers, count), x)
        if alone:
            state = [part.unsqueeze(1) for part in state]
        rows, state = self._layers(x.reshape(-1, self.input_size), state, [count] * steps)
        y = rows.reshape(steps, count, rows.shape[1])
        if alone:
            y, state = y.squeeze(1), [part.squeeze(1) for part in state]
        elif self.batch_first:
            y = y.transpose(0, 1)
        return y, tuple(state) if self.states > 1 else state[0]

    def _packed(self, input: PackedSequence, hx: Any) -> tuple[Any, Any]:
        self._check_input(input.data, (2,))
        sizes = input.batch_sizes.tolist()
        layers = self.num_layers * len(self._directions)
        state = self._given(hx, (layers, sizes[0]), input.data)
        if hx is not None and input.sorted_indices is not None:
            state = [part[:, input.sorted_indices] for part in state]
        rows, state = self._layers(input.data, state, sizes)
        if input.unsorted_indices is not None:
            state = [part[:, input.unsorted_indices] for part in state]
        return input._replace(data=rows), tuple(state) if self.states > 1 else state[0]

    def _layers(
        self, rows: Tensor, state: list[Tensor], sizes: list[int]
    ) -> tuple[Tensor, list[Tensor]]:
        """All layers, both directions: the rows of the last one, and the last state of each."""
        last: list[list[Tensor]] = []
        for k in range(self.num_layers):
            ys = []
            for direction in self._directions:
                first = [part[len(last)] for part in state]
                suffix = f"_l{k}{direction}"
                y, *end = self._run(rows, first, sizes, suffix, bool(direction))
                ys.append(y)
                last.append(end)
            rows = tg.cat(ys, 1) if len(ys) > 1 else ys[0]
            if k < self.num_layers - 1:
                rows = _dropout(rows, self.dropout, self.training)
        return rows, [tg.stack(parts) for parts in zip(*last, strict=True)]


class RNN(_Sequence):
    """Recurrent network: h_t = tanh(W x_t + b + U h_{t-1} + d) at each step t of a sequence.

    With `nonlinearity="relu"`, relu takes the place of tanh.  With several layers, the outputs of
    each are the input of the next.  With `bidirectional`, each layer also reads the sequence from
    its end to its start, with parameters of its own, and its output at a step is that of both
    directions, one after another.

    Let T be the number of steps, N of sequences, D = 2 if bidirectional and else 1, H =
    hidden_size.

    - `input`: shape (T, N, input_size), or (N, T, input_size) with `batch_first`; (T, input_size)
      for one sequence; or a `PackedSequence`, for sequences of several lengths.
    - `hx`, the state h_0 before the first step: shape (D num_layers, N, H), with `batch_first` too;
      (D num_layers, H) for one sequence; by default zeros.
    - returns `output`, h of the last layer at all steps, of shape (T, N, D H) or as the input is,
      and `h_n`, the state after the last step of each layer and direction, of the shape of `hx`.

    The state dict holds `weight_ih_l0` (W), of shape (H, input_size), `weight_hh_l0` (U), of shape
    (H, H), and `bias_ih_l0` (b) and `bias_hh_l0` (d), of shape (H,); for the next layers `l1`, ...,
    where W has shape (H, D H); for the reverse direction the same names with `_reverse` at the end.
    All are drawn from U(-k, k) with k = 1 / sqrt(H).

    Parameters
    ----------
    input_size : int
        The size of a step of the input, at least 1.
    hidden_size : int
        The size H of h, at least 1.
    num_layers : int, default 1
        The number of layers.
    nonlinearity : {"tanh", "relu"}, default "tanh"
        The activation.
    bias : bool, default True
        Whether there are the biases b and d; without them they are 0.
    batch_first : bool, default False
        Whether the batch is dimension 0 of input and output; the state is not affected.
    dropout : float, default 0.0
        The probability with which each output of a layer, except the last, is dropped in training.
    bidirectional : bool, default False
        Whether each layer has a second direction.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If a size is less than 1 or `dropout` is not between 0 and 1; at a call, if the input has
        neither two nor three dimensions.  At a call, if the input's last size is not `input_size`,
        it has no steps, or the state has another shape.

    References
    ----------
    J. L. Elman, "Finding structure in time", Cognitive Science, 1990.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> rnn = nn.RNN(10, 20, num_layers=2)
    >>> output, h_n = rnn(tg.randn(5, 3, 10))  # 5 steps of 3 sequences
    >>> output.shape, h_n.shape
    (torch.Size([5, 3, 20]), torch.Size([2, 3, 20]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            _rnn(nonlinearity).upper(),
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )
        self.nonlinearity = nonlinearity


class LSTM(_Sequence):
    """Long short-term memory: at each step t of a sequence, (h_t, c_t) of x_t, h_{t-1} and c_{t-1}.

        i, f, g, o = the four parts of W x_t + b + U h_{t-1} + d
        c_t = sigmoid(f) c_{t-1} + sigmoid(i) tanh(g)
        h_t = sigmoid(o) tanh(c_t)

    With `proj_size` P > 0, a matrix V makes the output smaller: h_t = V (sigmoid(o) tanh(c_t)).
    With several layers, the outputs of each are the input of the next.  With `bidirectional`, each
    layer also reads the sequence from its end to its start, with parameters of its own, and its
    output at a step is that of both directions, one after another.

    Let T be the number of steps, N of sequences, D = 2 if bidirectional and else 1, H =
    hidden_size.

    - `input`: shape (T, N, input_size), or (N, T, input_size) with `batch_first`; (T, input_size)
      for one sequence; or a `PackedSequence`, for sequences of several lengths.
    - `hx`, the pair (h_0, c_0) before the first step: each of shape (D num_layers, N, H), with
      `batch_first` too; (D num_layers, H) for one sequence; by default zeros.
    - returns `output`, h of the last layer at all steps, of shape (T, N, D H) or as the input is,
      and the pair (`h_n`, `c_n`), the state after the last step of each layer and direction, of the
      shapes of `hx`.  With a projection, h, the output and `h_n` have the size P in the place of H.

    The state dict holds `weight_ih_l0` (W), of shape (4 H, input_size), `weight_hh_l0` (U), of
    shape (4 H, H), and `bias_ih_l0` (b) and `bias_hh_l0` (d), of shape (4 H,); for the next layers
    `l1`, ..., where W has shape (4 H, D H); for the reverse direction the same names with
    `_reverse` at the end.  All are drawn from U(-k, k) with k = 1 / sqrt(H).  With a projection
    there is `weight_hr_l0` (V), of shape (P, H), too, U has shape (4 H, P), and W of the next
    layers (4 H, D P).

    Parameters
    ----------
    input_size : int
        The size of a step of the input, at least 1.
    hidden_size : int
        The size H of h, at least 1.
    num_layers : int, default 1
        The number of layers.
    bias : bool, default True
        Whether there are the biases b and d; without them they are 0.
    batch_first : bool, default False
        Whether the batch is dimension 0 of input and output; the state is not affected.
    dropout : float, default 0.0
        The probability with which each output of a layer, except the last, is dropped in training.
    bidirectional : bool, default False
        Whether each layer has a second direction.
    proj_size : int, default 0
        The size P of the projected output, less than H; 0 stands for no projection.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If a size is less than 1 or `dropout` is not between 0 and 1; at a call, if the input has
        neither two nor three dimensions.  At a call, if the input's last size is not `input_size`,
        it has no steps, or the state has another shape.

    References
    ----------
    S. Hochreiter and J. Schmidhuber, "Long short-term memory", Neural Computation, 1997.

    F. A. Gers, J. Schmidhuber and F. Cummins, "Learning to forget: continual prediction with LSTM",
    Neural Computation, 2000.

    H. Sak, A. Senior and F. Beaufays, "Long short-term memory based recurrent neural network
    architectures for large vocabulary speech recognition", arXiv:1402.1128, 2014 (the projection).

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> lstm = nn.LSTM(10, 20, num_layers=2, bidirectional=True, batch_first=True)
    >>> output, (h_n, c_n) = lstm(tg.randn(3, 5, 10))  # 3 sequences of 5 steps
    >>> output.shape, h_n.shape, c_n.shape
    (torch.Size([3, 5, 40]), torch.Size([4, 3, 20]), torch.Size([4, 3, 20]))
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "LSTM",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            proj_size,
            device,
            dtype,
        )

    def get_expected_cell_size(
        self, input: Tensor, batch_sizes: Tensor | None
    ) -> tuple[int, int, int]:
        """Return the shape of the state c for an input.

        Parameters
        ----------
        input : Tensor
            What `forward` reads, with a batch dimension.
        batch_sizes : Tensor or None
            That of a `PackedSequence`.

        Returns
        -------
        tuple of int
            (layers directions, N, hidden_size).

        Examples
        --------
        >>> import nn
        >>> import tinygrad_edu as tg
        >>> nn.LSTM(3, 4, proj_size=2).get_expected_cell_size(tg.ones(5, 2, 3), None)
        (1, 2, 4)
        """
        return (*self.get_expected_hidden_size(input, batch_sizes)[:2], self.hidden_size)


class GRU(_Sequence):
    """Gated recurrent unit: h_t = (1 - z) n + z h_{t-1} at each step t of a sequence.

        r = sigmoid(W_r x_t + b_r + U_r h_{t-1} + d_r)
        z = sigmoid(W_z x_t + b_z + U_z h_{t-1} + d_z)
        n = tanh(W_n x_t + b_n + r (U_n h_{t-1} + d_n))

    W, U, b and d are one below the other for r, z and n.  With several layers, the outputs of each
    are the input of the next.  With `bidirectional`, each layer also reads the sequence from its
    end to its start, with parameters of its own, and its output at a step is that of both
    directions, one after another.

    Let T be the number of steps, N of sequences, D = 2 if bidirectional and else 1, H =
    hidden_size.

    - `input`: shape (T, N, input_size), or (N, T, input_size) with `batch_first`; (T, input_size)
      for one sequence; or a `PackedSequence`, for sequences of several lengths.
    - `hx`, the state h_0 before the first step: shape (D num_layers, N, H), with `batch_first` too;
      (D num_layers, H) for one sequence; by default zeros.
    - returns `output`, h of the last layer at all steps, of shape (T, N, D H) or as the input is,
      and `h_n`, the state after the last step of each layer and direction, of the shape of `hx`.

    The state dict holds `weight_ih_l0` (W), of shape (3 H, input_size), `weight_hh_l0` (U), of
    shape (3 H, H), and `bias_ih_l0` (b) and `bias_hh_l0` (d), of shape (3 H,); for the next layers
    `l1`, ..., where W has shape (3 H, D H); for the reverse direction the same names with
    `_reverse` at the end.  All are drawn from U(-k, k) with k = 1 / sqrt(H).

    Parameters
    ----------
    input_size : int
        The size of a step of the input, at least 1.
    hidden_size : int
        The size H of h, at least 1.
    num_layers : int, default 1
        The number of layers.
    bias : bool, default True
        Whether there are the biases b and d; without them they are 0.
    batch_first : bool, default False
        Whether the batch is dimension 0 of input and output; the state is not affected.
    dropout : float, default 0.0
        The probability with which each output of a layer, except the last, is dropped in training.
    bidirectional : bool, default False
        Whether each layer has a second direction.
    device : device, default None
        Only the CPU exists.
    dtype : dtype, default None
        Dtype of the parameters; None stands for the default dtype.

    Raises
    ------
    ValueError
        If a size is less than 1 or `dropout` is not between 0 and 1; at a call, if the input has
        neither two nor three dimensions.  At a call, if the input's last size is not `input_size`,
        it has no steps, or the state has another shape.

    References
    ----------
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder for statistical
    machine translation", EMNLP 2014.

    Examples
    --------
    >>> import tinygrad_edu as tg
    >>> import nn
    >>> gru = nn.GRU(10, 20)
    >>> output, h_n = gru(tg.randn(5, 3, 10))  # 5 steps of 3 sequences
    >>> output.shape, h_n.shape
    (torch.Size([5, 3, 20]), torch.Size([1, 3, 20]))
    >>> list(gru.state_dict())
    ['weight_ih_l0', 'weight_hh_l0', 'bias_ih_l0', 'bias_hh_l0']
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__(
            "GRU",
            input_size,
            hidden_size,
            num_layers,
            bias,
            batch_first,
            dropout,
            bidirectional,
            0,
            device,
            dtype,
        )
