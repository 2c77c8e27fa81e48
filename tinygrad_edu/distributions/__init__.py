"""Probability distributions: draw samples, and differentiate the probability of what was drawn.

>>> import tinygrad_edu as tg
>>> logits = tg.tensor([0.0, 0.0], requires_grad=True)
>>> policy = tg.distributions.Categorical(logits=logits)
>>> (-policy.log_prob(tg.tensor(1))).backward()  # as in REINFORCE: make action 1 more probable
>>> logits.grad
tensor([ 0.5000, -0.5000])

A distribution has a `batch_shape`, one independent distribution for each element of its broadcast
parameters, and an `event_shape`, that of one outcome.  A sample has the shape (*sample_shape,
*batch_shape, *event_shape); its log-probability lacks the last of these.
"""

import sys

from ..absent import refuse
from . import constraint_registry, constraints, kl, transforms
from .bounded import ContinuousBernoulli, Kumaraswamy, LogisticNormal, VonMises
from .constraint_registry import biject_to, transform_to
from .counts import Bernoulli, Binomial, Geometric, NegativeBinomial, Poisson
from .derived import (
    Independent,
    LogNormal,
    MixtureSameFamily,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
    TransformedDistribution,
)
from .distribution import Distribution
from .family import ExponentialFamily
from .kl import kl_divergence, register_kl
from .line import Cauchy, Gumbel, HalfCauchy, HalfNormal, Laplace, Normal, StudentT, Uniform
from .matrices import LKJCholesky, LowRankMultivariateNormal, Wishart
from .places import Categorical, Multinomial, OneHotCategorical, OneHotCategoricalStraightThrough
from .positives import (
    Beta,
    Chi2,
    Dirichlet,
    Exponential,
    FisherSnedecor,
    Gamma,
    InverseGamma,
    Pareto,
    Weibull,
)
from .transforms import (
    AbsTransform,
    AffineTransform,
    CatTransform,
    ComposeTransform,
    CorrCholeskyTransform,
    CumulativeDistributionTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PositiveDefiniteTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftmaxTransform,
    SoftplusTransform,
    StackTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform as identity_transform,
)
from .vectors import MultivariateNormal

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "Bernoulli",
    "Beta",
    "Binomial",
    "CatTransform",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ComposeTransform",
    "ContinuousBernoulli",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "Dirichlet",
    "Distribution",
    "ExpTransform",
    "Exponential",
    "ExponentialFamily",
    "FisherSnedecor",
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "IndependentTransform",
    "InverseGamma",
    "Kumaraswamy",
    "LKJCholesky",
    "Laplace",
    "LogNormal",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "LowerCholeskyTransform",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "StudentT",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "Wishart",
    "biject_to",
    "constraint_registry",
    "constraints",
    "kl",
    "kl_divergence",
    "register_kl",
    "transform_to",
    "transforms",
]

# PyTorch has a file for each distribution: here they are all in this module.
_FILES = "bernoulli beta binomial categorical cauchy chi2 dirichlet exponential fishersnedecor "
_FILES += "gamma geometric gumbel half_cauchy half_normal independent inverse_gamma laplace "
_FILES += "log_normal mixture_same_family multinomial multivariate_normal negative_binomial normal "
_FILES += "one_hot_categorical pareto poisson relaxed_bernoulli relaxed_categorical studentT "
_FILES += "transformed_distribution uniform weibull continuous_bernoulli kumaraswamy lkj_cholesky "
_FILES += "logistic_normal lowrank_multivariate_normal von_mises wishart exp_family"
for _file in _FILES.split():
    globals()[_file] = sys.modules[f"{__name__}.{_file}"] = sys.modules[__name__]


def __dir__() -> list[str]:
    return __all__


def __getattr__(name: str) -> object:
    """Say why a name of PyTorch is left out."""
    refuse("distributions", name, __name__)
