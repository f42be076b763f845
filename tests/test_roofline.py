"""The roofline's own arithmetic, on work whose cost is known."""

import torch

from tests.bench.roofline import Achieved, Limits, measure

LIMITS = Limits(flops=100.0, bytes=10.0)


def test_a_products_flop_are_two_per_multiplication():
    a, b = torch.ones(30, 20), torch.ones(20, 50)
    row = measure(lambda: a @ b, torch.device("cpu"), n_bytes=4 * (600 + 1000 + 1500))
    assert row.flops == 2 * 30 * 20 * 50
    assert row.seconds > 0


def test_the_largest_floor_is_the_bound():
    much_compute = Achieved(seconds=4.0, flops=200.0, bytes=1.0)
    assert much_compute.bound(LIMITS) == "compute"
    much_memory = Achieved(seconds=4.0, flops=1.0, bytes=40.0)
    assert much_memory.bound(LIMITS) == "memory"
    assert much_memory.bound(LIMITS, input_seconds=9.0) == "input"
