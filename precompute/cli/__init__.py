"""What the command line asks, says and exits with."""
