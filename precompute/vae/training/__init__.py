"""Training, its loss conventions and its shards."""
