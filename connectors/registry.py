"""The systems the portal can read: one line for each."""

from connectors.github import GitHub
from connectors.github.hooks import GitHubHook
from connectors.records import Connector, Hook

CONNECTORS: dict[str, Connector] = {
    "github": GitHub(),
}
# Those whose webhooks are understood.
HOOKS: dict[str, Hook] = {
    "github": GitHubHook(),
}

# What an address is taken for. With a second system the forms of connecting ask which one it is.
USUAL = next(iter(CONNECTORS))
