"""Media at the X server: uploaded at once or in pieces, worked on, described, and gone after a day.

<https://docs.x.com/x-api/media/introduction>
"""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.servers.serving import Answer, Request, as_json
from tests.servers.x_people import User
from tests.servers.x_problems import BadField, Problem

MEGA = 1024 * 1024
LARGEST = {"tweet_image": 5 * MEGA, "tweet_gif": 15 * MEGA, "tweet_video": 512 * MEGA, "amplify_video": 512 * MEGA}
TYPES = {
    "tweet_image": {"image/jpeg", "image/png", "image/webp", "image/gif"},
    "tweet_gif": {"image/gif"},
    "tweet_video": {"video/mp4", "video/quicktime", "video/webm"},
    "amplify_video": {"video/mp4", "video/quicktime", "video/webm"},
}
KEY = {"tweet_image": "3", "tweet_gif": "16", "tweet_video": "7", "amplify_video": "13"}
DAY = 24 * 3600
LONGEST_ALT = 1000


@dataclass(slots=True, kw_only=True)
class Media:
    """One file. `state` is "open" while its pieces come, then as X says it.

    `polls`: how often it is not ready yet; who asks before `check_at` need not have asked.
    """

    id: str
    user: User
    category: str
    type: str
    size: int
    until: float
    state: str = "open"
    pieces: dict[int, bytes] = field(default_factory=dict)
    alt: str = ""
    polls: int = 0
    check_at: float = 0

    @property
    def content(self) -> bytes:
        """The file."""
        return b"".join(piece for _, piece in sorted(self.pieces.items()))

    @property
    def key(self) -> str:
        """The id that posts show."""
        return f"{KEY[self.category]}_{self.id}"


class Shelf:
    """All media. `polls`: how often a new file is not ready yet; `fails`: it never will be; `check_after`: seconds."""

    def __init__(self, now: Callable[[], float], new_id: Callable[[], str]) -> None:
        self.media: dict[str, Media] = {}
        self.polls = 0
        self.fails = False
        self.check_after = 0
        self._now = now
        self._new_id = new_id

    def usable(self, id: str, user: User) -> Media:
        """A file that this user may put into a post now."""
        media = self.media.get(id)
        if media is None or media.user is not user or media.state != "succeeded" or media.until <= self._now():
            raise Problem(400, "Your media IDs are invalid.")
        return media

    def upload(self, user: User, request: Request) -> Answer:
        """A whole file at once."""
        fields = _fields(request, {"media", "media_category", "media_type", "additional_owners", "shared"})
        content = _content(fields)
        type = str(fields.get("media_type") or type_of(content))
        media = self._open(user, str(fields.get("media_category", "")), type, len(content))
        media.pieces[0] = content
        return self._finish(media)

    def initialize(self, user: User, request: Request) -> Answer:
        """A file of so many bytes shall come in pieces."""
        fields = _json(request, {"media_type", "total_bytes", "media_category", "additional_owners", "shared"})
        size = fields.get("total_bytes")
        if not isinstance(size, int) or isinstance(size, bool) or size <= 0:
            raise BadField("total_bytes", size, "must be a number above 0")
        media = self._open(user, str(fields.get("media_category", "tweet_image")), str(fields.get("media_type")), size)
        return as_json({"data": {"id": media.id, "media_key": media.key, "expires_after_secs": DAY}})

    def append(self, user: User, id: str, request: Request) -> Answer:
        """One piece."""
        media = self._open_one(user, id)
        fields = _fields(request, {"media", "segment_index"})
        index = str(fields.get("segment_index", ""))
        if not index.isdecimal() or int(index) > 999:
            raise BadField("segment_index", index, "must be a number from 0 to 999")
        media.pieces[int(index)] = _content(fields)
        return as_json({"data": {"expires_at": int(media.until)}})

    def finalize(self, user: User, id: str) -> Answer:
        """All pieces are there."""
        media = self._open_one(user, id)
        if sorted(media.pieces) != list(range(len(media.pieces))) or len(media.content) != media.size:
            raise BadField("id", id, "the pieces do not make up the file")
        return self._finish(media)

    def status(self, user: User, request: Request) -> Answer:
        """How far the work on a file is."""
        query = request.query
        if query.get("command", "STATUS") != "STATUS":
            raise BadField("command", query["command"], "must be STATUS")
        media = self._own(user, query.get("media_id", ""))
        if media.state in {"pending", "in_progress"} and self._now() >= media.check_at:
            media.check_at = self._now() + self.check_after
            media.polls -= 1
            media.state = "in_progress" if media.polls > 0 else "failed" if self.fails else "succeeded"
        return as_json({"data": {**self._shown(media), "processing_info": self._processing(media)}})

    def describe(self, user: User, request: Request) -> Answer:
        """The alt text of an image."""
        given = _json(request, {"id", "metadata"})
        media = self._own(user, str(given.get("id", "")))
        metadata = given.get("metadata")
        if not isinstance(metadata, dict) or not isinstance(metadata.get("alt_text"), dict):
            raise BadField("metadata", metadata, "must hold alt_text")
        text = metadata["alt_text"].get("text")
        if not isinstance(text, str) or len(text) > LONGEST_ALT:
            raise BadField("metadata.alt_text.text", text, f"must be a text of at most {LONGEST_ALT} characters")
        if media.category not in {"tweet_image", "tweet_gif"}:
            raise BadField("id", media.id, "only images have alt text")
        media.alt = text
        return as_json({"data": {"id": media.id, "associated_metadata": {"alt_text": {"text": text}}}})

    def _open(self, user: User, category: str, type: str, size: int) -> Media:
        if category not in TYPES:
            raise BadField("media_category", category, "must be one of " + ", ".join(TYPES))
        if type not in TYPES[category]:
            raise BadField("media_type", type, "must be one of " + ", ".join(sorted(TYPES[category])))
        if size > LARGEST[category]:
            raise BadField("media", f"{size} bytes", f"at most {LARGEST[category]} bytes")
        id = self._new_id()
        media = Media(id=id, user=user, category=category, type=type, size=size, until=self._now() + DAY)
        self.media[id] = media
        return media

    def _finish(self, media: Media) -> Answer:
        if type_of(media.content) != media.type:
            raise BadField("media", media.type, "the file is not of this type")
        media.polls, media.check_at = self.polls, self._now() + self.check_after
        media.state = "pending" if media.polls or self.fails else "succeeded"
        shown = self._shown(media)
        if media.state == "pending":
            shown["processing_info"] = self._processing(media)
        return as_json({"data": shown})

    def _shown(self, media: Media) -> dict[str, object]:
        left = max(0, int(media.until - self._now()))
        return {"id": media.id, "media_key": media.key, "size": media.size, "expires_after_secs": left}

    def _processing(self, media: Media) -> dict[str, object]:
        if media.state in {"pending", "in_progress"}:
            return {"state": media.state, "check_after_secs": self.check_after, "progress_percent": 50}
        return {"state": media.state, "progress_percent": 100}

    def _own(self, user: User, id: str) -> Media:
        media = self.media.get(id)
        if media is None or media.until <= self._now():
            raise Problem(404, f"There is no media with the id {id[:30]!r}.", "resource-not-found")
        if media.user is not user:
            raise Problem(403, "This media belongs to somebody else.", "not-authorized-for-resource")
        return media

    def _open_one(self, user: User, id: str) -> Media:
        media = self._own(user, id)
        if media.state != "open":
            raise BadField("id", id, "this upload is finished")
        return media


def type_of(content: bytes) -> str:
    """What a file is by its first bytes."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "video/mp4" if content[4:8] == b"ftyp" else ""


def _json(request: Request, known: set[str]) -> dict[str, Any]:
    """The fields of a JSON body; no others than these."""
    try:
        given = request.json()
    except ValueError:
        raise Problem(400, "The body is not JSON.", "invalid-request") from None
    if not isinstance(given, dict):
        raise Problem(400, "The body is not a JSON object.", "invalid-request")
    _refuse_unknown(given, known)
    return given


def _fields(request: Request, known: set[str]) -> dict[str, Any]:
    """The same, or the parts of a multipart body."""
    if request.kind != "multipart/form-data":
        return _json(request, known)
    parts = request.parts()
    _refuse_unknown(parts, known)
    return {name: value if name == "media" else value.decode() for name, value in parts.items()}


def _refuse_unknown(given: dict[str, Any], known: set[str]) -> None:
    for name in given.keys() - known:
        raise BadField(name, given[name], f"[{name}] is not known here")


def _content(fields: dict[str, Any]) -> bytes:
    """The bytes in "media": as they are in a part, in base64 in JSON."""
    given = fields.get("media")
    if isinstance(given, str):
        try:
            given = b64decode(given, validate=True)
        except NotBase64:
            given = None
    if not given:
        raise BadField("media", "", "the file is missing or empty")
    return given
