"""What the desk answers before any of its rooms is asked, as people see it."""

from typing import Any

import pytest

from bot.web.desk import HEADERS, LARGEST
from tests.web.conftest import Visitor


@pytest.mark.parametrize(
    ("send", "status", "said"),
    [
        ({"url": "/week", "method": "GET", "headers": {"host": "evil.example"}}, 400, "no responde con este nombre"),
        ({"url": "/pause", "headers": {"origin": "https://evil.example"}}, 403, "vino de otra página"),
        ({"url": "/pause", "files": {"file": b"x" * LARGEST}}, 413, "admite 12 MB de una vez"),
        ({"url": "/sign-in", "data": {"name": "a" + "\u0315\u0300\u0327" * 100}}, 400, "demasiado largo"),
        ({"url": "/week"}, 405, "no se puede usar así"),
    ],
    ids=["name", "stranger", "large", "heaped", "method"],
)
def test_what_no_room_answers_is_a_page_in_the_visitors_language(
    organizer: Visitor, send: dict[str, Any], status: int, said: str
) -> None:
    headers = {"accept-language": "es-MX", **send.pop("headers", {})}
    answer = organizer.client.request(**{"method": "POST", "headers": headers, **send})
    assert answer.status_code == status and said in answer.text and '<html lang="es">' in answer.text
    assert answer.headers["content-security-policy"] == HEADERS["Content-Security-Policy"]
    assert "evil.example" not in answer.text and '<span lang="en">' not in answer.text
