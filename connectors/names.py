"""What the names of environments, workflows and labels tell, whatever the host: the portal's proposals rest on them."""

from __future__ import annotations

import re

_PRODUCTION = re.compile(r"(^|[^a-z0-9])(prod|production|prd|live)([^a-z0-9]|$)|^github-pages$")
_NOT_PRODUCTION = re.compile(r"(^|[^a-z0-9])(pre|non|not|no)[^a-z0-9]*(prod|production|live)")
_DEPLOYS = re.compile(r"deploy|(^|[^a-z0-9])(releases?|publish\w*|cd|rollout|promote\w*)([^a-z0-9]|$)")
_NOT_DEPLOYS = re.compile(r"(^|[^a-z0-9])(undeploy|teardown|cleanup)|preview")
_INCIDENT = re.compile(r"incident|outage|downtime|post-?mortem|(^|[^a-z0-9])sev(erity)?[^a-z0-9]*\d")


def is_production(name: str) -> bool:
    name = name.lower()
    return bool(_PRODUCTION.search(name)) and not _NOT_PRODUCTION.search(name)


def deploys(name: str) -> bool:
    name = name.lower()
    return bool(_DEPLOYS.search(name)) and not _NOT_DEPLOYS.search(name)


def speaks_of_incidents(name: str) -> bool:
    return bool(_INCIDENT.search(name.lower()))
