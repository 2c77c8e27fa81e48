"""Lists and dictionaries of modules and parameters: what is in them is in the tree."""

import copy

import pytest

import nn
import tinygrad_edu as tg
from nn.container import ModuleDict, ModuleList, ParameterDict, ParameterList


def names(module):
    return [name for name, _ in module.named_parameters()]


def test_what_is_in_a_list_is_in_the_tree():
    layers = ModuleList([nn.Linear(2, 3), nn.Linear(3, 1, bias=False)])
    assert names(layers) == ["0.weight", "0.bias", "1.weight"]
    assert [type(m).__name__ for m in layers] == ["Linear", "Linear"]
    assert layers[-1] is layers[1]
    assert len(layers[:1]) == 1
    assert isinstance(layers[:1], ModuleList)


def test_a_list_changes_as_pythons_do():
    plain, layers = [], ModuleList()
    steps = [nn.Linear(k, 1) for k in range(1, 9)]
    for one in (plain, layers):
        one.append(steps[0])
        one.extend(steps[1:4])
        one.insert(0, steps[4])
        one.insert(-1, steps[5])
        one[2] = steps[6]
        assert one.pop() is steps[3]
        assert one.pop(0) is steps[4]
        del one[0]
        one += [steps[7], steps[0]]
        del one[1:3]
    assert [*layers] == plain
    assert [name for name, _ in layers.named_children()] == [*map(str, range(len(plain)))]


def test_a_list_is_extended_by_itself():
    layers = ModuleList([nn.Tanh(), nn.ReLU()])
    layers.extend(layers)
    assert len(layers) == 4


def test_neighbours_that_print_alike_are_one_line():
    layers = ModuleList([nn.ReLU(), nn.Linear(1, 1), nn.Linear(1, 1)])
    assert repr(layers).splitlines()[1:-1] == [
        "  (0): ReLU()",
        "  (1-2): 2 x Linear(in_features=1, out_features=1, bias=True)",
    ]
    assert repr(ModuleList()) == "ModuleList()"


def test_a_sequence_changes_and_still_runs():
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    net.insert(1, nn.Tanh())
    net.extend([nn.ReLU()])
    assert isinstance(net.pop(), nn.ReLU)
    assert net(tg.ones(4, 2)).shape == (4, 1)
    assert names(net) == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_dictionary_of_modules():
    table = ModuleDict({"a": nn.Linear(1, 2), "b": nn.Tanh()})
    assert names(table) == ["a.weight", "a.bias"]
    assert table["b"] is table.b
    assert "a" in table
    assert "weight" not in table
    assert [*table] == [*table.keys()] == ["a", "b"]
    assert [*table.items()] == [("a", table.a), ("b", table.b)]
    table.update([("c", nn.ReLU())])
    table["a"] = nn.ReLU()  # it keeps its place
    assert [*table] == ["a", "b", "c"]
    assert table.pop("b") is not None
    assert len(table) == 2
    assert [*copy.deepcopy(table)] == ["a", "c"]
    table.clear()
    assert repr(table) == "ModuleDict()"


def test_tensors_become_parameters():
    values = ParameterList([tg.ones(2), nn.Parameter(tg.zeros(3))])
    values.append(tg.ones(1))
    assert names(values) == ["0", "1", "2"]
    table = ParameterDict({"scale": tg.ones(2)})
    table["shift"] = tg.zeros(2)
    assert names(table) == ["scale", "shift"]
    assert table.get("none") is None
    assert all(p.requires_grad for p in [*values, *table.values()])
    assert "(scale): Parameter containing: [float32 of size 2]" in repr(table)


def test_a_parameter_list_trains():
    values = ParameterList(tg.full((2,), float(k)) for k in range(3))
    sum((v.square().sum() for v in values), tg.tensor(0.0)).backward()
    assert [v.grad.tolist() for v in values] == [[0, 0], [2, 2], [4, 4]]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: ModuleList([tg.relu]), TypeError, "ModuleList: step 0 is .*not a Module"),
        (lambda: ModuleList([nn.ReLU()])[1], IndexError, "ModuleList: step 1 of 1"),
        (lambda: ModuleList().pop(), IndexError, "ModuleList: step -1 of 0"),
        (lambda: ModuleDict({"a": 3}), TypeError, "ModuleDict: step a is 3, not a Module"),
        (lambda: ModuleDict({"a": nn.ReLU()})["b"], KeyError, r"no 'b'; there are \['a'\]"),
        (lambda: ModuleDict({"a.b": nn.ReLU()}), KeyError, "'a.b' cannot be used.*without a dot"),
        (lambda: ModuleDict({"": nn.ReLU()}), KeyError, "'' cannot be used"),
        (lambda: ModuleDict({"train": nn.ReLU()}), KeyError, "'train' .*no name of a method"),
        (lambda: ModuleDict({1: nn.ReLU()}), TypeError, "keys are strings, as '1', not 1"),
    ],
)
def test_what_cannot_be_held_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_a_refused_insert_changes_nothing():
    layers = ModuleList([nn.ReLU()])
    with pytest.raises(TypeError, match="not a Module"):
        layers.insert(0, "relu")
    assert len(layers) == 1


def test_a_hook_may_look_at_the_whole_network_while_it_runs():
    net = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
    counts = []
    net[0].register_forward_hook(lambda *_: counts.append(len(list(net.parameters()))))
    net(tg.ones(1, 2))
    assert counts == [2]
