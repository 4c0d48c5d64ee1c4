"""What can go wrong that is not a bug: each message says what was found, expected, and to do."""


class MebenchError(Exception):
    """Base of all errors that a user can act on; the command line prints them as one paragraph."""


class BadInput(MebenchError, ValueError):
    """Input that cannot be used: wrong shape, type, value, file or column."""


class DataNotFound(MebenchError, FileNotFoundError):
    """A database, sheet, folder or frame that is not where it should be."""


class FaceNotFound(MebenchError):
    """No face, or no usable landmarks, in a clip."""
