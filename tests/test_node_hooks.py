"""Hooks on the steps of the record, on what it saves, and edges that stand for tensors."""

import threading

import numpy as np
import pytest
from cube import Cube

import tinygrad_edu as tg
from tinygrad_edu import autograd
from tinygrad_edu.engine import graph as engine

edges = autograd.graph


def product():
    a = tg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    b = tg.tensor([5.0, 6.0], requires_grad=True)
    return a, b, a * b


# ---------------------------------------------------------------- hooks on nodes


def test_the_hooks_of_a_step_run_in_order_and_see_what_arrives_and_what_goes_on():
    a, b, y = product()
    log = []
    y.grad_fn.register_prehook(lambda outputs: log.append(("before", outputs)))
    y.grad_fn.register_hook(lambda inputs, outputs: log.append(("after", inputs, outputs)))
    y.register_hook(lambda g: log.append(("tensor", g)))
    y.sum().backward()
    (first, g), (second, (arrived,)), (third, (to_a, to_b), (out,)) = log
    assert (first, second, third) == ("tensor", "before", "after")
    assert g.tolist() == arrived.tolist() == out.tolist() == [[1, 1], [1, 1]]
    assert to_a.tolist() == [[5, 6], [5, 6]] == a.grad.tolist()
    assert to_b.tolist() == [4, 6] == b.grad.tolist()


def test_what_hooks_return_goes_on():
    a, b, y = product()
    handle = y.grad_fn.register_prehook(lambda outputs: (outputs[0] * 10,))
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] + outputs[0], None))
    y.sum().backward(retain_graph=True)
    assert a.grad.tolist() == [[60, 70], [60, 70]]
    assert b.grad is None
    handle.remove()
    a.grad = None
    y.sum().backward()
    assert a.grad.tolist() == [[6, 7], [6, 7]]


def test_an_input_that_is_not_asked_for_has_no_gradient_in_the_hook():
    a, _, y = product()
    seen = []
    y.grad_fn.register_hook(lambda inputs, outputs: seen.append(inputs))
    autograd.grad(y.sum(), a)
    assert seen[0][1] is None
    assert seen[0][0].tolist() == [[5, 6], [5, 6]]


def test_none_for_an_op_is_zeros():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = (2 * x).exp()
    y.grad_fn.register_hook(lambda inputs, outputs: (None,))
    y.sum().backward()
    assert x.grad.tolist() == [0, 0]


def test_hooks_of_a_step_are_recorded_for_second_derivatives():
    x = tg.tensor(3.0, requires_grad=True)
    y = x**3
    y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * inputs[0], None))
    (first,) = autograd.grad(y, x, create_graph=True)
    (second,) = autograd.grad(first, x)
    assert (first.item(), second.item()) == (27.0**2, 2 * 27.0 * 18)


def test_a_hook_may_keep_what_it_sees():
    a, _, y = product()
    kept = []
    y.grad_fn.register_hook(lambda inputs, outputs: kept.extend(inputs))
    y.sum().backward()
    a.grad.zero_()
    assert kept[0].tolist() == [[5, 6], [5, 6]]


def test_hooks_of_an_op_of_several_results_see_all_of_them():
    x = tg.tensor([[2.0, 0.0], [0.0, 1.0]], requires_grad=True)
    values, _ = tg.linalg.eigh(x)
    node = values.grad_fn.next_functions[0][0]
    seen = []
    node.register_prehook(lambda outputs: (outputs[0] * 3, None))
    node.register_hook(lambda inputs, outputs: seen.append(outputs))
    values.sum().backward()
    assert [tuple(g.shape) for g in seen[0]] == [(2,), (2, 2)]
    assert x.grad.tolist() == [[3, 0], [0, 3]]


def test_hooks_on_the_node_of_a_leaf():
    a, _, y = product()
    log = []
    node = y.grad_fn.next_functions[0][0]
    node.register_prehook(lambda outputs: (outputs[0] * 10,))
    node.register_hook(
        lambda inputs, outputs: log.append((inputs, outputs[0].tolist(), a.grad.tolist()))
    )
    y.sum().backward()
    assert log == [((), [[50, 60], [50, 60]], [[50, 60], [50, 60]])]


REFUSED = [
    (lambda inputs, outputs: (inputs[0],), RuntimeError, "1 gradients for the 2"),
    (lambda inputs, outputs: inputs[0], TypeError, "a Tensor; it returns None, or a tuple"),
    (lambda inputs, outputs: (inputs[0], 5), TypeError, "a int as gradient 1"),
    (lambda inputs, outputs: (tg.ones(7), inputs[1]), RuntimeError, r"\(7,\).*shape \(2, 2\)"),
]


@pytest.mark.parametrize(("hook", "kind", "words"), REFUSED)
def test_a_hook_that_returns_something_else_is_refused_and_nothing_is_added(hook, kind, words):
    a, b, y = product()
    y.grad_fn.register_hook(hook)
    with pytest.raises(kind, match=words):
        y.sum().backward()
    assert a.grad is b.grad is None


# ---------------------------------------------------------------- hooks on what is saved


def test_what_an_op_saves_is_packed_once_and_unpacked_once():
    a, b, _ = product()
    packed, unpacked = [], []

    def pack(x):
        assert not x.requires_grad
        packed.append(x.tolist())
        return x.numpy().astype("f2")

    def unpack(x):
        assert x.dtype == "f2"
        unpacked.append(x.tolist())
        return tg.from_numpy(x).float()

    with edges.saved_tensors_hooks(pack, unpack):
        y = a * b
    z = (y * 2).sum()
    assert packed == [[[1, 2], [3, 4]], [5, 6]]
    assert unpacked == []
    z.backward()
    assert unpacked == packed
    assert a.grad.tolist() == [[10, 12], [10, 12]]
    assert b.grad.tolist() == [8, 12]
    assert y.node.saved is None
    with pytest.raises(RuntimeError, match="freed"):
        z.backward()


def test_packed_values_have_second_derivatives_and_functions_pack_too():
    for f in (Cube.apply, lambda x: x**3):
        x = tg.tensor(2.0, requires_grad=True)
        seen = []
        with edges.saved_tensors_hooks(lambda x, seen=seen: (seen.append(1), x)[1], lambda x: x):
            y = f(x)
        (first,) = autograd.grad(y, x, create_graph=True)
        (second,) = autograd.grad(first, x)
        assert (first.item(), second.item()) == (12, 12)
        assert seen


def test_the_innermost_hooks_count_and_the_record_is_as_before_outside():
    x, log = tg.tensor(1.0, requires_grad=True), []
    with edges.saved_tensors_hooks(lambda x: log.append("outer"), lambda x: x):
        with edges.saved_tensors_hooks(lambda x: log.append("inner"), lambda x: x):
            x.exp()
            other = threading.Thread(target=x.exp)  # has no hooks of its own
            other.start()
            other.join()
        x.exp()
    x.exp()
    assert log == ["inner", "outer"]
    assert engine.record is engine.new_node
    with pytest.raises(ZeroDivisionError), edges.saved_tensors_hooks(lambda x: 1 / 0, None):
        x.exp()
    assert engine.record is engine.new_node


def test_hooks_that_spoil_what_is_saved_are_refused():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    with edges.saved_tensors_hooks(lambda x: x, lambda x: 5):
        y = (x * x).sum()
    with pytest.raises(TypeError, match="returned a int, not a Tensor"):
        y.backward()
    with edges.saved_tensors_hooks(lambda x: x, lambda x: x[:1]):
        y = (x * x).sum()
    with pytest.raises(RuntimeError, match=r"shape \(1,\).*shape \(2,\)"):
        y.backward()
    with (
        pytest.raises(RuntimeError, match="wrote in place"),
        edges.saved_tensors_hooks(lambda x: x.mul_(2), lambda x: x),
    ):
        x.exp()


def test_hooks_can_be_refused():
    hooks = edges.saved_tensors_hooks(lambda x: x, lambda x: x)
    refusing = edges.disable_saved_tensors_hooks("not here")
    with refusing, pytest.raises(RuntimeError, match="not here"), hooks:
        pass
    with hooks, pytest.raises(RuntimeError, match="not here"), refusing:
        pass
    with hooks:
        pass


def test_saved_tensors_are_on_the_cpu():
    with edges.save_on_cpu(pin_memory=True):
        y = tg.ones(2, requires_grad=True).exp()
    assert isinstance(y.grad_fn, edges.Node)


# ---------------------------------------------------------------- edges


def test_an_edge_stands_for_its_tensor():
    x = tg.tensor([1.0, 2.0], requires_grad=True)
    y = x * x
    middle = edges.get_gradient_edge(y)
    del y
    z = (x * x).exp().sum()
    at_x = edges.get_gradient_edge(x)
    assert at_x == (x.node, 0, None)
    assert middle.node.name == "multiply"
    assert np.allclose(autograd.grad(z, at_x, retain_graph=True)[0].array, [2 * np.e, 4 * np.e**4])
    assert autograd.grad(middle, [x], tg.ones(2), retain_graph=True)[0].tolist() == [2, 4]
    autograd.backward([middle], [tg.ones(2)], inputs=[at_x])
    assert x.grad.tolist() == [2, 4]
    with pytest.raises(RuntimeError, match="does not require grad"):
        edges.get_gradient_edge(tg.ones(2))
