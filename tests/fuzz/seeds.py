"""What fuzzing begins with: right inputs, and those on which a target once failed."""

import gzip
import io
import struct

import numpy as np

import tinygrad_edu as tg


def _idx(*shape: int) -> bytes:
    numbers = np.arange(np.prod(shape), dtype=np.uint8).tobytes()
    return b"\0\0\x08" + bytes([len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + numbers


def _saved(x: object) -> bytes:
    file = io.BytesIO()
    tg.save(x, file)
    return file.getvalue()


def _table(header: str, data: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header.encode() + data


NAMES = (
    b"weight\xffbias\xffTitle",
    b"</script><script>alert(1)</script>\xff]]>\xff<!--",
    b'" onload="x\xff\\N\\G\\\xff<b>&lt;&amp;',
    b"a\nb\r\n\xff\0\x01\x1b\xff${title}$",
    b"\xed\xa0\x80 half a character\xff\xe2\x80\xa8\xff\xf0\x9f\x98\x80",
    b"<table><tr><td>\xff<\xff>",
    b'}\n"]; n9 [label=<\xff%s{0}\xff' + b"a" * 200,
)

SEEDS: dict[str, tuple[bytes, ...]] = {
    "idx": (
        _idx(3),
        _idx(2, 3, 4),
        gzip.compress(_idx(5), mtime=0),
        gzip.compress(_idx(2, 2), mtime=0) + gzip.compress(b"more", mtime=0),
        b"\0\0\x08\4" + bytes(4) + b"\xff" * 12,
        b"\0\0\x08\xff" + b"\0\0\0\1" * 255 + b"\7",
        b"\0\0\x08\0\7",
    ),
    "load": (
        _saved(tg.tensor([1.0, 2.0])),
        _saved({"w": tg.eye(2), "steps": [1, 2.5, None, "x"], 3: (tg.tensor([True]),)}),
        _table('{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}', bytes(4)),
        _table('{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}', bytes(2)),
        _table('{"__metadata__":{"tinygrad_edu":"0 {}"}}'),
        _table('{"__metadata__":{"tinygrad_edu":"x"},"__metadata__":{}}'),
        b"PK\x03\x04",
        b"\x80\x04K\x01.",
    ),
    "dot": NAMES,
    "html": NAMES,
}
