"""Maturity: models as data, rounds of answers, levels, targets, snapshots."""
