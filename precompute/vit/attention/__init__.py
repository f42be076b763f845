"""Where attention lies, by every attribution."""
