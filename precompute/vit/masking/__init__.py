"""Labels when patches are hidden."""
