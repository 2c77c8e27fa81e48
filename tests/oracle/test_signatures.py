"""Every function on the page of names is PyTorch's function of that name: called with the arguments
of PyTorch's own schemas, by place and by name, it gives what PyTorch gives.

The calls are made from the schemas, so a name that is added to the page is tested here.  What ours
refuses is listed, with the reason; that a call means something else is never allowed.
"""

import warnings

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

FLOATS = [[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]]  # symmetric and positive
PLACES = [[0, 2, 1], [1, 0, 2], [2, 1, 0]]
# Of these only shapes and dtypes are alike (of eigh the signs of the vectors are nobody's).
RANDOM = "linalg.eigh bernoulli dropout multinomial normal poisson "
RANDOM += "rand_like randint_like randn_like empty_like"

# What is tried for an argument: by its name, else by its type.
NAMED = {"dim": [0, 1], "dims": [[0, 1]], "p": [0.5, 2], "ord": [2], "correction": [1]}
NAMED |= {"rounding_mode": ["floor", "trunc"], "side": ["right"], "UPLO": ["U"], "n": [2], "k": [2]}
NAMED |= {"mode": ["complete"], "shape": [[9]], "size": [[1, 3, 3], [3, 3]], "sizes": [[3, 1]]}
NAMED |= {"repeats": [2], "chunks": [2], "split_size": [2], "split_sizes": [[1, 2]], "q": [0.25]}
NAMED |= {"source": [[0]], "destination": [[1]], "reps": [[2, 1]], "shifts": [[1]], "dim0": [0]}
NAMED |= {"dim1": [1], "axis0": [0], "axis1": [1], "reduce": ["add", "multiply"], "diagonal": [1]}
NAMED |= {"start_dim": [0], "end_dim": [1], "num_samples": [2], "dtype": ["float64"]}
TYPED = {"Scalar": [2, 0.5], "float": [0.25], "bool": [True, False], "int": [1], "number": [2]}

# What ours does not take, and why.
DEPRECATED = "alpha by place, of which PyTorch itself warns that it is deprecated"
REFUSED = dict.fromkeys(["add", "sub", "subtract"], DEPRECATED)
REFUSED["linalg.vecdot"] = "a dimension that the vectors do not have"


def tensors(library, name):
    """What is tried for an argument that is a tensor."""
    if name in ("index", "indices"):
        return [library.tensor(PLACES), library.tensor([0, 2])]
    if name in ("mask", "condition"):
        return [library.tensor(FLOATS) > 0.75]
    if name in ("vec", "vec2", "tensor"):
        return [library.tensor(FLOATS[0])]
    if name in ("atol", "rtol", "rcond", "tol"):
        return [library.tensor(0.25)]
    return [library.tensor(FLOATS), library.tensor(FLOATS[0]), library.tensor(PLACES)]


def tried(library, argument):
    kind = str(argument.type)
    kind = kind.removeprefix("Optional[").removesuffix("]") if "Optional" in kind else kind
    if kind == "Tensor":
        return tensors(library, argument.name)
    if kind.startswith("List[Tensor"):
        return [[library.tensor(FLOATS), library.tensor(FLOATS)]]
    if argument.name in NAMED:
        values = NAMED[argument.name]
        return [getattr(library, x) for x in values] if argument.name == "dtype" else values
    if kind.startswith("List[int"):
        return [[0], [1, 0]]
    return TYPED.get(kind, [])


def calls(library, schema):
    """(arguments, keywords): the least that the schema asks for, with each further argument by
    place, and by name."""
    needed = [a for a in schema.arguments if not a.has_default_value() and not a.kwarg_only]
    loose = [a for a in schema.arguments if a.has_default_value() and not a.kwarg_only]
    named = [a for a in schema.arguments if a.kwarg_only]
    options = [tried(library, a) for a in needed]
    asked = [a for a in named if not a.has_default_value()]
    if not all(tried(library, a) for a in asked):  # a generator, a string
        return
    for choice in range(max(map(len, options), default=0)):
        if not all(options):
            return
        given = [values[choice % len(values)] for values in options]
        must = {a.name: tried(library, a)[0] for a in asked}
        yield given, must
        before = list(given)
        for argument in loose:
            for value in tried(library, argument):
                yield [*before, value], must
                yield given, must | {argument.name: value}
            before.append(argument.default_value)
        for argument in named:
            for value in tried(library, argument) if argument.has_default_value() else ():
                yield given, must | {argument.name: value}


def schemas(name):
    of = "linalg_" + name[7:] if name.startswith("linalg.") else name
    for schema in torch._C._jit_get_schemas_for_operator(f"aten::{of}"):
        kinds = [str(a.type) for a in schema.arguments]
        results = [str(a.type) for a in schema.returns]
        if any(a.is_out for a in schema.arguments) or "Dimname" in str(schema) or not kinds:
            continue
        if kinds[0] in ("Tensor", "List[Tensor]") and results and "Tensor" in results[0]:
            yield schema


def function(library, name):
    home = library.linalg if name.startswith("linalg.") else library
    return getattr(home, name.removeprefix("linalg."))


def outcome(call, args, kwargs):
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call(*args, **kwargs)
    except Exception as error:
        return error


def same(mine, right, numbers=True):
    if isinstance(right, tuple | list):
        pairs = zip(mine, right, strict=False)
        return len(mine) == len(right) and all(same(*pair, numbers) for pair in pairs)
    if not isinstance(right, torch.Tensor):
        return mine == right
    mine, right = np.asarray(getattr(mine, "array", mine)), right.detach().numpy()
    close = not numbers or np.allclose(mine, right, rtol=1e-4, atol=1e-5, equal_nan=True)
    return mine.shape == right.shape and mine.dtype == right.dtype and close


NAMES = sorted(
    [name for name in tg.__all__ if callable(getattr(tg, name)) and hasattr(torch, name)]
    + [f"linalg.{name}" for name in tg.linalg.__all__ if hasattr(torch.linalg, name)]
)


# By place, PyTorch's own wrapper of it mixes up the inverse and the counts.
OWN_ORDER = ("unique_consecutive",)


@pytest.mark.parametrize("name", [n for n in NAMES if any(schemas(n)) and n not in OWN_ORDER])
def test_it_is_pytorchs_function(name):
    theirs, ours = function(torch, name), function(tg, name)
    for schema in schemas(name):
        for (args, kwargs), (mine_args, mine_kwargs) in zip(
            calls(torch, schema), calls(tg, schema), strict=True
        ):
            right = outcome(theirs, args, kwargs)
            if isinstance(right, Exception):
                continue
            mine = outcome(ours, mine_args, mine_kwargs)
            shown = f"{schema}\n{mine_args} {mine_kwargs}\nPyTorch {right!r}\nours {mine!r}"
            if isinstance(mine, Exception):
                assert name in REFUSED, shown
            else:
                assert same(mine, right, name not in RANDOM.split()), shown
