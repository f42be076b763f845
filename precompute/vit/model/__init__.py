"""The classifier, its attention and its passes."""
