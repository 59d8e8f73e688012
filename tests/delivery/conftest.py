from tests.connections.fixtures import now, service, source, stub

__all__ = ["now", "service", "source", "stub"]
