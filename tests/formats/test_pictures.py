"""Photos as they come: with places in them, turned, transparent, damaged, enormous, or no photos at all."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from streha.common import errors
from streha.formats import pictures

MAKE, ORIENTATION, GPS = 0x010F, 0x0112, 0x8825


def photo(kind: str = "JPEG", size: tuple[int, int] = (400, 300), **more: object) -> bytes:
    image = Image.new("RGB", size, (90, 120, 60))
    image.paste((200, 30, 30), (0, 0, size[0] // 2, size[1] // 2))  # the upper left is red
    out = io.BytesIO()
    image.save(out, kind, **more)
    return out.getvalue()


def with_place() -> bytes:
    exif = Image.Exif()
    exif[MAKE] = "Zyrafacam"
    exif[ORIENTATION] = 6  # the camera was held upright: turn to the right by 90 degrees
    exif.get_ifd(GPS).update({1: "N", 2: (42.0, 12.0, 50.0), 3: "E", 4: (20.0, 44.0, 22.0)})
    return photo(exif=exif.tobytes(), comment=b"behind the school")


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_place_camera_and_comment_are_gone() -> None:
    sent = with_place()
    assert opened(sent).getexif().get_ifd(GPS), "the photo that is sent must carry a place, or this shows nothing"
    made = pictures.clean(sent)
    for content in (made.full, made.thumb):
        image = opened(content)
        assert not image.getexif()
        assert not {"exif", "comment", "icc_profile", "xmp"} & image.info.keys()
        assert b"Zyrafacam" not in content and b"behind the school" not in content and b"GPS" not in content


def test_the_picture_stands_upright() -> None:
    made = pictures.clean(with_place())
    assert (made.width, made.height) == (300, 400)
    red, green, _blue = opened(made.full).convert("RGB").getpixel((280, 20))  # type: ignore[misc]
    assert red > 150 > green, "what was upper left is upper right after the turn"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_usual_kinds_become_jpeg(kind: str) -> None:
    made = pictures.clean(photo(kind))
    assert opened(made.full).format == "JPEG"
    assert opened(made.full).size == (made.width, made.height) == (400, 300)
    assert max(opened(made.thumb).size) == pictures.THUMB_SIDE


def test_what_is_transparent_becomes_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(out, "PNG")
    assert opened(pictures.clean(out.getvalue()).full).getpixel((50, 50)) == (255, 255, 255)


def test_a_large_photo_is_kept_smaller_in_its_shape() -> None:
    made = pictures.clean(photo(size=(4000, 1000)))
    assert (made.width, made.height) == (2000, 500)


def bomb(width: int, height: int) -> bytes:
    """A PNG of a few hundred bytes that claims to be enormous."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "photo_empty"),
        (b"%PDF-1.7 not a photo", "photo_unreadable"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "photo_unreadable"),
        (b"GIF89a" + b"\0" * 200, "photo_unreadable"),
        (photo()[:500], "photo_unreadable"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 4000, "photo_unreadable"),
        (bomb(60_000, 60_000), "photo_too_many_pixels"),
        (bomb(2_000_000_000, 1), "photo_too_many_pixels"),
        (photo(size=(20, 300)), "photo_too_small"),
        (b"\xff\xd8" + b"\0" * (pictures.LARGEST_FILE + 1), "photo_too_large"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_photo_is_told_why(sent: bytes, code: str) -> None:
    with pytest.raises(errors.BadInput) as told:
        pictures.clean(sent, name="shtepia.jpg")
    assert told.value.code == code
    assert told.value.details["field"] == "photo"
    assert told.value.english()


def test_text_that_unpacks_to_gigabytes_is_refused() -> None:
    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 80_000_000, 9))
    sent = photo("PNG")
    packed = sent[:33] + text + sent[33:]
    try:
        made = pictures.clean(packed)
    except errors.BadInput as told:
        assert told.code == "photo_unreadable"
    else:
        assert b"xxxx" not in made.full
