"""The same measures over other VAEs."""
