"""Everything that changes people and teams. Callers check that the person may; the rules of a change live here.

Each verb runs in one transaction and writes the audit entry in it.
"""
