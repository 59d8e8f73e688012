"""What the outside systems answer. One package per system, no database: each yields the plain records of `records.py`."""
