"""Where this design differs from PyTorch on purpose, or accepts more.  A test fails if an entry is
no longer needed.  In a pattern, * stands for anything, ? for one character."""

_DTYPES = "tensors of two dtypes meet in one, in every op"

# What PyTorch refuses, by the words of its error, and this design answers.
UNSHARED = {
    r"not implemented for|not support bool|other than float and|(B|b)ool.* not supported": (
        "PyTorch has no CPU kernel for that dtype; NumPy has"
    ),
    r"unsigned type": "PyTorch has no CPU kernel for that dtype; NumPy has",
    r"(have|has|all) (the )?same (d|scalar )?type|type .* should be the same": _DTYPES,
    r"expected scalar type|expected dtype .* but got|different dtypes|to be equal to": _DTYPES,
    r"Found dtype .* but expected": _DTYPES,
    r"mixed dtype": _DTYPES,
    r"dtypes? match|did not match|promoting not supported": _DTYPES,
    r"floating point|could not infer output dtype|either float or double|Integ(er|ral) (div|in)": (
        "whole numbers become the default float"
    ),
    r"type Float can't be cast": "whole numbers become the default float",
    r"argument alpha must not be": "whole numbers times a float are floats",
    r"to be Long|int64|dtype Long|Long or|be Long but|a long tensor": (
        "an index may be of any whole dtype"
    ),
    r"step must be greater than zero": "a slice may go backwards, as in NumPy",
    r"must have be the same dtype|does not match input dtype": "several dtypes meet in one",
    r"view size is not compatible": "a view that no strides can express is a copy, as in reshape",
    r"0 elements into shape|optional 0 dim batch|possibly 0 batch": "an empty tensor is a tensor",
    r"Padding size .* is not supported": "any number of trailing sides can be padded",
}

# Expressions, and the reason why gradients are not compared there.
GRADIENTS = {
    "*//*": "PyTorch records it, but has no derivative for it",
    "*floor_divide(*": "PyTorch records it, but has no derivative for it",
    "*nextafter(*": "PyTorch records it, but has no derivative for it",
    "*heaviside(*": "PyTorch records it, but has no derivative for it",
    "torch.histogram*": "PyTorch records it, but has no derivative for it",
    "torch.as_strided_scatter(*": "PyTorch's gradient for what is kept fails its own gradcheck",
    "torch.unique(x)": "PyTorch records it, but has no derivative for it",
    "torch.poisson(x)": "random counts have no record here, a zero gradient there",
    "out.??_(y)": "a comparison has no record here, a zero gradient there",
    "out.logical_*": "a comparison has no record here, a zero gradient there",
    "torch.linalg.matrix_power(?, 0)": "a constant has no record here, a zero gradient there",
    "torch.*dist(*0)": "a constant has no record here, a zero gradient there",
    "*norm(?, 0)": "a constant has no record here, a zero gradient there",
    "torch.norm(x, p=0)": "a constant has no record here, a zero gradient there",
    "torch.linalg.qr(y, mode='r')": "the missing Q has no record here",
    "torch.scatter(x, ?, i, z)*": "what a repeated index overwrote has gradient 0 here",
    "out[*i*] = w": "what a repeated index overwrote has gradient 0 here",
    "out[*j] = *w": "what a repeated index overwrote has gradient 0 here",
}

# Expressions where PyTorch itself is not exact to 1e-10; they are compared to 1e-7.
_TRIGAMMA = "its trigamma is right to 2e-9"
INEXACT = {
    "*digamma*": _TRIGAMMA,
    "*psi(*": _TRIGAMMA,
    "*polygamma(*": _TRIGAMMA,
    "F.hardsigmoid(*": "its 1/6 is a float32",
}

# (expression, variant): what PyTorch's kernels for some processors do, as for AVX-512.  On others
# there is no difference.
OF_PROCESSORS = {
    ("F.gelu(*", "extreme"): "gelu(inf) is inf; some of its float32 kernels say nan",
    ("x.pinverse()[1]", "float32"): "its gradient is off by 1e-4, beside float64; ours by 1e-5",
}

# (expression, variant): the reason.
_LOSSES = "a loss refuses what means nothing: nan in the target, an empty batch, broadcasting"
_PROMOTES = "a loss has the dtype in which the two meet; PyTorch's takes that of one of them"
_MEANS = "PyTorch takes x.mean there, of any number of dimensions; here as for other sizes"
_WHOLE = "parameters that are whole numbers become floats"
_RANGE = "a number that the dtype cannot hold is refused; PyTorch wraps it around"
_FRACTION = "whole numbers times a fraction are floats; PyTorch cuts it off"
_OVERFLOW = "a variance that overflows leaves 0, or the bias; PyTorch says nan"
_POLES = "left of 0 and at infinity, psi_n has its poles and limits; PyTorch's zeta has others"
_BESSEL = "infinite at infinity; PyTorch multiplies 0 by infinity there"
_POWER = "a whole number to a negative power is refused; PyTorch gives 0"
ACCEPTS = {
    ("F.*_loss(x, y*", "extreme"): _LOSSES,
    ("F.*_loss(x, y*", "* with 0-d *"): _LOSSES,
    ("F.*_loss(x, y*", "?: a side fewer"): _LOSSES,
    ("F.*_loss(*", "empty *"): _LOSSES,
    ("F.*_loss(x, 2*", "?: a side fewer"): _LOSSES,
    ("F.*_loss(*, 2 * *", "*9*"): "a label is 1 or -1; others would be learnt from silently",
    ("F.margin_ranking_loss(*", "uint8*"): _RANGE,
    ("F.triplet_margin_loss(x, y*", "0-d"): "a distance is one of vectors, not of numbers",
    ("F.multi_margin_loss(*", "extreme"): "inf - inf is nan; PyTorch leaves it out",
    ("F.multi_margin_loss(*", "0-d"): "one number is no score of classes",
    ("F.kl_div(*", "extreme"): _LOSSES,
    ("F.kl_div(x, y*", "* with 0-d *"): _LOSSES,
    ("F.kl_div(x, y*", "?: a side fewer"): _LOSSES,
    ("F.kl_div(*", "empty *"): _LOSSES,
    ("F.*cross_entropy*(*y*", "extreme"): _LOSSES,
    ("F.*cross_entropy*(*", "empty *"): _LOSSES,
    ("F.cross_entropy(*w.detach()*", "extreme"): "weights that add up to 0 have no mean",
    ("F.cross_entropy(x, i, ignore_index=1)", "one each"): "the mean of no loss is refused",
    ("F.huber_loss(*", "* with *"): _PROMOTES,
    ("F.binary_cross_entropy_with_logits(*", "* with *"): _PROMOTES,
    ("F.adaptive_avg_pool?d(x, 1)", "empty last"): _MEANS,
    ("F.adaptive_avg_pool?d(x, 1)", "leading 1"): _MEANS,
    ("F.adaptive_avg_pool?d(x, 1)", "x: a side more"): _MEANS,
    ("torch.distributions.*", "int*"): _WHOLE,
    ("torch.distributions.*", "uint8*"): _WHOLE,
    ("torch.distributions.*", "bool*"): _WHOLE,
    ("torch.distributions.*", "float* with *"): _WHOLE,
    ("torch.distributions.Categorical(probs=w)*", "float16"): "PyTorch's check of the sum is 1e-6",
    ("torch.distributions.Categorical(w)*", "float16"): "PyTorch's check of the sum is 1e-6",
    ("torch.distributions.Binomial(*", "float16"): "PyTorch rounds to float16 on the way",
    ("torch.distributions.NegativeBinomial(*", "float16"): "PyTorch rounds to float16 on the way",
    ("torch.distributions.MultivariateNormal(*", "empty*"): "vectors of no numbers are vectors",
    ("torch.distributions.MultivariateNormal(*.entropy()", "*"): "loc and the factor must fit",
    ("torch.distributions.Independent(*", "*, -9)*"): "a number of dimensions is at least 0",
    ("torch.distributions.OneHotCategorical(w)*", "float16"): "PyTorch's check of the sum is 1e-6",
    ("torch.distributions.Multinomial(4, probs=w[0])*", "float16"): "its check of the sum is 1e-6",
    ("torch.distributions.Multinomial(4*", "*Multinomial(9*"): "counts must sum to the total",
    ("torch.distributions.Bernoulli(*", "float16"): "PyTorch rounds to float16 on the way",
    ("*addcmul*(*value=0.5)", "int*"): _FRACTION,
    ("*addcmul*(*value=0.5)", "uint8*"): _FRACTION,
    ("torch.s*gn(x)", "bool"): "a bool has no sign, as in NumPy",
    ("*.sign*()", "bool"): "a bool has no sign, as in NumPy",
    ("torch.*div*(x, w)", "uint8 with int32"): "a 0-d int32 takes part in uint8, also in a / b",
    ("*repeat_interleave(?*, *)", "0-d"): "a number has a dimension 0 too",
    ("torch.lerp(x, y, *", "extreme"): "between finite and infinite lies infinity, not nan",
    ("torch.autograd.functional.*", "empty *"): "the Jacobian of no numbers is empty",
    ("*-3 * x)", "uint8"): _RANGE,
    ("*(x * 1000*", "uint8"): _RANGE,
    ("out.masked_fill_(n*, -1)", "uint8"): _RANGE,
    ("torch.prod(x * (x > -2), 1)", "uint8"): _RANGE,
    ("torch.tensor([1, 2], dtype=torch.uint8)", "*-9*"): _RANGE,
    ("torch.ByteTensor(*", "*-9*"): _RANGE,
    ("*matrix_exp(*", "float16"): "PyTorch's coefficients are no float16: it gives nan and inf",
    ("torch.addr(*", "bool"): "numbers do not fit into bools",
    ("torch.linalg.lstsq(*.residuals", "empty first"): "an empty result needs no gradient",
    ("torch.linalg.lstsq(*.residuals", "one each"): "an empty result needs no gradient",
    ("torch.linalg.householder_product(z*", "empty *"): "an empty tensor has an empty gradient",
    ("torch.orgqr(*", "empty *"): "an empty tensor has an empty gradient",
    ("torch.vander(*", "empty *"): "an empty tensor has an empty gradient",
    ("torch.vander(*", "one each"): "x^0 has a gradient, which is 0",
    ("torch.pow(?, ?)", "*int*"): _POWER,
    ("*polygamma(*", "extreme"): _POLES,
    ("*i0(*", "extreme"): _BESSEL,
    ("torch.special.i1(x)", "extreme"): _BESSEL,
    ("x.pow(y)", "*int*"): _POWER,
    ("2 ** x", "int*"): _POWER,
    ("i ** i", "i: -?"): _POWER,
    ("torch.sign(x)", "extreme"): "the sign of nan is nan, as in NumPy; PyTorch says 0",
    ("x.sign()", "extreme"): "the sign of nan is nan, as in NumPy; PyTorch says 0",
    ("torch.sgn(x)", "extreme"): "the sign of nan is nan, as in NumPy; PyTorch says 0",
    ("F.scaled_dot_product_attention(*=m)", "empty *"): "a mask has to fit also where nothing is",
    ("*(x, -0.5)", "extreme"): "NumPy's power of -0 and -inf; PyTorch takes the square root first",
    ("*any(*", "uint8"): "any and all give bools, of uint8 too",
    ("*all(*", "uint8"): "any and all give bools, of uint8 too",
    ("torch.norm(x * 0)", "second"): "the norm's second derivative at 0 is 0 here, nan there",
    (
        "torch.logsumexp(x * 1000, 1)",
        "second",
    ): "p (1 - p) from p to all digits; PyTorch from y, rounded",
    ("x[*", "one each"): "an index out of range is refused also where nothing would be read",
    ("torch.take_along_dim(x, i, *", "one each"): "an index out of range is refused",
    ("torch.take_along_dim(x, i, *", "i: *"): "an index out of range is refused",
    ("torch.take_along_dim(x, i, *0)", "0-d"): "a number has a dimension 0 too",
    ("*index_add(*alpha=0.5)", "int*"): _FRACTION,
    ("*index_add(*alpha=0.5)", "uint8*"): _FRACTION,
    ("*index_add(*alpha=0.5)", "bool"): _FRACTION,
    ("torch.addmm(*beta=0.5*", "int*"): _FRACTION,
    ("torch.addmm(*beta=0.5*", "uint8*"): _FRACTION,
    ("torch.unique(i, dim=0)", "empty last"): "rows without numbers are all equal",
    ("torch.bincount(i, i.double()*", "empty *"): "sums of nothing have the weights' dtype too",
    ("torch.take_along_dim(x, i)", "i: -?"): "a negative index counts from the end",
    ("F.avg_pool*", "int*"): "whole numbers have no room for a mean",
    ("F.local_response_norm(*", "int*"): "whole numbers have no room for a mean",
    ("F.lp_pool2d(*", "int*"): "whole numbers have no room for a mean",
    ("F.lp_pool2d(*", "bool"): "whole numbers have no room for a mean",
    ("F.layer_norm(x, *", "extreme"): _OVERFLOW,
    ("F.group_norm(x, 4)", "extreme"): _OVERFLOW,
    ("F.rms_norm(x, (4,), y[0])", "float32 with float64"): "the dtype in which the two meet",
    ("F.batch_norm(x, None, None, y[0]*", "empty last"): "no channel is no reason to raise",
    ("F.interpolate(*'bilinear')", "uint8"): "whole numbers have no room for a mean",
    ("torch.gradient(*spacing=[*", "?: a longer *"): "there are as many coordinates as places",
    ("torch.gradient(*cumsum(0)], edge_order=2)", "bool"): "0 / 0 in another place",
    ("torch.m??(x.detach(), out=*", "empty *"): "there is no extreme; PyTorch leaves out= alone",
    ("torch.norm(*out=*", "float*"): "out= may be wider than the result, as elsewhere",
    ("torch.gradient(*cumsum*", "float16 *"): "PyTorch rounds to float16 on the way",
    ("*kthvalue(*", "*int*"): "of equal numbers any may be the k-th",
    ("torch.cov(x, ?weights=*", "0-d"): "weights may require grad; PyTorch divides them in place",
    ("torch.cov(x, ?weights=*", "one each"): "weights may require grad",
    ("torch.index_fill(*-1)", "uint8"): _RANGE,
    ("torch.index_put(x, (x > 0.3,)*", "0-d"): "a mask without dimensions chooses all or nothing",
    ("torch.unravel_index(*", "i: *"): "an index out of range is refused",
    ("torch.histogramdd(x[:, :2], 3)", "empty last"): "points without coordinates are refused",
    ("torch.histogramdd(x[:, :2], 3)", "*-9*"): "points without coordinates are refused",
    ("F.avg_pool3d(*", "one each"): "padding counts as input in three dimensions too",
}

# Ops with a derivative that no expression of PyTorch's records: the reason.
_RULES = "it is the gradient of an op that is linear; compared as such, never recorded here"
UNCOMPARED = {
    "cbrt": "NumPy's alone: tests/test_numpy_signatures.py checks it",
    "add_slices": "the derivative of a strided view; tests/test_shape.py checks it",
    "where_largest": _RULES,
    "recurrent": "PyTorch has it as layers only: test_recurrent.py compares those",
}
