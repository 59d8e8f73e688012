"""The 12-month roadmap: phases, items, ticks, checklists, burn-up."""
