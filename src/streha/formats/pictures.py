"""Photos that somebody sends: told by their content, decoded within limits, and written anew as plain JPEG.

What is written anew holds the pixels and nothing else: no place, no camera, no day, no thumbnail of the uncropped
picture, no text that somebody hid behind the end. Bytes in, bytes out; nothing here touches a disk.
"""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from streha.common import errors

KINDS = ("JPEG", "PNG", "WEBP")
LARGEST_FILE = 15 * 1024 * 1024  # bytes
LARGEST_PIXELS = {"JPEG": 64_000_000}  # a telephone of today makes 12 to 50 million; decoded at a fraction of that
LARGEST_PIXELS_ELSE = 24_000_000  # PNG and WebP are unpacked whole: four bytes a pixel
SMALLEST_SIDE = 32  # pixels: below, it is an icon
KEPT_SIDE = 2000  # pixels of the longer side that are kept
THUMB_SIDE = 360
QUALITY = 82
WHITE = (255, 255, 255)


@dataclass(frozen=True)
class Picture:
    """A photo as it is kept: two JPEG files and the size of the larger, in pixels."""

    full: bytes
    thumb: bytes
    width: int
    height: int


def clean(sent: bytes, *, name: str = "") -> Picture:
    """The photo as new JPEG files, upright, without anything but its pixels.

    Raises BadInput for what is no photo, damaged, too large in bytes or pixels, or too small to show anything. The
    size in pixels is read from the head of the file and judged before anything is unpacked, so a small file that
    claims to be enormous costs nothing.
    """
    if not sent:
        raise errors.BadInput(
            errors.message("The file is empty. Choose the photo again."), code="photo_empty", field="photo"
        )
    if len(sent) > LARGEST_FILE:
        raise errors.BadInput(
            errors.message("The photo has {size} MB; at most {most} are taken. Send it in a smaller size."),
            code="photo_too_large",
            field="photo",
            size=round(len(sent) / 1024 / 1024, 1),
            most=LARGEST_FILE // 1024 // 1024,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of sizes that are judged here anyway
        try:
            upright = _upright(sent)
        except errors.StrehaError:
            raise
        except Image.DecompressionBombError as bomb:  # the library's own limit, far above ours
            raise _too_many_pixels(max(LARGEST_PIXELS.values())) from bomb
        except Exception as damage:  # a decoder fed with hostile bytes raises whatever it likes
            raise _no_photo(name) from damage
    return Picture(_jpeg(upright, KEPT_SIDE), _jpeg(upright, THUMB_SIDE), *_fitted(upright.size, KEPT_SIDE))


def _upright(sent: bytes) -> Image.Image:
    with Image.open(io.BytesIO(sent), formats=KINDS) as image:
        _check_size(*image.size, LARGEST_PIXELS.get(image.format or "", LARGEST_PIXELS_ELSE))
        image.draft("RGB", (KEPT_SIDE, KEPT_SIDE))  # JPEG alone: decodes at a fraction of the size where that is enough
        image.load()
        turned = ImageOps.exif_transpose(image)
        if turned.mode in {"RGBA", "LA", "PA"} or "transparency" in turned.info:
            seen = turned.convert("RGBA")
            flat = Image.new("RGB", seen.size, WHITE)
            flat.paste(seen, mask=seen.getchannel("A"))
            return flat
        return turned.convert("RGB")


def _check_size(width: int, height: int, most: int) -> None:
    if width * height > most:
        raise _too_many_pixels(most)
    if min(width, height) < SMALLEST_SIDE:
        raise errors.BadInput(
            errors.message("The picture has {width} × {height} pixels: too small to show anything. Send the photo."),
            code="photo_too_small",
            field="photo",
            width=width,
            height=height,
        )


def _too_many_pixels(most: int) -> errors.BadInput:
    return errors.BadInput(
        errors.message("The picture claims more than {most} million pixels. Send a smaller one."),
        code="photo_too_many_pixels",
        field="photo",
        most=most // 1_000_000,
    )


def _no_photo(name: str) -> errors.BadInput:
    return errors.BadInput(
        errors.message("“{value}” is not a photo that can be read. Send a JPEG, PNG or WebP picture."),
        code="photo_unreadable",
        field="photo",
        value=name[:60] or "?",
    )


def _fitted(size: tuple[int, int], side: int) -> tuple[int, int]:
    """A size that fits into a square, never larger than it was."""
    longer = max(size)
    if longer <= side:
        return size
    return max(1, round(size[0] * side / longer)), max(1, round(size[1] * side / longer))


def _jpeg(image: Image.Image, side: int) -> bytes:
    small = image.resize(_fitted(image.size, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    fresh = Image.new("RGB", small.size)  # a new picture: nothing of ``info`` comes along
    fresh.paste(small)
    out = io.BytesIO()
    fresh.save(out, "JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
