"""The errors that end a run with one clear line and exit code 2."""


class InputError(Exception):
    """Something given to the program is missing or wrong: what, where, and what to do next."""


class JobFailed(Exception):
    """A job's own numbers cannot be right (NaN, empty attention): nothing was published."""
