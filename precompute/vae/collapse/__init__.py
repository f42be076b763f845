"""Posterior collapse: how a loss line causes it, what linear theory predicts, what cures it."""
