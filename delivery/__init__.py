"""Deployments and incidents, what they say (deployment frequency, MTTR), and which services they come from."""
