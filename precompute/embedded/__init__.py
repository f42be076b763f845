"""Data and two small checkpoints that come with the repository."""
