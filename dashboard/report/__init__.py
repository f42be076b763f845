"""Pages about a report as a whole."""
