"""Every random number is a function of (seed, condition, purpose, rep), in terms that numpy alone can follow."""

import hashlib

import numpy as np
import pytest

from mcsim.streams import DATA, DESIGN, Streams, generator, method_purpose, stream_key

CONDITION = "c0123456789ab"


def redrawn(seed, condition, purpose, rep, count):
    """What the documentation of streams says, with nothing but numpy and the standard library."""
    digest = hashlib.blake2b(f"mcsim-1|{seed}|{condition}|{purpose}".encode(), digest_size=16).digest()
    rng = np.random.Generator(np.random.Philox(key=np.frombuffer(digest, "<u8"), counter=[0, 0, 0, rep]))
    return rng.standard_normal(count)


@pytest.mark.parametrize("purpose", [DATA, DESIGN, method_purpose("m0123456789ab")])
@pytest.mark.parametrize("rep", [0, 7, 2**32 + 5])
def test_a_replication_is_redrawn_with_numpy_alone(purpose, rep):
    streams = Streams(20230913, CONDITION, purpose, rep, 1)
    np.testing.assert_array_equal(
        streams.generator(0).standard_normal(50), redrawn(20230913, CONDITION, purpose, rep, 50)
    )


def test_the_key_of_a_stream_never_changes_between_releases():
    assert [hex(word) for word in stream_key(20230913, CONDITION, DATA)] == ["0xbe32b00bb987f0c9", "0x3696719bc5afe91"]
    assert stream_key(1, CONDITION, DATA).dtype == np.uint64


def test_a_stream_depends_on_its_place_in_the_study_not_in_the_block():
    whole = [rng.standard_normal() for rng in Streams(1, CONDITION, DATA, 0, 10)]
    parts = [rng.standard_normal() for first in (0, 4) for rng in Streams(1, CONDITION, DATA, first, (4, 6)[first > 0])]
    assert whole == parts
    assert [rng.standard_normal() for rng in Streams(1, CONDITION, DATA, 0, 10).slice(3, 7)] == whole[3:7]


def test_streams_have_the_length_of_their_block():
    streams = Streams(1, CONDITION, DATA, 5, 10)
    assert len(streams) == len(list(streams)) == 10
    assert (streams.slice(2, 6).first, len(streams.slice(2, 6))) == (7, 4)


def test_every_part_of_the_name_gives_another_key():
    keys = {
        tuple(stream_key(seed, condition, purpose))
        for seed in (0, 1, 11)
        for condition in (CONDITION, "c0123456789ac")
        for purpose in (DATA, DESIGN, method_purpose("m0123456789ab"))
    }
    assert len(keys) == 18


def test_the_generator_of_a_key_starts_at_the_counter_of_its_replication():
    state = generator(np.array([3, 4], np.uint64), 9).bit_generator.state["state"]
    assert (state["key"].tolist(), state["counter"].tolist()) == ([3, 4], [0, 0, 0, 9])
