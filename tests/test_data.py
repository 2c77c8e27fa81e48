"""Datasets and loaders; and the MNIST reader, on files that are damaged in every way."""

import functools
import gzip
import hashlib
import http.server
import math
import socketserver
import struct
import threading
from collections import Counter, namedtuple
from importlib.resources import files

import numpy as np
import pytest
from hypothesis import given, strategies as st

import tinygrad_edu as tg
from nn.data import MNIST, DataLoader, Dataset, Digits, TensorDataset, default_collate, mnist

# ---------------------------------------------------------------- TensorDataset and DataLoader


def numbered(count):
    """Example i is ((i, -i), i)."""
    k = tg.arange(count)
    return TensorDataset(tg.stack([k, -k], 1).float(), k)


class OneByOne(Dataset):
    """The same examples, without a way to take a whole batch."""

    def __init__(self, dataset):
        self.dataset = dataset

    def __getitem__(self, index):
        return self.dataset[index]

    def __len__(self):
        return len(self.dataset)


def labels_of(loader):
    return [batch[1].tolist() for batch in loader]


def flat(lists):
    return [x for each in lists for x in each]


@given(count=st.integers(1, 20), batch_size=st.integers(1, 25), drop_last=st.booleans())
def test_batches_are_the_examples_in_order(count, batch_size, drop_last):
    loader = DataLoader(numbered(count), batch_size, drop_last=drop_last)
    batches = list(loader)
    assert len(batches) == len(loader)
    assert len(loader) == (math.floor if drop_last else math.ceil)(count / batch_size)
    labels = flat(labels_of(loader))
    assert labels == list(range(len(loader) * batch_size if drop_last else count))
    for x, y in batches:
        assert x.tolist() == [[k, -k] for k in y.tolist()]
        assert (x.dtype, y.dtype) == (tg.float32, tg.int64)


@given(count=st.integers(1, 20), batch_size=st.integers(1, 8), seed=st.integers(0, 99))
def test_whole_batches_equal_examples_collated_one_by_one(count, batch_size, seed):
    whole, single = (
        DataLoader(dataset, batch_size, shuffle=True, generator=tg.Generator().manual_seed(seed))
        for dataset in (numbered(count), OneByOne(numbered(count)))
    )
    for ours, theirs in zip(whole, single, strict=True):
        assert type(ours) is type(theirs)
        for a, b in zip(ours, theirs, strict=True):
            assert a.dtype == b.dtype
            assert tg.equal(a, b)


def test_a_batch_of_tensors_that_require_grad_leads_back_to_them():
    table = tg.randn(6, 2, requires_grad=True)
    for dataset in (TensorDataset(table), OneByOne(TensorDataset(table))):
        table.grad = None
        for (rows,) in DataLoader(dataset, batch_size=4):
            rows.sum().backward()
        assert table.grad is not None, type(dataset)
        assert table.grad.tolist() == [[1.0, 1.0]] * 6


@given(count=st.integers(1, 30), batch_size=st.integers(1, 8))
def test_a_shuffled_epoch_holds_every_example_once(count, batch_size):
    labels = flat(labels_of(DataLoader(numbered(count), batch_size, shuffle=True)))
    assert sorted(labels) == list(range(count))


def test_each_epoch_has_an_order_of_its_own_and_manual_seed_repeats_them():
    loader = DataLoader(numbered(50), 8, shuffle=True)
    tg.manual_seed(4)
    first, second = labels_of(loader), labels_of(loader)
    tg.manual_seed(4)
    assert [labels_of(loader), labels_of(loader)] == [first, second]
    assert first != second
    assert flat(first) != list(range(50))


def test_a_generator_fixes_the_order_and_leaves_the_default_one_alone():
    loaders = [
        DataLoader(numbered(50), 8, shuffle=True, generator=tg.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    tg.manual_seed(0)
    expected = tg.rand(3)
    tg.manual_seed(0)
    first, same, other = map(labels_of, loaders)
    assert tg.equal(tg.rand(3), expected)
    assert first == same
    assert first != other


def test_loading_in_order_draws_no_random_numbers():
    tg.manual_seed(0)
    expected = tg.rand(3)
    tg.manual_seed(0)
    labels_of(DataLoader(numbered(5), 2))
    assert tg.equal(tg.rand(3), expected)


def test_two_iterators_of_one_loader_do_not_disturb_each_other():
    loader = DataLoader(numbered(4), 2)
    pairs = [(a[1].tolist(), b[1].tolist()) for a in loader for b in loader]
    assert len(pairs) == 4
    assert pairs[1] == ([0, 1], [2, 3])


def test_a_batch_is_a_copy():
    dataset = numbered(4)
    (x, _), *_ = DataLoader(dataset, 2)
    x.zero_()
    assert dataset[1][0].tolist() == [1.0, -1.0]


def test_a_subclass_that_changes_examples_is_heard_in_batches():
    class Negated(TensorDataset):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return -x, y

    dataset = Negated(tg.arange(4), tg.arange(4))
    (x, y), *_ = DataLoader(dataset, batch_size=4)
    assert dataset[3][0].item() == -3
    assert x.tolist() == [0, -1, -2, -3]
    assert y.tolist() == [0, 1, 2, 3]


def test_an_attribute_that_happens_to_be_called_batch_is_no_way_to_take_one():
    dataset = OneByOne(numbered(4))
    dataset.batch = 2
    assert labels_of(DataLoader(dataset, 4)) == [[0, 1, 2, 3]]


def test_a_collate_function_gets_the_list_of_examples():
    loader = DataLoader(numbered(5), 2, collate_fn=lambda examples: [int(y) for _, y in examples])
    assert list(loader) == [[0, 1], [2, 3], [4]]


def test_a_list_is_a_dataset():
    assert [b.tolist() for b in DataLoader([1.5, 2.5, 3.5], 2)] == [[1.5, 2.5], [3.5]]
    assert list(DataLoader(["a", "b", "c"], 2)) == [["a", "b"], ["c"]]
    assert list(DataLoader([], 2)) == []


@pytest.mark.parametrize("size", [0, -1, 2.0, "2", True])
def test_a_batch_size_is_a_whole_number_from_1(size):
    with pytest.raises(ValueError, match=f"batch_size is a whole number from 1, not {size!r}"):
        DataLoader(numbered(4), size)


def test_tensors_of_a_dataset_have_one_length():
    with pytest.raises(ValueError, match=r"\[3, 2\]"):
        TensorDataset(tg.ones(3), tg.ones(2, 2))
    with pytest.raises(ValueError, match=r"\[\]"):
        TensorDataset()


def test_arrays_are_refused_where_the_dataset_is_made():
    with pytest.raises(TypeError, match=r"ndarray"):
        TensorDataset(np.ones(3), tg.ones(3))


def test_a_dataset_is_read_by_index_slice_and_iteration():
    dataset = numbered(3)
    assert len(dataset) == 3
    assert dataset[-1][1].item() == 2
    assert dataset[1:][1].tolist() == [1, 2]
    assert [y.item() for _, y in dataset] == [0, 1, 2]
    with pytest.raises(IndexError):
        dataset[3]


def test_a_dataset_without_its_methods_says_which():
    with pytest.raises(NotImplementedError, match=r"Dataset has no __len__"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match=r"Dataset has no __getitem__"):
        Dataset()[0]


# ---------------------------------------------------------------- default_collate

Point = namedtuple("Point", "x y")


def test_numbers_become_tensors():
    for examples, dtype in [
        ([1, 2], tg.int64),
        ([1.5, 2.0], tg.float64),  # as in PyTorch
        ([True, False], tg.bool),
        ([np.float32(1.5), np.float32(2)], tg.float32),
        ([np.ones(2, "int8"), np.zeros(2, "int8")], tg.int8),
        ([tg.ones(2), tg.zeros(2)], tg.float32),
    ]:
        batch = default_collate(examples)
        assert type(batch) is tg.Tensor
        assert batch.dtype == dtype
        assert batch.tolist() == [np.asarray(x).tolist() for x in examples]


def test_structures_are_kept():
    examples = [{"x": (k, [float(k), "name"])} for k in range(2)]
    batch = default_collate(examples)
    assert list(batch) == ["x"]
    numbers, (floats, words) = batch["x"]
    assert numbers.tolist() == [0, 1]
    assert floats.tolist() == [0.0, 1.0]
    assert words == ["name", "name"]


def test_a_named_tuple_stays_one():
    batch = default_collate([Point(1, 2), Point(3, 4)])
    assert type(batch) is Point
    assert batch.x.tolist() == [1, 3]
    assert batch.y.tolist() == [2, 4]


def test_examples_of_different_form_are_an_error():
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        default_collate([tg.ones(2), tg.ones(3)])
    with pytest.raises(ValueError, match=r"argument|length"):
        default_collate([(1, 2), (3,)])


# ---------------------------------------------------------------- Digits


def test_digits_are_split_into_1437_and_360():
    for train, count in ((True, 1437), (False, 360)):
        digits = Digits(train=train)
        assert len(digits) == count
        assert digits.images.shape == (count, 64)
        assert digits.labels.shape == (count,)
        assert (digits.images.dtype, digits.labels.dtype) == (tg.float32, tg.int64)
        assert (digits.images.array.min(), digits.images.array.max()) == (0, 1)
        assert set(np.unique(digits.images.array * 16)) == set(range(17))


@pytest.mark.parametrize("train", [True, False])
def test_every_digit_makes_up_about_a_tenth(train):
    labels = Digits(train=train).labels.tolist()
    shares = {digit: count / len(labels) for digit, count in Counter(labels).items()}
    assert sorted(shares) == list(range(10))
    assert all(0.07 < share < 0.13 for share in shares.values())


def rows(images, labels):
    return [
        (*np.rint(x * 16).astype(int).tolist(), int(y)) for x, y in zip(images, labels, strict=True)
    ]


def test_digits_are_scikit_learns_each_once_in_one_part():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    train, test = (rows(d.images.array, d.labels.array) for d in (Digits(), Digits(train=False)))
    assert Counter(train + test) == Counter(rows(bunch.data / 16, bunch.target))
    assert not set(train) & set(test)


def test_the_file_of_digits_is_small():
    assert len(files("nn.data").joinpath("digits.npz").read_bytes()) < 100_000


def test_a_net_can_write_on_its_own_digits_only():
    Digits(train=False).images.zero_()
    assert Digits(train=False).images.any()


# ---------------------------------------------------------------- IDX files


def idx(array, magic=b"\0\0\x08"):
    return (
        magic + bytes([array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    )


IMAGES = np.random.default_rng(0).integers(0, 256, (3, 28, 28), np.uint8)
LABELS = np.array([7, 0, 9], np.uint8)
NAMES = {
    "train-images-idx3-ubyte": IMAGES,
    "train-labels-idx1-ubyte": LABELS,
    "t10k-images-idx3-ubyte": IMAGES[:2],
    "t10k-labels-idx1-ubyte": LABELS[:2],
}
NAME = "train-images-idx3-ubyte"


@pytest.fixture
def small_mnist(monkeypatch, tmp_path):
    """MNIST is three digits now, and the user has neither data nor a cache."""
    sums = {name: hashlib.sha256(idx(array)).hexdigest() for name, array in NAMES.items()}
    monkeypatch.setattr(mnist, "SHA256", sums)
    monkeypatch.delenv("TINYGRAD_EDU_DATA", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def fill(folder, names=NAMES):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(NAMES[name])))
    return folder


@given(shape=st.lists(st.integers(0, 4), max_size=4), packed=st.booleans(), seed=st.integers(0, 99))
def test_what_was_written_is_read(tmp_path_factory, shape, packed, seed):
    array = np.asarray(np.random.default_rng(seed).integers(0, 256, shape, np.uint8))
    path = tmp_path_factory.mktemp("idx") / "some.gz"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))
    np.testing.assert_array_equal(mnist.read_idx(path), array, strict=True)
    np.testing.assert_array_equal(mnist.read_idx(str(path)), array)


RIGHT, PACKED = idx(IMAGES), gzip.compress(idx(IMAGES))
DAMAGED = {
    "empty": (b"", "starts with nothing"),
    "text": (b"<html>not found</html>", "starts with 3c 68 74 6d"),
    "floats": (idx(LABELS, magic=b"\0\0\x0d"), "starts with 00 00 0d"),
    "wrong first bytes": (b"\1" + RIGHT[1:], "starts with 01 00 08"),
    "half a magic number": (RIGHT[:3], "not an IDX file"),
    "half a header": (RIGHT[:9], "truncated in its header: 9 bytes"),
    "a header alone": (RIGHT[:16], r"truncated: shape \(3, 28, 28\) needs 2,352 bytes, it has 0"),
    "one byte missing": (RIGHT[:-1], "needs 2,352 bytes, it has 2,351"),
    "one byte too many": (RIGHT + b"\0", "too long: .* needs 2,352 bytes, it has 2,353"),
    "huge": (b"\0\0\x08\3" + struct.pack(">3I", 2**31, 2**31, 4), "truncated"),
    "wider than any memory": (b"\0\0\x08\4" + b"\xff" * 16, "truncated"),
    "a packed half": (gzip.compress(RIGHT[:1000]), "needs 2,352 bytes, it has 984"),
    "half a package": (PACKED[: len(PACKED) // 2], "truncated or damaged"),
    "a package without its end": (PACKED[:-1], "truncated or damaged"),
    "a package with a wrong sum": (PACKED[:-8] + bytes(8), "truncated or damaged"),
    "a package with more behind it": (PACKED + b"more", "truncated or damaged"),
    "a package of text": (gzip.compress(b"<html>"), "not an IDX file"),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_file_is_named(tmp_path, kind):
    content, message = DAMAGED[kind]
    path = tmp_path / "some-images.gz"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"some-images\.gz: .*{message}"):
        mnist.read_idx(path)


@given(place=st.integers(0, len(PACKED) - 1), change=st.integers(1, 255), cut=st.booleans())
def test_any_damage_is_noticed_or_harmless(tmp_path_factory, place, change, cut):
    content = bytearray(PACKED)
    content[place] ^= change
    path = tmp_path_factory.mktemp("idx") / "some.gz"
    path.write_bytes(PACKED[:place] if cut else bytes(content))
    try:
        array = mnist.read_idx(path)
    except ValueError as error:
        assert "some.gz" in str(error)  # noqa: PT017 (harmless damage is no error)
    else:
        np.testing.assert_array_equal(array, IMAGES)


def test_a_file_of_mnists_name_has_mnists_content(tmp_path):
    path = tmp_path / f"{NAME}.gz"
    path.write_bytes(PACKED)
    with pytest.raises(ValueError, match=rf"{NAME}\.gz: its content is not MNIST's \(the SHA-256"):
        mnist.read_idx(path)


# ---------------------------------------------------------------- where MNIST is looked for


def test_mnist_is_images_in_rows_and_labels(small_mnist):
    folder = fill(small_mnist / "here")
    for train, count in ((True, 3), (False, 2)):
        data = MNIST(folder, train=train, download=False)
        assert len(data) == count
        assert (data.images.dtype, data.labels.dtype) == (tg.float32, tg.int64)
        expected = IMAGES[:count].reshape(count, 784) / np.float32(255)
        np.testing.assert_array_equal(data.images.array, expected)
        np.testing.assert_array_equal(data.labels.array, LABELS[:count])
        data.labels.zero_()


def spoil(folder):
    path = folder / f"{NAME}.gz"
    path.write_bytes(b"spoilt")
    return path


def test_the_folder_that_is_given_comes_first_and_is_the_only_one(small_mnist, monkeypatch):
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_mnist / "data"))
    fill(small_mnist / "data" / "mnist")
    fill(mnist.cache_folder())
    with pytest.raises(FileNotFoundError, match="elsewhere") as caught:
        MNIST(small_mnist / "elsewhere", download=False)
    assert str(small_mnist / "data") not in str(caught.value)
    path = spoil(fill(small_mnist / "given"))
    with pytest.raises(ValueError, match=str(path)):
        MNIST(small_mnist / "given")


def test_the_data_folder_comes_before_the_cache(small_mnist, monkeypatch):
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_mnist / "data"))
    path = spoil(fill(small_mnist / "data" / "mnist"))
    fill(mnist.cache_folder())
    with pytest.raises(ValueError, match=str(path)):
        MNIST()
    path.unlink()
    assert len(MNIST(download=False)) == 3, "the cache is not looked into"


def test_without_the_data_folder_the_cache_is_used(small_mnist):
    fill(mnist.cache_folder())
    assert mnist.cache_folder() == small_mnist / "cache" / "tinygrad_edu" / "mnist"
    assert len(MNIST(download=False)) == 3


def test_the_cache_is_in_the_home_folder(monkeypatch, tmp_path):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert mnist.cache_folder() == tmp_path / ".cache" / "tinygrad_edu" / "mnist"


def test_without_a_download_the_folders_that_were_looked_into_are_named(small_mnist, monkeypatch):
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_mnist / "data"))
    with pytest.raises(FileNotFoundError) as caught:
        MNIST(download=False)
    for part in (NAME, small_mnist / "data" / "mnist", mnist.cache_folder(), "download=True"):
        assert str(part) in str(caught.value)
    assert list(small_mnist.iterdir()) == []


def test_mnist_is_available_when_all_four_files_are_there(small_mnist, monkeypatch):
    assert not MNIST.is_available()
    fill(mnist.cache_folder(), list(NAMES)[:3])
    assert not MNIST.is_available()
    monkeypatch.setenv("TINYGRAD_EDU_DATA", str(small_mnist / "data"))
    fill(small_mnist / "data" / "mnist", list(NAMES)[3:])
    assert MNIST.is_available()
    assert not MNIST.is_available(small_mnist / "elsewhere")


# ---------------------------------------------------------------- downloading


class Mirrors:
    """A server on 127.0.0.1 whose answers are given path by path: `answers[path] = reply`."""

    def __init__(self):
        self.answers, self.asked = {}, []
        mirrors = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                mirrors.asked.append(self.path)
                reply = mirrors.answers.get(self.path)
                if reply is None:
                    self.send_error(404)
                elif callable(reply):
                    reply(self)
                else:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(reply)))
                    self.end_headers()
                    self.wfile.write(reply)

            def log_message(self, *_):
                pass

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def url(self, name):
        return f"http://127.0.0.1:{self.server.server_address[1]}/{name}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def mirrors(monkeypatch, small_mnist):
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")
    server = Mirrors()
    yield server
    server.close()


def half_of_it(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(PACKED)))
    handler.end_headers()
    handler.wfile.write(PACKED[: len(PACKED) // 2])


def half_without_a_length(handler):
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(PACKED[: len(PACKED) // 2])


def half_a_chunk(handler):
    handler.protocol_version = "HTTP/1.1"
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"ffff\r\n" + PACKED[:100])
    handler.close_connection = True


def no_http(handler):
    handler.wfile.write(b"what?\r\n\r\n")


def nothing(handler):
    handler.close_connection = True


BROKEN = {
    "not there": None,
    "half of it": half_of_it,
    "half, of unknown length": half_without_a_length,
    "half a chunk": half_a_chunk,
    "another language": no_http,
    "silence": nothing,
    "a page": b"<html>please log in</html>",
    "other digits": gzip.compress(idx(IMAGES[::-1])),
    "a damaged package": PACKED[:-4] + b"oops",
    "nothing at all": b"",
}


@pytest.mark.parametrize("kind", BROKEN)
def test_after_a_broken_mirror_the_next_one_is_asked(mirrors, tmp_path, kind):
    if BROKEN[kind] is not None:
        mirrors.answers[f"/first/{NAME}.gz"] = BROKEN[kind]
    mirrors.answers[f"/second/{NAME}.gz"] = PACKED
    place = tmp_path / "new" / "folder" / f"{NAME}.gz"
    mnist.fetch(NAME, place, [mirrors.url("first"), mirrors.url("second")])
    assert place.read_bytes() == PACKED
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert mirrors.asked == [f"/first/{NAME}.gz", f"/second/{NAME}.gz"]


@pytest.mark.parametrize("kind", BROKEN)
def test_half_a_file_never_stays_in_place(mirrors, tmp_path, kind):
    if BROKEN[kind] is not None:
        mirrors.answers[f"/only/{NAME}.gz"] = BROKEN[kind]
    place = tmp_path / "new" / f"{NAME}.gz"
    with pytest.raises(FileNotFoundError, match=NAME):
        mnist.fetch(NAME, place, [mirrors.url("only")])
    assert list(place.parent.iterdir()) == []


def test_an_interrupted_download_leaves_nothing_behind(mirrors, tmp_path, monkeypatch):
    mirrors.answers[f"/only/{NAME}.gz"] = PACKED

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(mnist, "_show_progress", interrupt)
    with pytest.raises(KeyboardInterrupt):
        mnist.fetch(NAME, tmp_path / "new" / f"{NAME}.gz", [mirrors.url("only")])
    assert list((tmp_path / "new").iterdir()) == []


def test_all_mirrors_broken_is_one_error_that_lists_them(mirrors, tmp_path):
    mirrors.answers[f"/page/{NAME}.gz"] = BROKEN["a page"]
    mirrors.answers[f"/half/{NAME}.gz"] = half_of_it
    urls = [*map(mirrors.url, ("none", "page", "half")), "http://127.0.0.1:1/closed/"]
    with pytest.raises(FileNotFoundError) as caught:
        mnist.fetch(NAME, tmp_path / f"{NAME}.gz", urls)
    message = str(caught.value)
    for url in urls:
        assert f"{url}{NAME}.gz" in message
    for part in ("404", "SHA-256", f"of {len(PACKED):,} bytes", "refused", str(tmp_path), "Digits"):
        assert part in message


def test_what_is_missing_is_downloaded_once_into_the_cache(mirrors, monkeypatch):
    for name, array in NAMES.items():
        mirrors.answers[f"/good/{name}.gz"] = gzip.compress(idx(array))
    fetch = functools.partial(mnist.fetch, mirrors=[mirrors.url("good")])
    monkeypatch.setattr(mnist, "fetch", fetch)
    assert (len(MNIST()), len(MNIST(train=False))) == (3, 2)
    assert MNIST.is_available()
    assert sorted(mirrors.asked) == sorted(f"/good/{name}.gz" for name in NAMES)
    assert len(MNIST()) == 3
    assert len(mirrors.asked) == 4, "it was downloaded again"


def test_a_download_goes_into_the_folder_that_is_given(mirrors, monkeypatch, tmp_path):
    for name, array in NAMES.items():
        mirrors.answers[f"/good/{name}.gz"] = gzip.compress(idx(array))
    fetch = functools.partial(mnist.fetch, mirrors=[mirrors.url("good")])
    monkeypatch.setattr(mnist, "fetch", fetch)
    MNIST(tmp_path / "mine")
    assert len(list((tmp_path / "mine").iterdir())) == 2
    assert not mnist.cache_folder().exists()


def test_a_file_that_is_in_place_stays_until_the_new_one_is_right(mirrors, tmp_path):
    place = tmp_path / f"{NAME}.gz"
    place.write_bytes(b"the old one")
    with pytest.raises(FileNotFoundError):
        mnist.fetch(NAME, place, [mirrors.url("none")])
    assert place.read_bytes() == b"the old one"


def test_the_mirrors_and_sums_name_all_four_files():
    assert sorted(mnist.SHA256) == sorted(NAMES)
    assert all(len(bytes.fromhex(digest)) == 32 for digest in mnist.SHA256.values())
    assert all(url.startswith("https://") and url.endswith("/") for url in mnist.MIRRORS)
