"""Whether the label rests on the object's shape or on its texture."""
