"""Connections to outside systems and their sync: when to read, how far it came, what was set aside."""
