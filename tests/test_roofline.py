"""The roofline's own arithmetic, on work whose cost is known."""

import torch

from tests.bench.roofline import Achieved, Limits, measure

LIMITS = Limits(flops=100.0, bytes=10.0)


def test_a_products_flop_are_two_per_multiplication():
    a, b = torch.ones(30, 20), torch.ones(20, 50)
    found = measure(lambda: a @ b, torch.device("cpu"), n_bytes=4 * (600 + 1000 + 1500))
    assert found.flops == 2 * 30 * 20 * 50
    assert found.seconds > 0


def test_the_larger_floor_is_the_bound_and_the_share_is_of_it():
    much_compute = Achieved(seconds=4.0, flops=200.0, bytes=1.0)
    assert much_compute.bound(LIMITS) == "compute"
    assert much_compute.share(LIMITS) == 0.5
    much_memory = Achieved(seconds=4.0, flops=1.0, bytes=40.0)
    assert much_memory.bound(LIMITS) == "memory"
    assert much_memory.share(LIMITS) == 1.0
    assert much_memory.bound(LIMITS, input_seconds=9.0) == "input"
    assert LIMITS.ridge == 10.0
