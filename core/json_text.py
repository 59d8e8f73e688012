"""The words in a JSON column, to be searched alike on both databases.

SQLite keeps JSON as text in which “é” stands as an escape, PostgreSQL does not; names of keys and brackets are no words at all.
"""

from django.db.models import Func, TextField


class PlainValues(Func):
    """All plain values of a JSON column, however deep, one in a line; NULL if it has none."""

    output_field = TextField()
    arity = 1
    template = "(SELECT group_concat(atom, char(10)) FROM json_tree(%(expressions)s) WHERE atom IS NOT NULL)"

    def as_postgresql(self, compiler, connection, **context):  # type: ignore[no-untyped-def]
        template = (
            "(SELECT string_agg(part #>> '{}', chr(10)) FROM jsonb_path_query(%(expressions)s, 'strict $.**') AS part"
            " WHERE jsonb_typeof(part) NOT IN ('object', 'array'))"
        )
        return self.as_sql(compiler, connection, template=template, **context)
