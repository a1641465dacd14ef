"""Pictures: looked at, refused with a reason, and made to fit what a network takes, with nothing else in them."""

import builtins
import hashlib
import logging
import math
import struct
import tempfile
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core import post
from bot.core.network import Pictures
from bot.core.problem import Refused

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

log = logging.getLogger(__name__)

# Changes whenever the same picture would come out otherwise, so that old results are not taken.
RECIPE = "1"
LARGEST_FILE = 100_000_000
MOST_PIXELS = 50_000_000
# No type but PNG can be longer than WebP: <https://developers.google.com/speed/webp/faq>.
LONGEST_SIDE = 16383
QUALITIES = (90, 80, 70, 60)
# A JPEG comes in ten passes or so over all its points; with thousands of them, of some bytes each, it would be
# decoded for an hour: <https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf>.
MOST_PASSES, PASS = 100, b"\xff\xda"
# What a picture says of itself that is broken; Pillow names it in many ways.
BROKEN = (OSError, SyntaxError, ValueError, EOFError, LookupError, TypeError, ArithmeticError, struct.error, zlib.error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A picture as it goes out."""

    bytes: builtins.bytes = field(repr=False)
    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One type of picture: how it begins, how its files end, how it is written."""

    name: str
    mime: str
    starts: tuple[bytes, ...]
    endings: tuple[str, ...]


# <https://mimesniff.spec.whatwg.org/#matching-an-image-type-pattern>
PNG = Kind(name="PNG", mime="image/png", starts=(b"\x89PNG\r\n\x1a\n",), endings=(".png",))
JPEG = Kind(name="JPEG", mime="image/jpeg", starts=(b"\xff\xd8\xff",), endings=(".jpg", ".jpeg", ".jpe", ".jfif"))
WEBP = Kind(name="WebP", mime="image/webp", starts=(b"RIFF",), endings=(".webp",))
GIF = Kind(name="GIF", mime="image/gif", starts=(b"GIF87a", b"GIF89a"), endings=(".gif",))
KINDS = (PNG, JPEG, WEBP, GIF)

Way = tuple[Kind, int]
"""A type to write a picture in, and the quality."""


# --- looking ----------------------------------------------------------------------------------------


def problem(file: Path) -> str | None:
    """Why a picture cannot go out, as one sentence, as far as can be seen without decoding it."""
    try:
        with _opened(_content(file), file.name, _kind_of(file)):
            return None
    except Refused as refused:
        return str(refused)


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise Refused(f'the picture "{file.name}" is over 100 MB. Save it smaller.')
        content = file.read_bytes()
    except OSError as error:
        raise Refused(
            f'the picture "{file.name}" cannot be read. Check that it is there, and that you may open it.'
        ) from error
    if not content:
        raise Refused(f'the picture "{file.name}" is empty. Copy it again.')
    return content


def _kind_of(file: Path) -> Kind | None:
    return next((kind for kind in KINDS if file.suffix.lower() in kind.endings), None)


def _kind(content: bytes, name: str) -> Kind:
    """What a file holds, by how it begins, whatever it is called."""
    for kind in KINDS:
        if content.startswith(kind.starts) and (kind is not WEBP or content[8:12] == b"WEBP"):
            return kind
    if b"<svg" in content[:4096].lower():
        raise Refused(f'"{name}" is a drawing (SVG), which no network takes. Save it as PNG.')
    if content[4:8] == b"ftyp":  # <https://mimesniff.spec.whatwg.org/#signature-for-mp4>
        raise Refused(f'"{name}" is a film, or a photo as phones keep it (HEIC, AVIF). Save it as JPEG.')
    raise Refused(f'"{name}" is no picture that networks take. Save it as PNG or JPEG.')


def _opened(content: bytes, name: str, named: Kind | None) -> "ImageFile":
    """The picture, its size known but its pixels not yet decoded; raises Refused for what cannot go out."""
    from PIL.Image import DecompressionBombError, DecompressionBombWarning

    kind = _kind(content, name)
    if named is not kind:
        right = Path(name).stem + kind.endings[0]
        raise Refused(
            f'"{name}" holds a {kind.name} picture. Rename it to "{right}", or save it anew as what it is called.'
        )
    if kind is WEBP:
        _check_size(*_webp_size(content), name)
    if kind is JPEG and content.count(PASS) > MOST_PASSES:
        raise Refused(f'the picture "{name}" is put together so that it takes too long to open. Save it again.')
    try:
        image = _reader(kind)(BytesIO(content))
        moves = getattr(image, "is_animated", False)
    except (DecompressionBombError, DecompressionBombWarning) as error:
        raise _too_large(name) from error
    except BROKEN as error:
        raise _broken(name) from error
    try:
        _check_size(*image.size, name)
        if moves:
            raise Refused(
                f'the picture "{name}" moves, which networks treat each in its own way. Save one still of it.'
            )
    except Refused:
        image.close()
        raise
    return image


def _check_size(width: int, height: int, name: str) -> None:
    if width * height > MOST_PIXELS:
        raise _too_large(name)


def _too_large(name: str) -> Refused:
    return Refused(f'the picture "{name}" has more than 50 million points. Save it smaller.')


def _broken(name: str) -> Refused:
    return Refused(f'the picture "{name}" is broken, or only a part of it was copied. Copy or save it again.')


def _webp_size(content: bytes) -> tuple[int, int]:
    """Width and height as the head says, since Pillow makes room for them at once; 0 if there is no such head.

    <https://www.rfc-editor.org/rfc/rfc9649#section-2.6>
    """
    match content[12:16]:
        case b"VP8X":
            return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
        case b"VP8L":
            bits = int.from_bytes(content[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF


def _reader(kind: Kind) -> "type[ImageFile]":
    """The reader of one type alone: it decodes nothing yet, and takes nothing for another type."""
    from PIL import GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    if kind is PNG:
        return PngImagePlugin.PngImageFile
    if kind is JPEG:
        return JpegImagePlugin.JpegImageFile
    return WebPImagePlugin.WebPImageFile if kind is WEBP else GifImagePlugin.GifImageFile


# --- preparing --------------------------------------------------------------------------------------


def of_post(image: post.Image, rules: Pictures, who: str, cache: str = "") -> Prepared:
    """A post's picture as `prepared` makes it, for the network that people know as `who`; kept in the folder `cache`.

    Raises Refused also for a description that is longer than `rules` let it be: it is never cut.
    """
    if len(image.alt) > rules.alt:
        raise Refused(
            f"the picture's description is {len(image.alt)} characters long; {who} takes {rules.alt}. Shorten it."
        )
    return prepared(Path(image.file), rules, Path(cache) if cache else None)


def prepared(file: Path, rules: Pictures, cache: Path | None = None) -> Prepared:
    """A picture made to fit `rules`, without any metadata; made once, and kept in `cache` if there is one.

    It is turned upright, its colours become sRGB, its proportions stay. A PNG stays one while
    it fits; otherwise it is a JPEG of falling quality, then of falling size. What is transparent
    stays so where the type allows, and is white elsewhere. Raises Refused, with what to do, for
    what moves, is broken, is too large to open, or is not what its name says.
    """
    content = _content(file)
    _opened(content, file.name, _kind_of(file)).close()
    return _kept(content, file.name, rules, cache)


def prepared_bytes(content: bytes, name: str, rules: Pictures, cache: Path | None = None) -> Prepared:
    """The same for a picture that is no file, such as a page's; `name` is for people only."""
    _opened(content, name, _kind(content, name)).close()
    return _kept(content, name, rules, cache)


def _kept(content: bytes, name: str, rules: Pictures, cache: Path | None) -> Prepared:
    """What the cache holds for this picture and these rules, made now if it is not there."""
    import PIL

    if cache is None:
        return _made(content, name, rules)
    recipe = repr((RECIPE, PIL.__version__, rules)).encode()
    place = cache / hashlib.sha256(hashlib.sha256(content).digest() + recipe).hexdigest()
    try:
        return _measured(place.read_bytes())
    except (OSError, Refused):  # not there, or cut short when the machine stopped
        made = _made(content, name, rules)
    try:
        _write(place, made.bytes)
    except OSError as error:  # a full disk costs time, not the post
        log.warning("a prepared picture could not be kept: %s", error)
    return made


def _measured(content: bytes) -> Prepared:
    kind = _kind(content, "")
    with _opened(content, "", kind) as image:
        try:
            image.load()
        except BROKEN as error:
            raise _broken("") from error
        return Prepared(bytes=content, mime=kind.mime, width=image.width, height=image.height)


def _write(place: Path, content: bytes) -> None:
    """Whole or not at all, also when two write the same."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        Path(folder, "new").write_bytes(content)
        Path(folder, "new").replace(place)


def _made(content: bytes, name: str, rules: Pictures) -> Prepared:
    kind = _kind(content, name)
    with _opened(content, name, kind) as image:
        try:
            image.load()
            plain = _plain(image)
        except BROKEN as error:
            raise _broken(name) from error
    if small := _fitted(plain, kind, rules):
        return small
    raise Refused(f'the picture "{name}" cannot be made small enough for this network. Take another.')


def _plain(image: "Image") -> "Image":
    """The pixels alone: upright, in sRGB, RGB or RGBA, with nothing said about them."""
    shown = _in_srgb(_in_8_bits(_upright(image)), image.info.get("icc_profile"))
    shown.info.clear()  # a save would write from it what the file said of itself
    return shown


def _upright(image: "Image") -> "Image":
    """Turned and mirrored as its EXIF says: <https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf>, 4.6.4 A."""
    from PIL.Image import Transpose as T

    try:
        orientation = image.getexif().get(0x0112)
    except (*BROKEN, UserWarning):
        return image
    turns = (T.FLIP_LEFT_RIGHT, T.ROTATE_180, T.FLIP_TOP_BOTTOM, T.TRANSPOSE, T.ROTATE_270, T.TRANSVERSE, T.ROTATE_90)
    if not isinstance(orientation, int) or not 2 <= orientation <= 8:
        return image
    return image.transpose(turns[orientation - 2])


def _in_8_bits(image: "Image") -> "Image":
    """L, RGB, RGBA or CMYK, from whatever it was."""
    if image.mode.startswith("I"):  # 16 bits of grey, which convert() would clip
        return image.convert("F").point(lambda value: value * (255 / 65535) + 0).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: "Image", profile: object) -> "Image":
    """The colours as a screen without the profile shows them; a profile that fits no colours is ignored."""
    if image.mode == "RGBA":
        shown = _in_srgb(image.convert("RGB"), profile)
        alpha = image.getchannel("A")
        if alpha.getextrema() != (255, 255):
            shown.putalpha(alpha)
        return shown
    if not isinstance(profile, bytes) or not profile:
        return image.convert("RGB")
    from PIL import ImageCms

    try:
        theirs, ours = ImageCms.ImageCmsProfile(BytesIO(profile)), ImageCms.createProfile("sRGB")
        shown_in_srgb = ImageCms.profileToProfile(image, theirs, ours, outputMode="RGB")
    except (ImageCms.PyCMSError, *BROKEN):
        return image.convert("RGB")
    return shown_in_srgb or image.convert("RGB")


# --- fitting ----------------------------------------------------------------------------------------


def _fitted(image: "Image", kind: Kind, rules: Pictures) -> Prepared | None:
    """The best that fits: the largest size first, and for it the best way to write it."""
    from PIL.Image import Resampling

    width, height = image.size
    scale = _scale(width, height, rules)
    ways = _ways(image, kind, rules.types)
    while ways:
        size = _size(width, height, scale, rules)
        small = image if size == image.size else image.resize(size, resample=Resampling.LANCZOS, reducing_gap=3.0)
        for way in ways:
            content = _written(small, way)
            if len(content) <= rules.bytes:
                return Prepared(bytes=content, mime=way[0].mime, width=size[0], height=size[1])
        if size == (1, 1):
            break
        scale *= min(0.9, math.sqrt(rules.bytes / len(content)))
        ways = [way for way in ways if way[0] is not PNG] or ways
    return None


def _scale(width: int, height: int, rules: Pictures) -> float:
    widest, highest = rules.width or LONGEST_SIDE, rules.height or LONGEST_SIDE
    most = math.sqrt((rules.pixels or width * height) / (width * height))
    return min(1.0, min(widest, LONGEST_SIDE) / width, min(highest, LONGEST_SIDE) / height, most)


def _size(width: int, height: int, scale: float, rules: Pictures) -> tuple[int, int]:
    """The scaled size in whole points, within the rules also where one side cannot get smaller."""
    most = rules.pixels or width * height
    across, down = (max(1, int(side * scale + 1e-9)) for side in (width, height))
    return min(across, max(1, most // down)), min(down, max(1, most // across))


def _ways(image: "Image", kind: Kind, types: tuple[str, ...]) -> list[Way]:
    """The types and qualities to try, the best first, the smallest last."""
    clear = image.mode == "RGBA"
    lossy = [one for one in (JPEG, WEBP) if one.mime in types]
    if clear:
        lossy.reverse()  # WebP keeps what is transparent
    lossless = PNG.mime in types and (clear or not lossy or kind in (PNG, GIF))
    return [*([(PNG, 0)] if lossless else []), *((one, quality) for one in lossy for quality in QUALITIES)]


def _written(image: "Image", way: Way) -> bytes:
    """The bytes of a picture; equal for equal pixels."""
    (kind, quality), file = way, BytesIO()
    if kind is PNG:
        image.save(file, "PNG")
    elif kind is WEBP:
        image.save(file, "WEBP", quality=quality)
    else:
        flat = _on_white(image) if image.mode == "RGBA" else image
        flat.save(file, "JPEG", quality=quality, optimize=True)
    return file.getvalue()


def _on_white(image: "Image") -> "Image":
    from PIL import Image

    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
