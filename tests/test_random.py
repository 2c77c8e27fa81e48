"""Random tensors: the same seed gives the same numbers, and they follow their laws."""

import copy
import math
import pickle
import threading

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tinygrad_edu as tg
from tinygrad_edu import random, rng
from tinygrad_edu.functions import sampling
from tinygrad_edu.rng import Generator

FLOATS = ["float16", "float32", "float64"]
N = 20000


class _Ours:
    """Our functions under PyTorch's names, wherever they live."""

    def __getattr__(self, name):
        for home in (random, sampling, rng, tg):
            if hasattr(home, name):
                return getattr(home, name)
        raise AttributeError(name)


ours = _Ours()


def fill(lib, name, x, *args, **kwargs):
    """x.uniform_(...) in both libraries: a function of the tensor, until it is a method."""
    if lib is ours:
        return getattr(sampling, name)(x, *args, **kwargs)
    return getattr(x, name)(*args, **kwargs)


# ---------------------------------------------------------------- shapes and dtypes


MISUSE = [
    (lambda lib: lib.rand(2, dtype=lib.int64), "int64 has no room"),
    (lambda lib: lib.randn(2, dtype=lib.int64), "int64 has no room"),
    (lambda lib: lib.rand_like(lib.ones(2, dtype=lib.int64)), "int64 has no room"),
    (lambda lib: lib.rand(2.5), "whole number, not 2.5"),
    (lambda lib: lib.randn(-1), "size -1"),
    (lambda lib: lib.randint(5, 5, (2,)), "from 5 to below 5"),
    (lambda lib: lib.randint(0, 5, 3), "size is a tuple"),
    (lambda lib: lib.randint(0, 2.5, (2,)), "float"),
    (lambda lib: lib.randperm(-1), "size -1"),
    (lambda lib: lib.normal(0.0, -1.0, (2,)), "deviation is at least 0, but there is -1"),
    (lambda lib: lib.normal(lib.zeros(2), -lib.ones(2)), "deviation is at least 0"),
    (lambda lib: lib.normal(0.0, 1.0), "size is a tuple"),
    (lambda lib: lib.normal(lib.zeros(2, dtype=lib.int64), 1.0), "int64 has no room"),
    (lambda lib: lib.bernoulli(lib.tensor([0.5, 2.0])), "between 0 and 1, but there is 2"),
    (lambda lib: lib.bernoulli(lib.tensor([1])), "bernoulli: int64 has no room"),
    (lambda lib: lib.poisson(lib.tensor([-1.0])), "rate is at least 0"),
    (lambda lib: lib.poisson(lib.tensor([1])), "poisson: int64 has no room"),
    (lambda lib: lib.multinomial(lib.ones(2, 2, 2), 1), r"shape \(2, 2, 2\).*a row or a matrix"),
    (lambda lib: lib.multinomial(lib.tensor(1.0), 1), r"shape \(\).*a row or a matrix"),
    (lambda lib: lib.multinomial(lib.ones(2, dtype=lib.int64), 1), "int64 has no room"),
    (lambda lib: lib.multinomial(lib.ones(2), 0), "at least 1 place"),
    (lambda lib: lib.multinomial(lib.ones(2), 3), "3 places cannot be drawn.*only 2"),
    (lambda lib: lib.multinomial(lib.tensor([1.0, -1.0]), 1), "at least 0, but there is -1"),
    (lambda lib: lib.multinomial(lib.tensor([1.0, -1.0]), 1, True), "there is -1"),
    (lambda lib: lib.multinomial(lib.tensor([1.0, math.nan]), 1), "there is nan"),
    (lambda lib: lib.multinomial(lib.tensor([1.0, math.inf]), 1), "there is inf"),
    (lambda lib: lib.multinomial(lib.tensor([0.0, 0.0]), 1), "only 0 in a row are above 0"),
    (lambda lib: lib.multinomial(lib.tensor([[1.0, 1], [0, 0]]), 2, True), "only 0 in a row"),
    (lambda lib: fill(lib, "uniform_", lib.zeros(2), 1.0, 0.0), "starts at 1.0"),
    (lambda lib: fill(lib, "uniform_", lib.zeros(2, dtype=lib.int64)), "int64 has no room"),
    (lambda lib: fill(lib, "normal_", lib.zeros(2), 0.0, -1.0), "deviation"),
    (lambda lib: fill(lib, "normal_", lib.zeros(2, dtype=lib.int64)), "int64 has no room"),
    (lambda lib: fill(lib, "exponential_", lib.zeros(2), 0.0), "rate is above 0"),
    (lambda lib: fill(lib, "bernoulli_", lib.zeros(2), 2.0), "between 0 and 1"),
    (lambda lib: fill(lib, "random_", lib.zeros(2), 5, 5), "from 5 to below 5"),
    (lambda lib: fill(lib, "uniform_", lib.zeros(2, requires_grad=True)), "leaf"),
    (lambda lib: fill(lib, "bernoulli_", lib.zeros(2, requires_grad=True)), "leaf"),
]


@pytest.mark.parametrize(("attempt", "words"), MISUSE)
def test_misuse_is_refused_and_says_more(attempt, words):
    with pytest.raises((ValueError, TypeError, RuntimeError), match=words):
        attempt(ours)


def test_more_places_than_have_a_weight_are_refused():
    """PyTorch's own answer here holds places of weight 0."""
    with pytest.raises(RuntimeError, match=r"2 places cannot be drawn.*only 1"):
        sampling.multinomial(tg.tensor([1.0, 0.0]), 2)


def test_numbers_that_do_not_fit_the_dtype_are_refused():
    with pytest.raises(ValueError, match="out of bounds for uint8"):
        random.randint(0, 300, (2,), dtype=tg.uint8)


# ---------------------------------------------------------------- seeds and generators


DRAWS = [
    lambda g: random.rand(5, generator=g),
    lambda g: random.randn(5, generator=g),
    lambda g: random.randint(100, (5,), generator=g),
    lambda g: random.randperm(10, generator=g),
    lambda g: random.normal(0.0, 1.0, (5,), generator=g),
    lambda g: sampling.rand_like(tg.ones(5), generator=g),
    lambda g: sampling.randn_like(tg.ones(5), generator=g),
    lambda g: sampling.bernoulli(tg.ones(20) / 2, generator=g),
    lambda g: sampling.poisson(tg.ones(20), g),
    lambda g: sampling.multinomial(tg.ones(9), 5, generator=g),
    lambda g: sampling.multinomial(tg.ones(9), 5, True, generator=g),
    lambda g: sampling.uniform_(tg.ones(5), generator=g),
    lambda g: sampling.normal_(tg.ones(5), generator=g),
    lambda g: sampling.exponential_(tg.ones(5), generator=g),
    lambda g: sampling.bernoulli_(tg.ones(20), generator=g),
    lambda g: sampling.random_(tg.ones(5), generator=g),
]


@pytest.mark.parametrize("draw", DRAWS)
def test_the_same_seed_gives_the_same_numbers(draw):
    for given_one in (True, False):
        drawn = []
        for seed in (3, 3, 4):
            rng.manual_seed(seed)
            drawn.append(draw(Generator().manual_seed(seed) if given_one else None).tolist())
        assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("draw", DRAWS)
def test_a_generator_of_its_own_leaves_the_default_one_alone(draw):
    rng.manual_seed(0)
    wanted = random.rand(3).tolist()
    rng.manual_seed(0)
    draw(Generator())
    assert random.rand(3).tolist() == wanted


def test_a_state_is_gone_back_to():
    rng.manual_seed(5)
    random.rand(3)
    state = rng.get_rng_state()
    drawn = [draw(None).tolist() for draw in DRAWS]
    rng.seed()
    rng.set_rng_state(pickle.loads(pickle.dumps(state)))
    assert [draw(None).tolist() for draw in DRAWS] == drawn
    assert rng.initial_seed() == 5
    g = Generator().manual_seed(1)
    state = g.get_state()
    first = random.rand(3, generator=g).tolist()
    assert random.rand(3, generator=Generator().set_state(state)).tolist() == first
    assert (
        random.rand(3, generator=copy.deepcopy(g)).tolist() == random.rand(3, generator=g).tolist()
    )


def test_a_seed_names_its_stream():
    seed = rng.seed()
    assert seed == rng.initial_seed()
    assert seed != rng.seed()
    first = random.rand(3).tolist()
    rng.manual_seed(rng.initial_seed())
    assert random.rand(3).tolist() == first
    g = Generator(device="cpu").manual_seed(-1)
    assert (g.initial_seed(), g.device) == (-1, "cpu")
    with pytest.raises(RuntimeError, match="cuda"):
        Generator("cuda")


def test_each_thread_has_a_generator_of_its_own():
    rng.manual_seed(0)
    drawn = {}

    def work(name):
        rng.manual_seed(name)
        drawn[name] = [random.rand(2).tolist() for _ in range(20)]

    threads = [threading.Thread(target=work, args=(k,)) for k in (1, 2, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = random.rand(2).tolist()
    rng.manual_seed(0)
    assert random.rand(2).tolist() == after
    for name in drawn:
        rng.manual_seed(name)
        assert drawn[name] == [random.rand(2).tolist() for _ in range(20)]


# ---------------------------------------------------------------- do they follow their laws?


def distance(drawn, cdf):
    """Kolmogorov-Smirnov: sqrt(n) times the largest distance of the cdf of what was drawn from the
    exact one; above 1.95 with probability 0.001."""
    x = np.sort(drawn.astype(float).ravel())
    exact, steps = cdf(x), np.arange(len(x) + 1) / len(x)
    return max((steps[1:] - exact).max(), (exact - steps[:-1]).max()) * math.sqrt(len(x))


def excess(drawn, p):
    """Pearson's chi-square of whole numbers 0 to k - 1 against probabilities, in standard
    deviations from what is expected of it."""
    counts = np.bincount(np.asarray(drawn).ravel().astype(int), minlength=len(p))
    p = np.asarray(p, float)
    assert (counts[p == 0] == 0).all()
    expected = counts.sum() * p[p > 0]
    degrees = (p > 0).sum() - 1
    return (((counts[p > 0] - expected) ** 2 / expected).sum() - degrees) / math.sqrt(2 * degrees)


def normal_cdf(mean, std):
    return np.vectorize(lambda x: 0.5 * math.erfc((mean - x) / std / math.sqrt(2)))


LAWS = [
    (lambda: random.rand(N), lambda x: x),
    (lambda: random.randn(N), normal_cdf(0, 1)),
    (lambda: random.normal(2.0, 3.0, (N,)), normal_cdf(2, 3)),
    (lambda: random.normal(tg.full((N,), 2.0), tg.tensor(3.0)), normal_cdf(2, 3)),
    (lambda: sampling.rand_like(tg.ones(N, dtype="float64")), lambda x: x),
    (lambda: sampling.randn_like(tg.ones(N)), normal_cdf(0, 1)),
    (lambda: sampling.uniform_(tg.ones(N), -1.0, 3.0), lambda x: (x + 1) / 4),
    (lambda: sampling.normal_(tg.ones(N), 2.0, 3.0), normal_cdf(2, 3)),
    (lambda: sampling.exponential_(tg.ones(N), 2.0), lambda x: 1 - np.exp(-2 * x)),
]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("draw", "cdf"), LAWS)
def test_fractions_follow_the_exact_cdf(draw, cdf, seed):
    rng.manual_seed(seed)
    assert distance(draw().array, cdf) < 1.95


WEIGHTS = [0.1, 0.0, 0.25, 0.05, 0.6]
POISSON = [math.exp(-2.0) * 2.0**k / math.factorial(k) for k in range(30)]
COUNTED = [
    (lambda: random.randint(7, (N,)), [1 / 7] * 7),
    (lambda: random.randint(3, 7, (N,), dtype=tg.uint8), [0, 0, 0, *[1 / 4] * 4]),
    (lambda: random.randint(2, (N,), dtype="bool"), [1 / 2] * 2),
    (lambda: random.randint(3, (N,), dtype="float32"), [1 / 3] * 3),
    (lambda: sampling.randint_like(tg.ones(N), 1, 4), [0, *[1 / 3] * 3]),
    (lambda: sampling.random_(tg.ones(N), 6), [1 / 6] * 6),
    (lambda: sampling.bernoulli(tg.full((N,), 0.3)), [0.7, 0.3]),
    (lambda: sampling.bernoulli(tg.ones(N), 0.9), [0.1, 0.9]),
    (lambda: sampling.bernoulli_(tg.ones(N), tg.full((N,), 0.2)), [0.8, 0.2]),
    (lambda: sampling.multinomial(tg.tensor(WEIGHTS), N, replacement=True), WEIGHTS),
    (lambda: sampling.multinomial(tg.tensor(WEIGHTS).expand(N, 5), 1), WEIGHTS),
    (lambda: sampling.multinomial(10 * tg.tensor(WEIGHTS).expand(N, 5), 1, True), WEIGHTS),
]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(("draw", "p"), COUNTED)
def test_whole_numbers_have_the_right_frequencies(draw, p, seed):
    rng.manual_seed(seed)
    assert abs(excess(draw().array, p)) < 4


@pytest.mark.parametrize("replacement", [False, True])
def test_each_row_is_drawn_with_its_own_weights(replacement):
    weights = np.zeros((3, 8))
    weights[0, :4], weights[1, 4:], weights[2, 2:6] = 1e-3, 1e3, [1, 2, 3, 4]
    drawn = sampling.multinomial(tg.tensor(weights), 4, replacement).array
    assert (np.take_along_axis(weights, drawn, 1) > 0).all()
    many = sampling.multinomial(tg.tensor(weights), N, True).array
    for row, w in zip(many, weights, strict=True):
        assert abs(excess(row, w / w.sum())) < 4


@pytest.mark.parametrize("u", [0.0, 0.25, np.nextafter(1, 0)])
def test_a_uniform_number_on_a_border_draws_what_has_a_weight(u):
    class OnTheBorder:
        def random(self, shape):
            return np.full(shape, u)

    generator = Generator()
    generator.numpy = OnTheBorder()
    weights = tg.tensor([0.0, 0.25, 0.0, 0.75, 0.0])
    drawn = sampling.multinomial(weights, 2, True, generator=generator)
    assert drawn.tolist() == ([1, 1] if u == 0 else [3, 3])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_poisson_has_the_right_frequencies(seed):
    rng.manual_seed(seed)
    drawn = np.minimum(sampling.poisson(tg.full((N,), 2.0)).array, 9)
    assert abs(excess(drawn, [*POISSON[:9], sum(POISSON[9:])])) < 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_replacement_pairs_have_the_right_frequencies(seed):
    """P(i, then j) = w_i w_j / (1 - w_i)."""
    rng.manual_seed(seed)
    w = np.array([0.5, 0.3, 0.2])
    pairs = sampling.multinomial(tg.tensor(w).expand(N, 3), 2).array
    p = [w[i] * w[j] / (1 - w[i]) * (i != j) for i in range(3) for j in range(3)]
    assert abs(excess(pairs[:, 0] * 3 + pairs[:, 1], p)) < 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_permutations_are_equally_probable(seed):
    rng.manual_seed(seed)
    orders = np.array([random.randperm(3).array for _ in range(3000)])
    names = {order: k for k, order in enumerate(sorted(set(map(tuple, orders))))}
    assert len(names) == 6
    assert abs(excess([names[tuple(order)] for order in orders], [1 / 6] * 6)) < 4


@given(
    weights=st.lists(st.sampled_from([0.0, 1e-30, 0.5, 1.0, 1e30]), min_size=1, max_size=6),
    rows=st.integers(1, 3),
    replacement=st.booleans(),
    data=st.data(),
)
def test_only_what_has_a_weight_is_drawn_and_once_without_replacement(
    weights, rows, replacement, data
):
    possible = sum(w > 0 for w in weights)
    if possible == 0:
        return
    count = data.draw(st.integers(1, 8 if replacement else possible))
    drawn = sampling.multinomial(tg.tensor([weights] * rows), count, replacement).array
    assert drawn.shape == (rows, count)
    assert all(weights[k] > 0 for k in drawn.ravel())
    if not replacement:
        assert all(len(set(row)) == count for row in drawn.tolist())


@pytest.mark.parametrize("kind", FLOATS)
def test_uniform_numbers_stay_below_one(kind):
    drawn = random.rand(200_000, dtype=getattr(tg, kind)).array
    assert drawn.dtype == kind
    assert 0 <= drawn.min() < 0.001
    assert 0.999 < drawn.max() < 1


# ---------------------------------------------------------------- written in place


FILLERS = ["uniform_", "normal_", "exponential_", "bernoulli_", "random_"]


@pytest.mark.parametrize("name", FILLERS)
def test_the_buffer_is_written_and_the_tensor_returned(name):
    x = tg.full((4, 5), 7.25)
    view, array = x[1], x.array
    assert getattr(sampling, name)(x) is x
    assert x.array is array
    assert (view.array != 7.25).all()
    row = tg.full((2, 3), 7.25)
    getattr(sampling, name)(row[0])
    assert (row.array[0] != 7.25).all()
    assert (row.array[1] == 7.25).all()


@pytest.mark.parametrize("name", FILLERS)
def test_a_leaf_is_written_only_outside_the_record(name):
    x = tg.full((3,), 7.25, requires_grad=True)
    with pytest.raises(RuntimeError, match="leaf that requires grad"):
        getattr(sampling, name)(x)
    assert (x.array == 7.25).all()
    with tg.no_grad():
        getattr(sampling, name)(x)
    assert (x.array != 7.25).all()
    assert x.requires_grad
    assert x.is_leaf


@pytest.mark.parametrize("name", FILLERS)
def test_a_write_after_it_was_saved_is_noticed(name):
    x, w = tg.ones(3), tg.ones(3, requires_grad=True)
    loss = (w * x).sum()
    getattr(sampling, name)(x)
    with pytest.raises(RuntimeError, match=r"in-place write at .*changed it since"):
        loss.backward()


@pytest.mark.parametrize("name", FILLERS)
def test_no_gradient_passes_what_was_written_over(name):
    x = tg.ones(3, requires_grad=True)
    y = x * 2
    getattr(sampling, name)(y)
    (y.sum() + x.sum()).backward()
    assert x.grad.tolist() == [1.0, 1.0, 1.0]
