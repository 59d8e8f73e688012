"""Objectives and key results: cycles, check-ins, progress and status."""
