"""Shards, and the processes that compute them."""
