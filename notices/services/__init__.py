"""What happens to notices: one is given out, read, chosen; a channel is added, changed, removed."""

from notices.services.telling import notify, told_of

__all__ = ["notify", "told_of"]
