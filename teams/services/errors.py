"""Why a change was refused."""


class Refused(Exception):
    """A change that cannot be made. `message` says why, in the reader's language; `field` names the form's field, if one."""

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
