"""The random stream of (seed, condition, purpose, rep): numpy's Philox with a stated key and counter.

The key is the 16-byte BLAKE2b digest of ``"mcsim-1|seed|condition|purpose"`` read as two little-endian 64-bit words;
the counter starts at (0, 0, 0, rep), lowest word first. So replication 7 is redrawn with nothing but numpy::

    digest = hashlib.blake2b(b"mcsim-1|20230913|c0123456789ab|data", digest_size=16).digest()
    rng = np.random.Generator(np.random.Philox(key=np.frombuffer(digest, "<u8"), counter=[0, 0, 0, 7]))

A stream is 2**192 blocks of four words long, so neighbouring replications never overlap.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

DEFINITION = (
    "Every replication draws from numpy's Philox generator: its key is the 16-byte BLAKE2b digest of the text "
    '"mcsim-1|seed|condition|purpose", its counter (0, 0, 0, replication).'
)
"""How random numbers are made, in one sentence."""

DATA = "data"
DESIGN = "design"


def method_purpose(method_key: str) -> str:
    """The purpose of the stream that a method draws from (a bootstrap, say)."""
    return f"method:{method_key}"


def stream_key(seed: int, condition: str, purpose: str) -> npt.NDArray[np.uint64]:
    """The Philox key, two 64-bit words, of a study's seed, a condition's key and a purpose."""
    content = f"mcsim-1|{seed}|{condition}|{purpose}".encode()
    return np.frombuffer(hashlib.blake2b(content, digest_size=16).digest(), dtype="<u8").astype(np.uint64)


def generator(key: npt.NDArray[np.uint64], rep: int) -> np.random.Generator:
    """The generator of one replication under a key."""
    return np.random.Generator(np.random.Philox(key=key, counter=np.array([0, 0, 0, rep], dtype=np.uint64)))


@dataclass(frozen=True)
class Streams:
    """The streams of consecutive replications `first` .. `first + count - 1` of one seed, condition and purpose."""

    seed: int
    condition: str
    purpose: str
    first: int
    count: int

    @cached_property
    def key(self) -> npt.NDArray[np.uint64]:
        """The Philox key that all of them share."""
        return stream_key(self.seed, self.condition, self.purpose)

    def generator(self, index: int) -> np.random.Generator:
        """The generator of the replication at `index` (0 is `first`)."""
        return generator(self.key, self.first + index)

    def slice(self, start: int, stop: int) -> "Streams":
        """The streams at index `start` up to, not including, `stop`."""
        return Streams(self.seed, self.condition, self.purpose, self.first + start, stop - start)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[np.random.Generator]:
        return (self.generator(index) for index in range(self.count))
