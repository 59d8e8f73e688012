"""The systems the portal can read: one line for each."""

from connectors.github import GitHub
from connectors.records import Connector

CONNECTORS: dict[str, Connector] = {
    "github": GitHub(),
}
