"""The private servers that a test may kill: what was acknowledged is there again, and nothing of the old one is left."""

import psycopg2
import redis

from ops.processes import descendants
from ops.services import execute, forgetful_redis, postgresql_server
from tests.ops.conftest import until


def test_a_killed_postgresql_comes_back_with_what_it_acknowledged() -> None:
    with postgresql_server() as server:
        execute(server.address, "CREATE TABLE seen (n integer)")
        before = server.process
        assert before is not None
        children = descendants(before.pid)
        execute(server.address, "INSERT INTO seen VALUES (1)")
        server.kill()
        assert not set(children) & set(descendants()), "they do not go on writing beside the next one"
        server.start()
        until(lambda: _count(server.address) == 1, "the row")
        assert server.process is not before


def _count(address: str) -> int:
    try:
        connection = psycopg2.connect(address)
    except psycopg2.OperationalError:  # it still recovers
        return -1
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT count(*) FROM seen")
        return int(cursor.fetchone()[0])
    finally:
        connection.close()


def test_a_killed_redis_comes_back_and_has_forgotten_everything() -> None:
    with forgetful_redis() as server:
        client = redis.Redis.from_url(server.address)
        client.set("a task", "somebody's")
        server.kill()
        server.start()
        assert client.dbsize() == 0
