"""The compiled Philox and ziggurat are numpy's, bit for bit."""

import math

import numpy as np
import pytest
from numba import njit

from mcsim.kernels import normals
from mcsim.kernels.normals import fill_standard_normals
from mcsim.streams import generator, stream_key

KEY = stream_key(20230913, "c0123456789ab", "data")


def compiled(key, rep, count):
    out = np.full(count, np.nan)
    fill_standard_normals(key, rep, out)
    return out


def bits(values):
    return values.view(np.int64)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5, 20, 127, 128, 129, 131, 256, 2040, 10_007])
def test_every_length_gives_the_bits_of_numpy(count):
    for rep in range(20):
        np.testing.assert_array_equal(bits(compiled(KEY, rep, count)), bits(generator(KEY, rep).standard_normal(count)))


@pytest.mark.parametrize("rep", [0, 1, 999_999, 2**32, 2**32 + 1, 2**53 + 1, 2**63, 2**64 - 1])
def test_a_replication_beyond_32_bits_gives_the_bits_of_numpy(rep):
    rep = np.uint64(rep)
    np.testing.assert_array_equal(bits(compiled(KEY, rep, 2040)), bits(generator(KEY, rep).standard_normal(2040)))


@pytest.mark.parametrize("jump", [0, 1, 2, 2**32, 2**64 - 1])
def test_a_jump_gives_the_bits_of_numpys_jumped_generator(jump):
    out = np.empty(5000)
    for rep in (0, 7, 2**32 + 1):
        fill_standard_normals(KEY, rep, out, np.uint64(jump))
        rng = np.random.Generator(generator(KEY, rep).bit_generator.jumped(jump))
        np.testing.assert_array_equal(bits(out), bits(rng.standard_normal(5000)))


def test_a_kernel_can_draw_from_the_stream_and_from_the_jumped_one():
    @njit
    def both(key, out):
        fill_standard_normals(key, 3, out[0])
        fill_standard_normals(key, 3, out[1], 1)

    out = np.empty((2, 50))
    both(KEY, out)
    jumped = np.random.Generator(generator(KEY, 3).bit_generator.jumped())
    np.testing.assert_array_equal(out, [generator(KEY, 3).standard_normal(50), jumped.standard_normal(50)])


def test_ten_million_draws_through_every_tail_give_the_bits_of_numpy():
    drawn = compiled(KEY, 7, 10_000_000)
    np.testing.assert_array_equal(bits(drawn), bits(generator(KEY, 7).standard_normal(drawn.size)))
    assert (drawn > normals._TAIL).sum() > 1000
    assert (drawn < -normals._TAIL).sum() > 1000


def test_extreme_keys_give_the_bits_of_numpy():
    for key in (np.zeros(2, np.uint64), np.full(2, 2**64 - 1, np.uint64), np.array([0, 1], np.uint64)):
        np.testing.assert_array_equal(bits(compiled(key, 3, 5000)), bits(generator(key, 3).standard_normal(5000)))


def test_a_shorter_draw_is_the_beginning_of_a_longer_one():
    np.testing.assert_array_equal(compiled(KEY, 3, 5000)[:1234], compiled(KEY, 3, 1234))


def test_other_kernels_can_draw_into_a_part_of_their_workspace():
    @njit
    def two(key, out):
        fill_standard_normals(key, 0, out[0])
        fill_standard_normals(key, 1, out[1])

    workspace = np.empty((2, 50))
    two(KEY, workspace)
    np.testing.assert_array_equal(workspace, [compiled(KEY, 0, 50), compiled(KEY, 1, 50)])


def test_the_tables_are_those_of_256_layers_of_equal_area_to_a_hair():
    limit, width, density = normals._tables()
    right = width * 2.0**52
    assert limit.shape == width.shape == density.shape == (256,)
    assert right[255] == pytest.approx(normals._TAIL, rel=1e-15)
    assert pytest.approx(normals._TAIL, rel=1e-15) == 1 / normals._TAIL_INVERSE
    np.testing.assert_allclose(density[1:], np.exp(-0.5 * right[1:] ** 2), rtol=1e-13)
    area = normals._TAIL * density[255] + math.sqrt(math.pi / 2) * math.erfc(normals._TAIL / math.sqrt(2))
    np.testing.assert_allclose(right[1:] * (np.append(1, density[1:-1]) - density[1:]), area, rtol=1e-12)
    np.testing.assert_allclose(limit[2:], 2.0**52 * right[1:-1] / right[2:], rtol=1e-12)
