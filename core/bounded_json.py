"""What the API takes for JSON."""

import json
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 32  # levels of lists and objects in a body; none of ours has more than five


class BoundedJSONParser(JSONParser):
    """JSON of a bounded depth and of whole characters; its length is bounded before (core/middleware.py)."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """The body. 400 if it is no such JSON or nested deeper than DEEPEST."""
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise ParseError(_("The body is nested too deeply.")) from None
        except ParseError as error:
            if "int_max_str_digits" in str(error):  # Python's advice is for programmers of the portal
                raise ParseError(_("The body has a number with thousands of digits.")) from None
            raise
        level, depth = [body], 0
        while level:
            if (depth := depth + 1) > DEEPEST + 1:
                raise ParseError(_("The body is nested too deeply."))
            level = [inner for each in level for inner in _inside(each)]
        try:
            json.dumps(body, ensure_ascii=False).encode()
        except UnicodeEncodeError:  # half a character, "\\ud800": neither kept nor told again
            raise ParseError(_("The body has a text that is none.")) from None
        return body


def _inside(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
