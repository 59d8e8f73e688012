"""GitHub and GitHub Enterprise Server, through their REST API.

A sync with nothing new costs one 304 for each listing (deployments or runs, and one for each incident label) plus one
request for each object that is asked for again.
"""

from connectors.github.connector import GitHub

__all__ = ["GitHub"]
