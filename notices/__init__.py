"""What the portal tells people by itself: the inbox, and what leaves by mail, chat and webhook."""
