"""Files: what is saved comes back as it was; a file is whole or not there; none runs code."""

import errno
import io
import json
import math
import os
import pickle
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

import nn
import tinygrad_edu as tg
from tinygrad_edu.io import replacing

DTYPES = ["float16", "float32", "float64", "int8", "int16", "int32", "int64", "uint8", "bool"]


def plain(x):
    """With tensors as (type, dtype, shape, bytes), and the types of everything else."""
    if isinstance(x, tg.Tensor):
        return "Tensor", str(x.dtype), x.shape, x.array.tobytes()
    if isinstance(x, dict):
        return "dict", [(plain(key), plain(value)) for key, value in x.items()]
    if isinstance(x, list | tuple):
        return type(x).__name__, [plain(part) for part in x]
    return type(x).__name__, repr(x)


def through_a_file(x):
    file = io.BytesIO()
    tg.save(x, file)
    file.seek(0)
    return tg.load(file)


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec="utf-8"))
)
TENSORS = st.builds(
    lambda dtype, shape: tg.randn(shape).mul(9).to(dtype),
    st.sampled_from([getattr(tg, name) for name in DTYPES]),
    st.lists(st.integers(0, 3), max_size=3),
)
OBJECTS = st.recursive(
    SCALARS | TENSORS,
    lambda inside: (
        st.lists(inside, max_size=3)
        | st.lists(inside, max_size=3).map(tuple)
        | st.dictionaries(SCALARS.filter(lambda x: x == x), inside, max_size=3)
    ),
)


@given(OBJECTS)
def test_what_is_saved_comes_back_as_it_was(x):
    assert plain(through_a_file(x)) == plain(x)


@pytest.mark.parametrize(
    "x",
    [
        {"a": {"b": tg.ones(1)}, "a.b": tg.zeros(2)},
        {"a.b": tg.ones(1), "a": {"b": tg.zeros(2)}, "a.b_": tg.zeros(3)},
        {1: tg.ones(1), "1": tg.zeros(2), 1.5: 3, None: 4, False: 5},
        {"__metadata__": tg.ones(2), "": tg.zeros(1), "tensor": tg.ones(3)},
        {"structure": {"tensor": "tensor", "dict": [], "tuple": ()}},
        [math.inf, -math.inf, math.nan, -0.0, 5e-324, 0.1 + 0.2, 2**200, "\ud800", "é\0"],
        (),
        tg.tensor(2.5),
    ],
    ids=str,
)
def test_names_and_numbers_that_could_be_mistaken(x):
    assert plain(through_a_file(x)) == plain(x)


def test_the_same_state_makes_the_same_file():
    contents = set()
    for _ in range(9):
        tg.save({"x": tg.ones(2), "n": {"y": tg.zeros(1), "z": 1}}, file := io.BytesIO())
        contents.add(file.getvalue())
    assert len(contents) == 1


def test_numbers_of_numpy_and_kinds_of_dict_become_plain_ones():
    saved = OrderedDict(a=np.float32(0.5), b=np.int64(3), c=np.bool_(True), d=np.float64(0.1))
    assert plain(through_a_file(saved)) == plain({"a": 0.5, "b": 3, "c": True, "d": 0.1})


def test_views_and_shared_memory_are_saved_as_what_they_show():
    x = tg.arange(24.0).reshape(2, 3, 4)
    saved = {"t": x.permute(2, 0, 1), "row": x[1, ::2, ::-1], "same": x, "again": x}
    saved["spread"] = tg.ones(3, 1).expand(3, 4)
    loaded = through_a_file(saved)
    assert plain(loaded) == plain({name: t.clone() for name, t in saved.items()})
    loaded["same"].zero_()
    assert tg.equal(loaded["again"], x)


def test_a_loaded_tensor_is_a_leaf_that_can_be_written_and_trained():
    loaded = through_a_file(nn.Linear(2, 3).state_dict())["weight"]
    assert not loaded.requires_grad
    loaded += 1
    (loaded.requires_grad_() * 2).sum().backward()
    assert loaded.grad.tolist() == [[2.0, 2.0]] * 3


def test_a_model_with_tied_weights(tmp_path):
    def tied():
        model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 5, bias=False))
        model[1].weight = model[0].weight
        return model

    model, other = tied(), tied()
    tg.save(model.state_dict(), tmp_path / "tied")
    other.load_state_dict(tg.load(tmp_path / "tied"))
    assert other[1].weight is other[0].weight
    assert tg.equal(other[0].weight, model[0].weight)


def test_pytorchs_spelling(tmp_path):
    path = str(tmp_path / "model.safetensors")
    model, other = nn.Linear(2, 3), nn.Linear(2, 3)
    tg.save(model.state_dict(), path)
    for options in (
        {"map_location": "cpu", "weights_only": True},
        {"map_location": tg.device("cpu"), "weights_only": False},
        {"map_location": lambda storage, place: storage},
    ):
        other.load_state_dict(tg.load(path, **options))
    assert tg.equal(other.weight, model.weight)
    with pytest.raises(RuntimeError, match="no device 'cuda'"):
        tg.load(path, map_location="cuda")


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (nn.Linear(1, 1), r"save: this is a Linear; .* Save the state_dict\(\) of a module"),
        ({"a": {"model": nn.Linear(1, 1)}}, r"save: a.model is a Linear"),
        ({"x": [1, np.ones(2)]}, r"save: x.1 is a ndarray; .* an array as a tensor"),
        ({"x": {1, 2}}, "save: x is a set"),
        ({"x": 1j}, "save: x is a complex"),
        ({(1, 2): 3}, r"save: this is a dict with the keys \[\(1, 2\)\]"),
        ({"f": print}, "save: f is a builtin_function_or_method"),
    ],
)
def test_what_cannot_be_saved_is_named_and_the_old_file_stays(tmp_path, x, message):
    tg.save(1, tmp_path / "file")
    with pytest.raises(TypeError, match=message):
        tg.save(x, tmp_path / "file")
    assert tg.load(tmp_path / "file") == 1
    assert os.listdir(tmp_path) == ["file"]


# ---------------------------------------------------------------- all or nothing


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_after_an_error_the_old_file_is_there_and_no_other(tmp_path, monkeypatch, step):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    tg.save({"x": tg.ones(3)}, tmp_path / "file")
    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        tg.save({"x": tg.zeros(3)}, tmp_path / "file")
    monkeypatch.undo()
    assert tg.load(tmp_path / "file")["x"].tolist() == [1, 1, 1]
    assert os.listdir(tmp_path) == ["file"]


def test_the_file_and_then_its_folder_are_on_the_disk(tmp_path, monkeypatch):
    done, fsync, replace = [], os.fsync, os.replace

    def synced(place):
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{place}") else "file")
        fsync(place)

    def replaced(*paths):
        done.append("replace")
        replace(*paths)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    tg.save(1, tmp_path / "file")
    wanted = ["file", "replace", "folder"]
    assert done == (wanted if os.path.isdir("/proc/self/fd") else ["file", "replace", "file"])


def test_places_where_no_file_can_be(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        tg.save(1, tmp_path / "nowhere" / "file")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        tg.save(1, tmp_path / "folder")
    assert os.listdir(tmp_path) == ["folder"]
    with pytest.raises(FileNotFoundError, match=r"nothing\.safetensors"):
        tg.load(tmp_path / "nothing.safetensors")


def test_a_link_stays_a_link_and_permissions_are_the_usual_ones(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    tg.save(1, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert tg.load(tmp_path / "file") == 1
    (tmp_path / "other").touch()
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_name_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tg.save(1, "file")
    assert tg.load("file") == 1


KILLED = """
import os, sys, tinygrad_edu as tg
from stopping import die_at_line

path = sys.argv[1]

def version(k):
    return {"k": k, "x": tg.full((5_000,), float(k)), "parts": [tg.full((k + 2,), k)] * 3}

tg.save(version(0), path)
found, halves, line, status = [], 0, 0, None
while status != 0:  # until a child is not killed, since it has no such line
    line += 1
    child = os.fork()
    if not child:
        die_at_line(line, "tinygrad_edu/io.py")
        tg.save(version(1), path)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    k = tg.load(path)["k"]
    whole = version(k)
    assert tg.equal(tg.load(path)["x"], whole["x"])
    assert all(map(tg.equal, tg.load(path)["parts"], whole["parts"]))
    found.append(k)
    halves = max(halves, len(os.listdir(os.path.dirname(path))) - 1)
    tg.save(version(0), path)
    assert os.listdir(os.path.dirname(path)) == ["file"]  # what was left is gone
print(line, len(set(found)), halves)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it forks")
def test_a_program_that_is_killed_while_it_saves_leaves_a_whole_file(tmp_path):
    """It is killed at the first line of saving, at the second, and so on to the last."""
    tests = Path(__file__).parent
    path = os.pathsep.join([str(tests.parent), str(tests)])
    env = os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    run = [sys.executable, "-c", KILLED, str(tmp_path / "file")]
    result = subprocess.run(run, capture_output=True, text=True, env=env)
    assert result.returncode == 0, result.stderr
    lines, versions, halves = map(int, result.stdout.split())
    assert lines > 20
    assert versions == 2, "all were killed before the new file took its name, or none"
    assert halves > 0, "none was killed while it wrote"


def test_what_a_killed_program_left_goes_and_nothing_else(tmp_path):
    """Parts of this name that nobody holds; not those of others, nor one that is being written."""
    path = str(tmp_path / "file")
    others = ["file.part", "file.1.part", "file.a.1.part", "other.1.2.part", "file.1.2.parts"]
    for name in [*others, "file.1.2.part", "file.33.44.part"]:
        (tmp_path / name).write_bytes(b"half")
    with replacing(path) as file:
        file.write(b"being written")
        tg.save(1, io.BytesIO())
        subprocess.run([sys.executable, "-c", SAVED, path], check=True)  # another program
        assert os.path.exists(file.name)
        assert tg.load(path) == 2
    assert Path(path).read_bytes() == b"being written"
    assert sorted(os.listdir(tmp_path)) == sorted([*others, "file"])


SAVED = "import sys, tinygrad_edu as tg; tg.save(2, sys.argv[1])"


@pytest.mark.parametrize("name", ["m.pt", "m.pth", "deep/M.PT"])
def test_the_name_of_a_pickle_is_refused_with_the_way_that_works(tmp_path, name):
    (tmp_path / "deep").mkdir()
    for path in (tmp_path / name, str(tmp_path / name), os.fsencode(tmp_path / name)):
        with pytest.raises(ValueError, match=r"is the name of a pickle.*Call it .*\.safetensors"):
            tg.save({"w": tg.ones(1)}, path)
    assert not (tmp_path / name).exists()
    tg.save({"w": tg.ones(1)}, tmp_path / "m.safetensors")
    assert tg.load(tmp_path / "m.safetensors")["w"].tolist() == [1.0]


# ---------------------------------------------------------------- files of other kinds


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "state.safetensors"
    tg.save({"w": tg.arange(6.0), "n": 3}, path)
    return path


def test_a_file_that_is_cut_anywhere_is_refused(saved):
    content = saved.read_bytes()
    for end in range(len(content)):
        saved.write_bytes(content[:end])
        with pytest.raises(ValueError, match=rf"load: {saved} is damaged.* \({end} bytes\)"):
            tg.load(saved)


def test_a_byte_that_changed_anywhere_is_noticed_or_changes_nothing(saved):
    content = saved.read_bytes()
    right = plain(tg.load(saved))
    missed = []
    for place in range(len(content)):
        saved.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        try:
            if plain(tg.load(saved)) != right:
                missed.append(place)
        except ValueError as error:
            assert str(saved) in str(error)  # noqa: PT017
    name = content.index(b"tinygrad_edu")  # without it, it is any safetensors file
    assert set(missed) <= set(range(name, name + len("tinygrad_edu")))


@pytest.mark.parametrize("extra", [b"\0", b"more"])
def test_bytes_after_the_end_are_refused(saved, extra):
    saved.write_bytes(saved.read_bytes() + extra)
    with pytest.raises(ValueError, match="damaged"):
        tg.load(saved)


def test_pickles_are_refused_and_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return Path.touch, (tmp_path / "it ran",)

    with zipfile.ZipFile(tmp_path / "model.pt", "w") as file:
        file.writestr("archive/data.pkl", pickle.dumps(Trap()))
    for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
        (tmp_path / f"{protocol}.pkl").write_bytes(pickle.dumps(Trap(), protocol))
    paths = sorted(tmp_path.iterdir())
    assert len(paths) > 4
    for path in paths:
        for safe in (True, False):
            with pytest.raises(ValueError, match=rf"{path} is a pickle.*torch.save_file"):
                tg.load(path, weights_only=safe)
    assert sorted(tmp_path.iterdir()) == paths


def test_a_header_that_begins_like_a_pickle_is_read():
    """The first bytes are its length: one of 0x280 bytes begins as a pickle does."""
    for length in range(1000):
        tg.save("x" * length, file := io.BytesIO())
        if file.getvalue()[:2] == b"\x80\x02":
            break
    else:
        pytest.fail("no header has that length")
    file.seek(0)
    assert tg.load(file) == "x" * length
    with pytest.raises(ValueError, match="is damaged"):
        tg.load(io.BytesIO(file.getvalue()[:-1]))


@pytest.mark.parametrize(
    "structure",
    ["", "{", "{}", '{"tensor": "none"}', '{"call": 1}', '{"dict": 1}', '{"a": 1, "b": 2}'],
)
def test_a_structure_that_makes_no_sense_is_refused(structure):
    from safetensors.numpy import save

    metadata = {"tinygrad_edu": f"{zlib.crc32(structure.encode())} {structure}"}
    with pytest.raises(ValueError, match="is damaged"):
        tg.load(io.BytesIO(save({}, metadata)))


def a_file(header, data=b"", length=None):
    """A safetensors file with any header."""
    header = header if isinstance(header, bytes) else json.dumps(header).encode()
    length = len(header) if length is None else length
    return length.to_bytes(8, "little") + header + data


def entry(*offsets, shape=(2,), dtype="F32"):
    return {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}


def with_structure(structure):
    metadata = {"tinygrad_edu": f"{zlib.crc32(structure.encode())} {structure}"}
    return a_file({"__metadata__": metadata})


WRONG_HEADERS = {
    "deep lists": a_file(b"[" * 100_000),
    "deep dicts": a_file(b'{"a":' * 100_000),
    "a deep structure": with_structure("[" * 100_000 + "]" * 100_000),
    "a deep structure of dicts": with_structure('{"tuple":[' * 50_000 + "]}" * 50_000),
    "a length of 2^64": a_file(b"{}", length=2**64 - 1),
    "a length of 2^63": a_file(b"{}", length=2**63),
    "a length behind the end": a_file(b"{}", length=3),
    "no length": b"\1\0\0",
    "a list": a_file([1, 2]),
    "a number": a_file(b"3"),
    "not UTF-8": a_file(b'{"\xff\xfe":' + json.dumps(entry(0, 8)).encode() + b"}", bytes(8)),
    "one name twice": a_file(
        b'{"a":%b,"a":%b}' % (json.dumps(entry(0, 8)).encode(), json.dumps(entry(8, 16)).encode()),
        bytes(16),
    ),
    "offsets that overlap": a_file({"a": entry(0, 8), "b": entry(4, 12)}, bytes(12)),
    "the same bytes twice": a_file({"a": entry(0, 8), "b": entry(0, 8)}, bytes(8)),
    "offsets behind the end": a_file({"a": entry(0, 8)}, bytes(4)),
    "offsets with a gap": a_file({"a": entry(4, 12)}, bytes(12)),
    "offsets that go back": a_file({"a": entry(8, 0)}, bytes(8)),
    "a negative offset": a_file({"a": entry(-8, 0)}, bytes(8)),
    "another number of bytes": a_file({"a": entry(0, 8, shape=(3,))}, bytes(8)),
    "a size that overflows": a_file({"a": entry(0, 8, shape=(2**62, 2**62))}, bytes(8)),
    "a negative size": a_file({"a": entry(0, 8, shape=(-2, -1))}, bytes(8)),
    "no numbers in a huge shape": a_file({"a": entry(0, 0, shape=(0, 2**63))}),
    "no numbers in huge shapes": a_file({"a": entry(0, 0, shape=(0, 2**40, 2**40))}),
    "too many dimensions": a_file({"a": entry(0, 4, shape=(1,) * 100)}, bytes(4)),
    "no such dtype": a_file({"a": entry(0, 8, dtype="F33")}, bytes(8)),
    "no dtype": a_file({"a": {"shape": [2], "data_offsets": [0, 8]}}, bytes(8)),
    "metadata of numbers": a_file({"__metadata__": {"tinygrad_edu": 1}}),
    "metadata without a structure": a_file({"__metadata__": {"tinygrad_edu": "1"}}),
    "metadata that is a list": a_file({"__metadata__": []}),
}


@pytest.mark.parametrize("content", WRONG_HEADERS.values(), ids=WRONG_HEADERS)
def test_a_header_that_makes_no_sense_is_refused_by_name(tmp_path, content):
    path = tmp_path / "some.safetensors"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"load: {path} is damaged"):
        tg.load(path)


def test_what_holds_itself_is_refused_and_the_old_file_stays(tmp_path):
    endless = []
    endless.append(endless)
    deep = 0
    for _ in range(100_000):
        deep = [deep]
    tg.save(1, tmp_path / "file")
    for x in (endless, {"a": endless}, deep):
        with pytest.raises(ValueError, match=r"save: this (list|dict) holds itself"):
            tg.save(x, tmp_path / "file")
    assert tg.load(tmp_path / "file") == 1


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OSError, match=str(tmp_path)):
        tg.load(tmp_path)
    with pytest.raises(OSError, match=str(tmp_path)):
        tg.save(1, tmp_path)
    assert os.listdir(tmp_path) == []


def test_text_is_no_file(tmp_path):
    (tmp_path / "text").write_text("hello")
    with pytest.raises(ValueError, match="damaged"):
        tg.load(tmp_path / "text")
    with (tmp_path / "text").open() as file, pytest.raises(ValueError, match="text is damaged"):
        tg.load(file)


def test_the_file_is_a_table_that_can_be_read_without_us(saved):
    content = saved.read_bytes()
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    assert header["w"]["shape"] == [6]
    first, last = header["w"]["data_offsets"]
    assert np.frombuffer(content[end:][first:last], "<f4").tolist() == list(range(6))


def test_names_say_where_a_tensor_stood():
    from safetensors.numpy import load

    model = nn.Linear(2, 1)
    optimizer = nn.optim.Adam(model.parameters())
    model(tg.ones(1, 2)).sum().backward()
    optimizer.step()
    tg.save({"optimizer": optimizer.state_dict()}, file := io.BytesIO())
    names = {"step", "exp_avg", "exp_avg_sq"}
    assert set(load(file.getvalue())) == {f"optimizer.state.{i}.{n}" for i in (0, 1) for n in names}


def file_of(dtype, size, data):
    header = json.dumps({"a": {"dtype": dtype, "shape": [size], "data_offsets": [0, len(data)]}})
    return struct.pack("<Q", len(header)) + header.encode() + data


@pytest.mark.parametrize(("dtype", "bytes_each", "made"), [("F32", 4, 4), ("BF16", 2, 4)])
def test_loading_needs_twice_the_file_and_what_is_loaded(tmp_path, dtype, bytes_each, made):
    path = tmp_path / "some.safetensors"
    path.write_bytes(file_of(dtype, 10**6, bytes(bytes_each * 10**6)))
    tg.load(path)
    tracemalloc.start()
    found = tg.load(path)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found["a"].array.nbytes == made * 10**6
    assert most < (2 * bytes_each + made) * 10**6 + 50_000
