from tests.connections.fixtures import now, queue, service, source, start_worker, stub

__all__ = ["now", "queue", "service", "source", "start_worker", "stub"]
