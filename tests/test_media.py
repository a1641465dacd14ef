"""Pictures: what is refused, and that what goes out fits, looks the same, and holds nothing else."""

import gzip
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageDraw
from PIL.PngImagePlugin import PngInfo

from bot.core import post
from bot.core.network import Pictures
from bot.core.problem import Refused
from bot.media import Prepared, of_post, prepared, prepared_bytes, problem

WIDE = Pictures(bytes=5_000_000)
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 128, 0), (0, 0, 255), (255, 255, 255)
Prepare = Callable[..., Prepared]


@pytest.fixture
def prepare(tmp_path: Path) -> Prepare:
    """Save a drawn image under a name, and prepare that file."""

    def do(image: Image.Image | bytes, name: str, rules: Pictures = WIDE, **options: object) -> Prepared:
        return prepared(saved(tmp_path, image, name, **options), rules, tmp_path / "cache")

    return do


def saved(folder: Path, image: Image.Image | bytes, name: str, **options: object) -> Path:
    file = folder / name
    if isinstance(image, bytes):
        file.write_bytes(image)
    else:
        image.save(file, **options)
    return file


def shown(result: Prepared) -> Image.Image:
    image = Image.open(BytesIO(result.bytes))
    image.load()
    assert image.size == (result.width, result.height)
    assert Image.MIME[image.format or ""] == result.mime
    return image


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    """A picture that packs badly, the same each time."""
    count = size[0] * size[1] * len(mode)
    state, found = 1, bytearray()
    while len(found) < count:
        state = zlib.crc32(struct.pack("I", state))
        found += struct.pack("I", state)
    return Image.frombytes(mode, size, bytes(found[:count]))


def halves(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Red on the left, blue on the right."""
    image = Image.new("RGB", size, RED)
    ImageDraw.Draw(image).rectangle((size[0] // 2, 0, size[0], size[1]), fill=BLUE)
    return image.convert(mode)


def near(image: Image.Image, where: tuple[int, int], colour: tuple[int, ...], off: int = 6) -> bool:
    found = image.getpixel(where)
    assert isinstance(found, tuple)
    return all(abs(one - other) <= off for one, other in zip(found, colour, strict=True))


# --- what goes out ----------------------------------------------------------------------------------


def test_a_png_that_fits_stays_a_png_point_by_point(prepare: Prepare) -> None:
    result = prepare(halves(), "a.png")
    assert result.mime == "image/png"
    assert shown(result).tobytes() == halves().tobytes()


def test_a_png_that_is_too_heavy_becomes_a_jpeg_of_the_same_size(prepare: Prepare) -> None:
    result = prepare(noise((300, 200)), "a.png", Pictures(bytes=100_000))
    assert (result.mime, result.width, result.height) == ("image/jpeg", 300, 200)
    assert len(result.bytes) <= 100_000


def test_the_size_falls_only_when_the_quality_cannot(prepare: Prepare) -> None:
    result = prepare(noise((300, 200)), "a.png", Pictures(bytes=10_000))
    assert result.mime == "image/jpeg"
    assert result.width < 300
    assert len(result.bytes) <= 10_000


def test_a_photo_stays_a_jpeg_also_where_a_png_would_fit(prepare: Prepare) -> None:
    assert prepare(halves(), "a.jpeg").mime == "image/jpeg"


@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/webp"])
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
def test_the_type_is_one_that_the_network_takes(prepare: Prepare, name: str, mime: str) -> None:
    result = prepare(halves(), name, Pictures(bytes=20_000, types=(mime,)))
    assert result.mime == mime
    assert near(shown(result).convert("RGB"), (5, 10), RED, 12)


def test_a_network_that_takes_no_type_of_ours_is_told(prepare: Prepare) -> None:
    with pytest.raises(Refused, match="Take another"):
        prepare(halves(), "a.png", Pictures(bytes=20_000, types=("image/heic",)))


def test_a_picture_that_no_size_makes_light_enough_is_refused(prepare: Prepare) -> None:
    with pytest.raises(Refused, match="cannot be made small enough"):
        prepare(halves(), "a.png", Pictures(bytes=50))


@pytest.mark.parametrize(
    ("rules", "size"),
    [
        (Pictures(bytes=99_999), (400, 100)),
        (Pictures(bytes=99_999, width=200), (200, 50)),
        (Pictures(bytes=99_999, height=10), (40, 10)),
        (Pictures(bytes=99_999, width=399, height=99), (396, 99)),
        (Pictures(bytes=99_999, pixels=10_000), (200, 50)),
        (Pictures(bytes=99_999, width=4000, height=4000, pixels=1_000_000), (400, 100)),
    ],
    ids=str,
)
def test_a_picture_is_scaled_to_the_rules_and_never_up(
    prepare: Prepare, rules: Pictures, size: tuple[int, int]
) -> None:
    result = prepare(Image.new("RGB", (400, 100), GREEN), "a.png", rules)
    assert (result.width, result.height) == size
    assert near(shown(result), (5, 5), GREEN)


@settings(max_examples=60)
@given(
    st.tuples(st.integers(1, 300), st.integers(1, 300)),
    st.integers(1, 400),
    st.integers(1, 400),
    st.integers(1, 90_000),
    st.integers(1500, 40_000),
    st.sampled_from(["a.png", "a.jpg"]),
)
@example((300, 1), 20, 20, 4, 2000, "a.png")
@example((1, 300), 400, 7, 3, 2000, "a.jpg")
def test_the_result_is_within_all_limits_and_in_proportion(
    tmp_path_factory: pytest.TempPathFactory,
    size: tuple[int, int],
    width: int,
    height: int,
    pixels: int,
    most: int,
    name: str,
) -> None:
    folder = tmp_path_factory.mktemp("media")
    result = prepared(
        saved(folder, noise(size), name), Pictures(bytes=most, width=width, height=height, pixels=pixels), folder
    )
    shown(result)
    assert len(result.bytes) <= most
    assert result.width <= min(width, size[0])
    assert result.height <= min(height, size[1])
    assert result.width * result.height <= pixels
    # Within a point of some common scale.
    assert abs(result.width * size[1] - result.height * size[0]) <= max(size)


@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (10, 20_000), (1, 5000), (70_000, 1)])
@pytest.mark.parametrize("rules", [WIDE, Pictures(bytes=5000, width=1000, height=1000), Pictures(bytes=700)], ids=str)
def test_the_smallest_and_the_longest_pictures_go_out(prepare: Prepare, size: tuple[int, int], rules: Pictures) -> None:
    result = prepare(Image.new("RGB", size, GREEN), "a.png", rules)
    assert near(shown(result).convert("RGB"), (0, 0), GREEN)
    assert len(result.bytes) <= rules.bytes
    assert abs(result.width * size[1] - result.height * size[0]) <= max(size)


@pytest.mark.parametrize("mime", ["image/jpeg", "image/webp"])
def test_no_picture_is_longer_than_its_type_can_be(prepare: Prepare, mime: str) -> None:
    result = prepare(Image.new("RGB", (70_000, 5), GREEN), "a.png", Pictures(bytes=99_999, types=(mime,)))
    assert (result.width, result.height) == (16383, 1)


# --- nothing else is in it --------------------------------------------------------------------------

SECRET = b"39.123456 home of Ana"


def with_everything(folder: Path, name: str) -> Path:
    """A picture with a place, a thumbnail's tags, a comment, XMP and text in it."""
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (39.0, 7.0, 24.4)
    text = PngInfo()
    text.add_text("Comment", SECRET.decode())
    text.add_itxt("XML:com.adobe.xmp", SECRET.decode())
    options: dict[str, object] = {"exif": exif, "dpi": (300, 300)}
    options |= {"pnginfo": text} if name.endswith("png") else {"xmp": SECRET}
    if name.endswith("jpg"):
        options["comment"] = SECRET
    return saved(folder, halves(), name, **options)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/webp"])
def test_no_place_no_comment_and_no_other_word_goes_out(tmp_path: Path, name: str, mime: str) -> None:
    file = with_everything(tmp_path, name)
    assert SECRET in file.read_bytes()
    result = prepared(file, Pictures(bytes=99_999, types=(mime,)), tmp_path / "cache")
    image = shown(result)
    assert SECRET not in result.bytes
    assert not image.getexif()
    told = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background", "timestamp", "duration"}
    assert set(image.info) <= told


def test_a_comment_of_a_gif_stays_behind(prepare: Prepare) -> None:
    assert SECRET not in prepare(halves(), "a.gif", comment=SECRET).bytes


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_what_is_hidden_behind_a_picture_stays_behind(tmp_path: Path, name: str) -> None:
    file = saved(tmp_path, halves(), name)
    file.write_bytes(file.read_bytes() + b"PK\x03\x04<script>" + SECRET)
    assert SECRET not in prepared(file, WIDE, tmp_path / "cache").bytes


CORNERS = (RED, GREEN, BLUE, WHITE)
# The corners as stored (from the left top, clockwise), so that each orientation shows CORNERS:
# <https://www.cipa.jp/std/documents/e/DC-008-2012_E.pdf>, 4.6.4 A.
STORED = {
    1: (RED, GREEN, BLUE, WHITE),
    2: (GREEN, RED, WHITE, BLUE),
    3: (BLUE, WHITE, RED, GREEN),
    4: (WHITE, BLUE, GREEN, RED),
    5: (RED, WHITE, BLUE, GREEN),
    6: (GREEN, BLUE, WHITE, RED),
    7: (BLUE, GREEN, RED, WHITE),
    8: (WHITE, RED, GREEN, BLUE),
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp"])
def test_a_picture_stands_upright(prepare: Prepare, orientation: int, name: str) -> None:
    size = (64, 32) if orientation < 5 else (32, 64)
    image, exif = Image.new("RGB", size), Image.Exif()
    w, h = size[0] // 2, size[1] // 2
    for place, colour in zip([(0, 0), (w, 0), (w, h), (0, h)], STORED[orientation], strict=True):
        image.paste(colour, (*place, place[0] + w, place[1] + h))
    exif[0x0112] = orientation
    found = shown(prepare(image, name, exif=exif)).convert("RGB")
    assert found.size == (64, 32)
    for where, colour in zip([(8, 8), (56, 8), (56, 24), (8, 24)], CORNERS, strict=True):
        assert near(found, where, colour, 12)


def test_an_orientation_that_is_none_is_ignored(prepare: Prepare) -> None:
    exif = Image.Exif()
    exif[0x0112] = 99
    assert shown(prepare(halves(), "a.jpg", exif=exif)).size == (40, 20)
    assert shown(prepare(halves(), "b.jpg", exif=b"Exif\0\0broken")).size == (40, 20)


# --- colours ----------------------------------------------------------------------------------------


def test_the_colours_of_a_profile_become_srgb(prepare: Prepare) -> None:
    # A profile whose red and blue are each other's: its red is our blue.
    profile = swapped_profile()
    for name in ("a.png", "a.jpg", "a.webp"):
        result = prepare(halves(), name, icc_profile=profile)
        assert near(shown(result).convert("RGB"), (5, 10), BLUE, 12)
        assert b"acsp" not in result.bytes


def swapped_profile() -> bytes:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)


def test_a_profile_keeps_what_is_transparent(prepare: Prepare) -> None:
    image = halves("RGBA")
    image.putpixel((0, 0), (0, 0, 0, 0))
    found = shown(prepare(image, "a.png", icc_profile=swapped_profile()))
    assert near(found, (5, 10), (*BLUE, 255))
    assert found.getchannel("A").getpixel((0, 0)) == 0


@pytest.mark.parametrize(
    "profile", [b"nonsense", b"x" * 200, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()]
)
def test_a_profile_that_fits_no_colours_is_ignored(prepare: Prepare, profile: bytes) -> None:
    assert near(shown(prepare(halves(), "a.png", icc_profile=profile)), (5, 10), RED)


def test_a_picture_for_print_keeps_its_colours(prepare: Prepare) -> None:
    found = shown(prepare(halves("CMYK"), "a.jpg"))
    assert found.mode == "RGB"
    assert near(found, (5, 10), RED, 12)
    assert near(found, (35, 10), BLUE, 12)


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA", "I;16"])
def test_every_kind_of_png_keeps_its_looks(prepare: Prepare, mode: str) -> None:
    grey = Image.new("L", (40, 20), 0)
    grey.paste(255, (20, 0, 40, 20))
    image = grey.convert("I").point(lambda value: value * 257).convert("I;16") if mode == "I;16" else grey.convert(mode)
    found = shown(prepare(image, "a.png")).convert("RGB")
    assert near(found, (5, 10), (0, 0, 0))
    assert near(found, (35, 10), WHITE)


def test_sixteen_bits_of_grey_are_not_washed_out(prepare: Prepare) -> None:
    middle = Image.new("I;16", (8, 8), 32768)
    assert near(shown(prepare(middle, "a.png")).convert("RGB"), (4, 4), (128, 128, 128), 1)


def test_sixteen_bits_of_colour_keep_their_looks(prepare: Prepare) -> None:
    assert near(shown(prepare(png_of_16_bits((65535, 32768, 0)), "a.png")), (0, 0), (255, 128, 0), 1)


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def png(width: int, height: int, bits: int, kind: int, rows: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def png_of_16_bits(colour: tuple[int, int, int]) -> bytes:
    return png(1, 1, 16, 2, b"\0" + struct.pack(">HHH", *colour))


def see_through(mode: str) -> tuple[Image.Image, dict[str, object]]:
    """A red picture whose right half is clear, and how to save it."""
    image = Image.new("RGBA", (40, 20), (*RED, 255))
    image.paste((0, 0, 0, 0), (20, 0, 40, 20))
    if mode != "P":
        return image.convert(mode), {}
    flat = Image.new("P", (40, 20), 1)
    flat.putpalette([0, 0, 0, 255, 0, 0])
    flat.paste(0, (20, 0, 40, 20))
    return flat, {"transparency": 0}


@pytest.mark.parametrize(("mode", "name"), [("RGBA", "a.png"), ("P", "a.png"), ("P", "a.gif"), ("RGBA", "a.webp")])
@pytest.mark.parametrize("mime", ["image/png", "image/webp"])
def test_what_is_transparent_stays_so(prepare: Prepare, mode: str, name: str, mime: str) -> None:
    image, options = see_through(mode)
    found = shown(prepare(image, name, Pictures(bytes=99_999, types=(mime,)), **options))
    assert found.mode == "RGBA"
    assert near(found, (5, 10), (*RED, 255), 12)
    assert found.getchannel("A").getpixel((35, 10)) == 0


@pytest.mark.parametrize(("mode", "name"), [("RGBA", "a.png"), ("P", "a.png"), ("P", "a.gif"), ("RGBA", "a.webp")])
def test_what_is_transparent_is_white_where_the_type_has_no_such_thing(prepare: Prepare, mode: str, name: str) -> None:
    image, options = see_through(mode)
    found = shown(prepare(image, name, Pictures(bytes=99_999, types=("image/jpeg",)), **options))
    assert near(found, (5, 10), RED, 12)
    assert near(found, (35, 10), WHITE, 12)


def test_webp_comes_before_jpeg_for_what_is_transparent_and_after_it_else(prepare: Prepare) -> None:
    rules = Pictures(bytes=99_999, types=("image/jpeg", "image/webp"))
    assert prepare(see_through("RGBA")[0], "a.png", rules).mime == "image/webp"
    assert prepare(halves(), "a.png", rules).mime == "image/jpeg"


def test_one_colour_of_an_rgb_png_may_be_clear(prepare: Prepare) -> None:
    found = shown(prepare(halves(), "a.png", transparency=BLUE))
    assert near(found, (5, 10), (*RED, 255))
    assert found.getchannel("A").getpixel((35, 10)) == 0


def test_a_picture_with_nothing_clear_in_it_needs_no_fourth_channel(prepare: Prepare) -> None:
    assert shown(prepare(halves("RGBA"), "a.png")).mode == "RGB"


# --- made once, and the same each time --------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
@pytest.mark.parametrize("mime", ["image/jpeg", "image/png", "image/webp"])
def test_the_same_picture_gives_the_same_bytes(tmp_path: Path, name: str, mime: str) -> None:
    rules, file = Pictures(bytes=20_000, types=(mime,)), saved(tmp_path, noise((60, 60)), name)
    assert prepared(file, rules, tmp_path / "one") == prepared(file, rules, tmp_path / "two")


def test_a_picture_is_prepared_once(tmp_path: Path) -> None:
    file, cache = saved(tmp_path, halves(), "a.png"), tmp_path / "cache"
    first = prepared(file, WIDE, cache)
    [kept] = cache.iterdir()
    written = kept.stat().st_mtime_ns, kept.stat().st_ino
    again = prepared(file.rename(tmp_path / "other.png"), WIDE, cache)
    assert again == first
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == written
    assert list(cache.iterdir()) == [kept]


def test_other_rules_or_another_picture_are_prepared_anew(tmp_path: Path) -> None:
    file, cache = saved(tmp_path, halves(), "a.png"), tmp_path / "cache"
    prepared(file, WIDE, cache)
    assert prepared(file, Pictures(bytes=5_000_000, width=20), cache).width == 20
    saved(tmp_path, Image.new("RGB", (7, 7)), "a.png")
    assert prepared(file, WIDE, cache).width == 7
    assert len(list(cache.iterdir())) == 3


@pytest.mark.parametrize("left", [0, 10, 200])
def test_a_kept_picture_that_was_cut_short_is_made_again(tmp_path: Path, left: int) -> None:
    file, cache = saved(tmp_path, noise((30, 30)), "a.png"), tmp_path / "cache"
    first = prepared(file, WIDE, cache)
    [kept] = cache.iterdir()
    kept.write_bytes(first.bytes[:left])
    assert prepared(file, WIDE, cache) == first
    assert kept.read_bytes() == first.bytes


def test_a_picture_goes_out_also_if_it_cannot_be_kept(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    assert prepared(saved(tmp_path, halves(), "a.png"), WIDE, tmp_path / "cache").mime == "image/png"


def test_a_picture_that_is_no_file_is_prepared_alike(tmp_path: Path) -> None:
    file = saved(tmp_path, halves(), "a.png")
    cache = tmp_path / "cache"
    assert prepared_bytes(file.read_bytes(), "the page's picture", WIDE, cache) == prepared(file, WIDE, cache)


def test_bytes_that_are_no_picture_are_refused(tmp_path: Path) -> None:
    for content in (b"", b"<html>", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(Refused):
            prepared_bytes(content, "the page's picture", WIDE, tmp_path)


# --- what is refused --------------------------------------------------------------------------------


def as_bytes(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, BLUE)]
    return as_bytes(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def webp_head(kind: bytes, body: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + 8 + len(body)) + b"WEBP" + kind + struct.pack("<I", len(body)) + body


PNG_BYTES, JPEG_BYTES = as_bytes(halves(), "PNG"), as_bytes(halves(), "JPEG")
GIF_BOMB = (
    b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + b"," + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0) + b"\x02\0;"
)
REFUSED = [
    ("moves.gif", moving("GIF"), "moves"),
    ("moves.png", moving("PNG"), "moves"),
    ("moves.webp", moving("WEBP"), "moves"),
    ("huge.png", png(10_000, 5001, 8, 0, b""), "more than 50 million points"),
    ("vast.png", png(2**31 - 1, 2**31 - 1, 8, 0, b""), "million points|broken"),
    ("huge.webp", webp_head(b"VP8X", b"\0\0\0\0" + b"\xff\x3f\0\xff\x3f\0"), "more than 50 million points"),
    ("huge-lossless.webp", webp_head(b"VP8L", b"\x2f\xff\xff\xff\x0f"), "more than 50 million points"),
    ("huge.gif", GIF_BOMB, "more than 50 million points"),
    ("empty.png", b"", "is empty"),
    ("text.png", b"hello", "is no picture"),
    ("page.jpg", b"<!doctype html><p>", "is no picture"),
    ("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is a drawing"),
    ("drawing.png", b'<?xml version="1.0"?><!-- a --><SVG/>', "is a drawing"),
    ("packed.svgz", gzip.compress(b"<svg/>"), "is no picture"),
    ("photo.heic", b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC"),
    ("photo.tiff", as_bytes(halves(), "TIFF"), "is no picture"),
    ("photo.bmp", as_bytes(halves(), "BMP"), "is no picture"),
    ("sound.webp", b"RIFF\x24\0\0\0WAVEfmt ", "is no picture"),
    ("wrong.png", JPEG_BYTES, 'holds a JPEG picture. Rename it to "wrong.jpg"'),
    ("wrong.jpg", PNG_BYTES, 'holds a PNG picture. Rename it to "wrong.png"'),
    ("photo.png.exe", PNG_BYTES, 'Rename it to "photo.png.png"'),
    ("photo.jpg.png", JPEG_BYTES, "holds a JPEG"),
    ("photo", PNG_BYTES, 'Rename it to "photo.png"'),
    ("head.png", PNG_BYTES[:8], "is broken"),
    ("head.jpg", JPEG_BYTES[:3], "is broken"),
    ("head.gif", b"GIF89a", "is broken"),
    ("head.webp", webp_head(b"VP8 ", b""), "is broken"),
]


@pytest.mark.parametrize(("name", "content", "says"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_what_cannot_go_out_is_refused_with_a_next_step(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    import re

    file = saved(tmp_path, content, name)
    with pytest.raises(Refused, match=says if "|" in says else re.escape(says)) as caught:
        prepared(file, WIDE, tmp_path / "cache")
    assert f'"{name}"' in str(caught.value)
    assert str(caught.value).endswith(".")
    assert problem(file) == str(caught.value)


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.9])
def test_half_a_picture_is_refused(tmp_path: Path, name: str, part: float) -> None:
    whole = saved(tmp_path, noise((80, 80)), name).read_bytes()
    file = saved(tmp_path, whole[: int(len(whole) * part)], name)
    with pytest.raises(Refused, match="is broken"):
        prepared(file, WIDE, tmp_path / "cache")


@pytest.mark.parametrize("name", ["gone.png", "folder.png"])
def test_a_picture_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(Refused, match="cannot be read"):
        prepared(tmp_path / name, WIDE, tmp_path / "cache")
    assert "cannot be read" in (problem(tmp_path / name) or "")


def test_a_file_too_large_for_any_picture_is_not_even_read(tmp_path: Path) -> None:
    with (tmp_path / "a.png").open("wb") as file:
        file.truncate(100_000_001)
    assert "over 100 MB" in (problem(tmp_path / "a.png") or "")


@pytest.mark.parametrize("name", ["a.png", "B.JPG", "c.jpeg", "d.webp", "e.gif", "f.tar.png", "ñ ü.png"])
def test_nothing_is_wrong_with_a_sound_picture(tmp_path: Path, name: str) -> None:
    assert problem(saved(tmp_path, halves(), name)) is None


FORMS = {
    f"a{end}": as_bytes(noise((24, 24)), kind)
    for end, kind in ((".png", "PNG"), (".jpg", "JPEG"), (".webp", "WEBP"), (".gif", "GIF"))
}


@settings(max_examples=200)
@given(
    st.sampled_from(sorted(FORMS)),
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), max_size=6),
    st.integers(1, 4000),
)
def test_a_damaged_picture_is_prepared_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, name: str, damage: list[tuple[int, int]], length: int
) -> None:
    content = bytearray(FORMS[name])
    for place, value in damage:
        content[place % len(content)] = value
    folder = tmp_path_factory.mktemp("media")
    file = saved(folder, bytes(content[: max(12, length)]), name)
    told = problem(file)
    try:
        result = prepared(file, Pictures(bytes=9000, width=100, height=100), folder)
    except Refused:
        return
    assert told is None
    assert len(result.bytes) <= 9000


def test_loading_the_module_loads_no_pillow() -> None:
    code = "import json, sys, bot.media; print(json.dumps('PIL' in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) is False


@pytest.mark.parametrize("passes", [50, 5000])
def test_a_picture_that_would_be_decoded_for_an_hour_is_refused(prepare: Prepare, passes: int) -> None:
    file = BytesIO()
    Image.new("RGB", (64, 64), RED).save(file, "JPEG", progressive=True)
    plain = file.getvalue()
    last = plain[plain.rindex(b"\xff\xda") : -2]
    content = plain[:-2] + last * passes + plain[-2:]
    if passes == 50:
        assert near(shown(prepare(content, "a.jpg")), (9, 9), RED)
        return
    with pytest.raises(Refused, match=r"takes too long to open\. Save it again\."):
        prepare(content, "a.jpg")


# --- the picture of a post --------------------------------------------------------------------------


def test_a_posts_picture_is_kept_only_where_there_is_a_folder_for_it(tmp_path: Path) -> None:
    image = post.Image(file=str(saved(tmp_path, noise((30, 20)), "bus.png")), alt="A bus")
    made = of_post(image, WIDE, "Town")
    assert [file.name for file in tmp_path.iterdir()] == ["bus.png"]
    assert of_post(image, WIDE, "Town", str(tmp_path / "cache")) == made
    assert len(list((tmp_path / "cache").iterdir())) == 1


@pytest.mark.parametrize(("letters", "fits"), [(1000, True), (1001, False)])
def test_the_description_of_a_picture_is_never_cut(tmp_path: Path, letters: int, fits: bool) -> None:
    image = post.Image(file=str(saved(tmp_path, noise((30, 20)), "bus.png")), alt="a" * letters)
    if fits:
        assert of_post(image, WIDE, "Town")
        return
    with pytest.raises(Refused, match=r"description is 1001 characters long; Town takes 1000\. Shorten it\."):
        of_post(image, WIDE, "Town")
