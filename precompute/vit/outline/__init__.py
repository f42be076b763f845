"""Attention along an object's outline."""
