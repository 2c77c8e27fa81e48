"""All tensors that look into one memory see a write, and the gradient is right for each; no array
that a rule saved is ever written by it."""

import threading
import weakref

import numpy as np
import pytest
from hypothesis import given, settings

import nn
import nn.functional as F
import tinygrad_edu as tg
from tinygrad_edu.testing import gradcheck, strategies

# ---------------------------------------------------------------- through each kind of view


def through_a_row(x, w):
    row = x[0]
    row += w


def through_one_number(x, w):
    number = x[0, 0]
    number += w


def through_a_method(x, w):
    x[0].add_(w)


def through_a_reshaped_one(x, w):
    flat = x.reshape(6)
    flat *= w


def through_two_keys(x, w):
    x[0][1] = w


def through_a_list(x, w):
    rows = [x[0], x[1]]
    rows[0] += w


def through_a_dict(x, w):
    rows = {"first": x[0]}
    rows["first"] *= w


def through_a_loop(x, w):
    for row in x:
        row += w


def through_unbind(x, w):
    for column in x.unbind(1):
        column *= w


def through_view(x, w):
    x.view(-1)[1] = w


def through_the_transpose(x, w):
    x.t().add_(w)


def through_the_diagonal(x, w):
    x.diagonal().copy_(w)


def through_a_masked_reshape(x, w):
    x.reshape(-1, 3)[tg.tensor([False, True])] = w


def through_a_part_of_an_expanded_one(x, w):
    x.unsqueeze(0).expand(2, 2, 3)[0, 1].add_(w)


def through_an_einsum(x, w):
    tg.einsum("ij->ji", x)[0] += w


WRITES = {  # what it makes of ones, with w = 2; the gradient of the sum with respect to w
    through_a_row: ([[3, 3, 3], [1, 1, 1]], 3),
    through_one_number: ([[3, 1, 1], [1, 1, 1]], 1),
    through_a_method: ([[3, 3, 3], [1, 1, 1]], 3),
    through_a_reshaped_one: ([[2, 2, 2], [2, 2, 2]], 6),
    through_two_keys: ([[1, 2, 1], [1, 1, 1]], 1),
    through_a_list: ([[3, 3, 3], [1, 1, 1]], 3),
    through_a_dict: ([[2, 2, 2], [1, 1, 1]], 3),
    through_a_loop: ([[3, 3, 3], [3, 3, 3]], 6),
    through_unbind: ([[2, 2, 2], [2, 2, 2]], 6),
    through_view: ([[1, 2, 1], [1, 1, 1]], 1),
    through_the_transpose: ([[3, 3, 3], [3, 3, 3]], 6),
    through_the_diagonal: ([[2, 1, 1], [1, 2, 1]], 2),
    through_a_masked_reshape: ([[1, 1, 1], [2, 2, 2]], 3),
    through_an_einsum: ([[3, 1, 1], [3, 1, 1]], 2),
    through_a_part_of_an_expanded_one: ([[1, 1, 1], [3, 3, 3]], 3),
}


@pytest.mark.parametrize("recorded", [False, True], ids=["constant base", "recorded base"])
@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
def test_a_write_reaches_the_base(write, recorded):
    w = tg.tensor(2.0, requires_grad=True)
    x = tg.ones(2, 3, requires_grad=recorded) * 1
    array, other = x.array, x.t()
    write(x, w)
    values, derivative = WRITES[write]
    assert x.tolist() == values
    assert other.tolist() == np.transpose(values).tolist()
    assert (array == 1).all(), "the memory itself is not written"
    (x.sum() + other.sum()).backward()
    assert w.grad.item() == 2 * derivative


def test_a_constant_buffer_comes_to_require_grad():
    w, buffer = tg.tensor([1.0, 2.0], requires_grad=True), tg.zeros(3, 2)
    row = buffer[0]
    row[1] = w[0] * 2
    assert buffer.requires_grad
    assert buffer.tolist() == [[0, 2], [0, 0], [0, 0]]
    buffer.sum().backward()
    assert w.grad.tolist() == [2, 0]


def test_whole_numbers_and_bools_take_values_without_their_gradient():
    w = tg.tensor([1.7, -2.7], requires_grad=True)
    counts, flags = tg.zeros(2, dtype=tg.int64), tg.zeros(2, dtype=tg.bool)
    counts[0] = w[0]
    flags.copy_(w)
    assert counts.tolist() == [1, 0]
    assert counts.copy_(w).tolist() == [1, -2]
    assert flags.tolist() == [True, True]
    assert not counts.requires_grad


def test_a_parameter_shares_the_memory_of_its_data():
    w, buffer = tg.ones(3, requires_grad=True), tg.zeros(2, 3)
    whole, row = nn.Parameter(buffer), nn.Parameter(buffer[0])
    buffer[0].add_(w)
    assert row.tolist() == [1, 1, 1]
    assert whole.tolist() == [[1, 1, 1], [0, 0, 0]]
    assert row.is_leaf
    ((row * row).sum() + (buffer * 3).sum()).backward()
    assert row.grad.tolist() == [2, 2, 2]
    assert w.grad.tolist() == [3, 3, 3]
    with tg.no_grad():
        row.fill_(5.0)
    assert buffer.tolist() == [[5, 5, 5], [0, 0, 0]]


def test_threads_that_take_views_of_one_tensor_lose_none():
    x, w, kept = tg.zeros(4, 4), tg.tensor(2.0, requires_grad=True), []

    def take():
        for _ in range(300):
            kept.append(x[0])
            x.t()

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    x.add_(w)
    assert all(row.requires_grad for row in kept)


def test_what_a_rule_saved_stays():
    x = tg.tensor([0.0, 1.0], requires_grad=True)
    e = x.exp()
    e.mul_(2)
    e.view(-1)[0] = 5.0
    e.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [0, 2 * np.e], rtol=1e-6)


def test_a_row_that_is_stored_back_is_written_once():
    x, w = tg.ones(2, 3), tg.tensor(2.0, requires_grad=True)
    x[0] += w
    assert x.node.name == "overlay"
    assert [node and node.name for node in x.node.inputs] == [None, "add"]


def test_a_written_view_keeps_the_gradient_that_it_is_to_retain():
    x, c = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([2.0, 4.0])
    v = x * 3
    v.retain_grad()
    v.div_(c)
    (v * v).sum().backward()
    np.testing.assert_allclose(v.grad.numpy(), [3.0, 3.0])


# ---------------------------------------------------------------- what shares memory outside


def test_memory_that_an_array_holds_too_is_written():
    w, array = tg.tensor(2.0, requires_grad=True), np.zeros(3, np.float32)
    x = tg.from_numpy(array)
    x[1:] = w
    assert array.tolist() == [0, 2, 2]
    assert x.requires_grad
    row = tg.as_tensor(array)[0]
    row += w * 3
    assert array.tolist() == x.tolist() == [6, 2, 2]
    x.sum().backward()
    assert w.grad.item() == 2


def test_a_detached_tensor_writes_into_the_memory():
    a, b = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor([5.0, 6.0], requires_grad=True)
    a.data.copy_(b)
    assert a.tolist() == [5, 6]
    a.data.mul_(0.9).add_(b, alpha=0.1)
    np.testing.assert_allclose(a.detach().numpy(), [5, 6], rtol=1e-6)
    a.data[0] = b[1]
    assert a.tolist()[0] == 6
    a.detach().sub_(b)
    np.testing.assert_allclose(a.detach().numpy(), [1, 0], atol=1e-6)
    assert a.is_leaf


def test_the_gradient_of_a_write_into_borrowed_memory_is_that_of_what_was_there():
    w = tg.tensor(3.0, requires_grad=True)
    d = tg.tensor([2.0, 5.0]).detach()
    d.mul_(w)
    d.sum().backward()
    assert w.grad.item() == 7


def test_a_write_into_borrowed_memory_that_a_rule_saved_is_noticed():
    a, w = tg.tensor([1.0, 2.0], requires_grad=True), tg.tensor(3.0, requires_grad=True)
    loss = (a * a).sum()
    a.detach().mul_(w)
    with pytest.raises(RuntimeError, match="in-place write"):
        loss.backward()


def test_a_detached_tensor_sees_what_is_written_to_its_owner():
    y, w = tg.ones(2, 2) * 1, tg.tensor(2.0, requires_grad=True)
    d = y[0].detach()
    one = d[1]
    y += w
    assert (d.tolist(), one.item(), d.requires_grad) == ([3, 3], 3, False)
    one.zero_()
    assert y.tolist() == [[3, 0], [3, 3]]


def test_a_tensor_detached_twice_still_sees_its_owner():
    x, w = tg.ones(2, 3, requires_grad=True), tg.tensor(2.0, requires_grad=True)
    y = x * 1
    parameter, row, last = nn.Parameter(y.detach()), y[0].detach().detach(), tg.zeros(3)
    last.data = y[1].data
    y.mul_(w)
    assert parameter.tolist() == [[2, 2, 2], [2, 2, 2]]
    assert row.tolist() == last.tolist() == [2, 2, 2]
    row.fill_(5.0)
    last[0] = 7.0
    assert y.tolist() == parameter.tolist() == [[5, 5, 5], [7, 2, 2]]
    middle = y[0].detach()
    end = middle.detach()
    middle.mul_(w)
    assert end.tolist() == y[0].tolist() == [10, 10, 10]


def test_detach_does_not_keep_the_record_alive():
    y = tg.ones(3, requires_grad=True) * 2
    d, node = y.detach(), weakref.ref(y.node)
    del y
    assert node() is None
    assert d.tolist() == [2, 2, 2]


def test_views_die_with_nobody_to_hold_them():
    x = tg.ones(3, 2)
    for row in x:
        row += 1
    del row
    assert all(view() is None for view in x._views)
    for _ in range(1000):
        x[0].zero_()
    assert len(x._views) < 200
    y, view = tg.ones(2) * 1, None
    view = y[0]
    assert len(y._views) == 1
    alive = weakref.ref(y)
    del y
    assert alive() is not None  # a view holds its base
    del view
    assert alive() is None


def test_a_view_of_five_thousand_views():
    x, w = tg.zeros(2, 3), tg.ones(3, requires_grad=True)
    y = z = x
    for _ in range(5000):
        y, z = y.t(), z.t()
    y[0] += w
    assert x.tolist() == z.tolist() == [[1, 1, 1], [0, 0, 0]]
    y[1] = z[0]
    x.sum().backward()
    assert w.grad.tolist() == [2, 2, 2]


def test_other_data_ends_what_was_shared():
    x, w = tg.zeros(2), tg.tensor(1.0, requires_grad=True)
    row = x[:1]
    x.data = tg.tensor([5.0, 6.0])
    row += w
    assert (x.tolist(), row.tolist()) == ([5, 6], [1])
    x.mul_(w * 2)
    assert (x.tolist(), row.tolist()) == ([10, 12], [1])


# ---------------------------------------------------------------- refused, as in PyTorch


@pytest.mark.parametrize("record", [True, False], ids=["recorded", "constant"])
def test_an_expanded_view_is_not_written(record):
    x = tg.ones(1, 3) * (tg.ones((), requires_grad=True) if record else 1)
    wide = x.expand(2, 3)
    for write in (
        lambda: wide.add_(1),
        lambda: wide.mul_(tg.ones((), requires_grad=True)),
        lambda: wide.__setitem__(0, 1.0),
    ):
        with pytest.raises(RuntimeError, match="clone"):
            write()
    assert x.tolist() == [[1, 1, 1]]


def test_a_leaf_and_its_views_are_not_written_while_recording():
    w = tg.ones(2, 2, requires_grad=True)
    with tg.no_grad():
        unrecorded = w[0]
    for view in (w, w[0], w.t(), w.view(-1)[1:], unrecorded):
        with pytest.raises(RuntimeError, match=r"leaf that requires grad.*no_grad"):
            view.add_(1)
        with pytest.raises(RuntimeError, match=r"leaf that requires grad.*no_grad"):
            view[...] = 1
    with tg.no_grad():
        w.t()[0].add_(1)
    assert w.tolist() == [[2, 1], [2, 1]]


def test_a_view_taken_outside_the_record_takes_no_gradient():
    x, w = tg.ones(3, requires_grad=True), tg.tensor(2.0, requires_grad=True)
    y = x * 1
    with tg.no_grad():
        v = y[:2]
    for write in (lambda: v.mul_(w), lambda: v.__setitem__(0, w), lambda: v.add_(1)):
        with pytest.raises(RuntimeError, match=r"view of <Multiply.*taken under no_grad.*clone"):
            write()
    y.mul_(w)
    assert v.tolist() == [2, 2]


def test_a_view_is_not_detached_in_place():
    y = tg.ones(3, requires_grad=True) * 1
    with pytest.raises(RuntimeError, match=r"detach_: .*view.*x\.detach"):
        y[:2].detach_()
    assert not y.detach_().requires_grad


def test_memory_that_is_read_only_is_not_written():
    array = np.zeros(3)
    array.flags.writeable = False
    with pytest.raises(RuntimeError, match=r"read-only.*clone"):
        tg.from_numpy(array).add_(1)


# ---------------------------------------------------------------- another shape, in place


def test_what_became_a_view_of_itself_still_shares():
    x, w = tg.arange(6.0).reshape(2, 3) * 1, tg.tensor(1.0, requires_grad=True)
    row = x[1]
    x.t_()
    x[0].add_(w)
    assert row.tolist() == [4, 4, 5]
    row.zero_()
    row += w
    assert x.tolist() == [[1, 1], [1, 1], [2, 1]]
    (x.sum() + row.sum()).backward()
    assert w.grad.item() == 7


def test_reshaping_in_place_again_and_again_adds_no_steps():
    x = tg.zeros(2, 3)
    for _ in range(50):
        x.t_()
    assert x._base is None
    assert x._steps == ()
    x.t()[0].add_(tg.ones(2, requires_grad=True))


@pytest.mark.parametrize("name", ["t_", "squeeze_", "unsqueeze_"])
def test_a_leaf_stays_one(name):
    w = tg.ones(1, 3, requires_grad=True)
    with tg.no_grad():
        getattr(w, name)(*([0] if name == "unsqueeze_" else []))
    assert w.requires_grad
    assert w.is_leaf
    (w * 2).sum().backward()
    assert w.grad.shape == w.shape


def test_the_record_goes_through_a_shape_changed_under_no_grad():
    x = tg.ones(2, 3, requires_grad=True)
    y = x * 2
    with tg.no_grad():
        y.t_()
    assert y.requires_grad
    (y * tg.arange(6.0).reshape(3, 2)).sum().backward()
    assert x.grad.tolist() == [[0, 4, 8], [2, 6, 10]]


def test_view_lays_memory_of_its_own_out_in_order():
    x = tg.tensor(np.asfortranarray(np.arange(6.0).reshape(2, 3))) + 0
    assert not x.is_contiguous()
    x.view(-1)[1] = 10.0
    assert x.tolist() == [[0, 10, 2], [3, 4, 5]]


@pytest.mark.parametrize(
    "result",
    [
        lambda x: F.conv1d(x, tg.ones(3, 3, 1)),
        lambda x: tg.einsum("bij,bkj->kib", x, x),
        lambda x: x.transpose(1, 2).softmax(1),
        lambda x: x[:, [2, 0]],
        lambda x: F.max_pool1d(x, 2).relu(),
        lambda x: F.interpolate(x, size=6) * 2,
    ],
)
@pytest.mark.parametrize(
    "row",
    [lambda y: y.reshape(-1), lambda y: y.flatten(), lambda y: y.ravel(), lambda y: y.view(-1)],
)
def test_what_is_written_to_a_result_in_another_shape_is_seen(result, row):
    x, w = tg.rand(2, 3, 4, requires_grad=True), tg.tensor(2.0, requires_grad=True)
    y = result(x)
    before = y.tolist()
    flat = row(y)
    assert y.tolist() == before
    flat[:3] = w
    assert y.reshape(-1)[:4].tolist() == [2, 2, 2, flat[3].item()]
    with tg.no_grad():
        row(y)[0] = 5.0
    assert y[0, 0, 0].item() == 5
    y.sum().backward()
    assert w.grad.item() == 3


def test_what_looks_into_a_result_moves_with_it():
    x, w = tg.rand(2, 3, 4, requires_grad=True), tg.tensor(2.0, requires_grad=True)
    y = F.conv1d(x, tg.ones(3, 3, 1))
    row, constant = y[0], y.detach()
    constant_row, node = constant[0], row.node
    flat = y.reshape(-1)
    assert row.node is node
    flat[:4] = w
    assert row[0].tolist() == constant[0, 0].tolist() == constant_row[0].tolist() == [2] * 4
    with tg.no_grad():
        constant_row[0] = 5.0
    assert flat[:4].tolist() == row[0].tolist() == [5] * 4
    row.sum().backward()
    assert w.grad.item() == 4


# ---------------------------------------------------------------- at random


@given(strategies.programs(["multiply", "add", "copy", "concatenate", "sum"]))
@settings(max_examples=60)
def test_random_programs(program):
    """Recording changes no value, and the derivatives are those of finite differences."""
    with tg.no_grad():
        unrecorded = program(*program.inputs)
    results = program(*program.inputs)
    for one, same in zip(several(results), several(unrecorded), strict=True):
        np.testing.assert_array_equal(one.detach().numpy(), same.numpy())
    assert gradcheck(program, program.inputs, order=2, atol=1e-6)


def several(results):
    return results if isinstance(results, tuple) else (results,)
