"""testing.assert_close accepts and refuses what PyTorch's does, in the same words."""

import numpy as np
import pytest
import torch

import tinygrad_edu as tg

NAN, INF = float("nan"), float("inf")
CASES = """
ac(t([1.,2.]), t([1.,3.]))
ac(t([1.,2.]), t([1.,2.+1e-6]))
ac(t([1,2]), t([1,3]))
ac(t([1,2,5,7]).reshape(2,2), t([1,3,0,7]).reshape(2,2))
ac(t([True]), t([False]))
ac(1.0, 2.0)
ac(1, 2)
ac(1, 1.0)
ac(1.0, 1.0+1e-9)
ac(t([1.,2.]), t([1.,2.,3.]))
ac(t([1.,2.]), t([1.,2.]).double())
ac(t([1.,2.]), t([1.,2.]).double(), check_dtype=False)
ac(t([1.,2.]), np.array([1.,2.],dtype='f4'))
ac(np.array([1.,2.]), np.array([1.,3.]))
ac(t(1.), 1.0)
ac(t(1.), t(2.))
ac([t(1.),t(2.)], [t(1.),t(3.)])
ac({"a":t(1.)}, {"a":t(2.)})
ac({"a":t(1.)}, {"b":t(2.)})
ac({"a":[t(1.)]}, {"a":[t(2.)]})
ac([t(1.)], [t(1.),t(3.)])
ac([t(1.)], (t(1.),))
ac(t([NAN]), t([NAN]))
ac(t([NAN]), t([NAN]), equal_nan=True)
ac(NAN, NAN)
ac(NAN, NAN, equal_nan=True)
ac(INF, INF)
ac(t([1.,INF]), t([1.,2.]))
ac(t([1.,2.]), t([1.,2.1]), rtol=0.1, atol=0)
ac(t([1.,2.]), t([1.,2.1]), atol=0.01, rtol=0.001)
ac(t([1.,2.]), t([1.,3.]), msg="mine")
ac(t([1.,2.]), t([1.,3.]), msg=lambda m: "X "+m)
ac([t(1.)], [t(2.)], msg="mine")
ac("a", "a")
ac(None, None)
ac(None, 1)
ac(t([1.,2.]).half(), t([1.,2.004]).half())
ac(t([[1.,2.],[3.,4.]]).t(), t([[1.,3.],[2.,4.]]).contiguous(), check_stride=True)
ac(True, False)
ac(t([0.,2.]), t([0.,0.]))
ac(t([]), t([]))
ac({"a":1,"b":t(2.)}, {"b":t(2.),"a":1})
ac(t([1.]), t([1.], requires_grad=True))
ac(t(3), t(4))
ac(5, 7, rtol=0.5, atol=0)
ac([1,[2,3]],[1,[2,4]])
ac(t([1.,2.]), [1.,2.])
ac(np.float32(1.0), np.float32(2.0))
ac(np.float32(1.0), 1.0)
ac(t([1],dtype=u8), t([3],dtype=u8))
ac(t([200,1],dtype=u8), t([3,5],dtype=u8))
ac(t([1.,2.]), t([[1.,2.]]))
ac(t([1.,5.]).double(), t([1.,2.]).double())
"""


def said(lib, case):
    names = {"ac": lib.testing.assert_close, "t": lib.tensor, "u8": lib.uint8}
    try:
        eval(case, names | {"np": np, "NAN": NAN, "INF": INF})
    except (AssertionError, TypeError) as error:
        text = f"{type(error).__name__}: {error}".split("  Make both")[0]
        return text.replace("tinygrad_edu.tensor", "torch").replace("torch.float", "float")
    return "close"


@pytest.mark.parametrize("case", CASES.strip().splitlines())
def test_it_says_what_pytorch_says(case):
    ours, _, _what_to_do = said(tg, case).partition("  Give two tensors")
    assert ours == said(torch, case)
