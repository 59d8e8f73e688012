"""Stand-ins for outside systems, with made-up data. Nothing in here talks to a real host."""
