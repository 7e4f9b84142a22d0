"""Photos for the demo, drawn by code: a house as a child draws it, its damage, and the word that it is invented."""

from __future__ import annotations

import io
import random

from PIL import Image, ImageDraw, ImageFont

SIZE = (960, 720)
WALLS = ((214, 196, 160), (202, 178, 150), (224, 214, 198), (188, 170, 150))
ROOF, SKY, GRASS, DARK, PAPER = (160, 76, 52), (208, 224, 236), (150, 170, 110), (70, 60, 54), (250, 248, 244)


def house(rng: random.Random, damage: str) -> bytes:
    """A PNG of a house; the higher the class of damage, the less of its roof and windows is left."""
    grade = int(damage[1]) if damage[1:].isdigit() else 0
    image = Image.new("RGB", SIZE, SKY)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 520, *SIZE), fill=GRASS)
    left, right, top = 230 + rng.randrange(60), 700 + rng.randrange(60), 290 + rng.randrange(30)
    draw.rectangle((left, top, right, 560), fill=rng.choice(WALLS), outline=DARK, width=3)
    if grade < 5:
        peak = ((left + right) // 2, top - 150)
        draw.polygon([(left - 30, top), peak, (right + 30, top)], fill=ROOF, outline=DARK)
    if grade >= 3:
        hole = left + rng.randrange(60, 220)
        draw.polygon([(hole, top), (hole + 60, top - 70), (hole + 150, top)], fill=SKY if grade == 3 else DARK)
    for column in range(3):
        x = left + 50 + column * (right - left - 60) // 3
        draw.rectangle((x, top + 60, x + 70, top + 150), fill=DARK if grade >= 2 + column % 2 else PAPER, outline=DARK)
    draw.rectangle((left + 200, 440, left + 270, 560), fill=(110, 84, 60), outline=DARK)
    for _ in range(grade * 3):
        x, y = rng.randrange(left, right - 40), rng.randrange(top, 540)
        draw.line((x, y, x + rng.randrange(10, 40), y + rng.randrange(-30, 30)), fill=DARK, width=3)
    draw.rectangle((0, 660, SIZE[0], SIZE[1]), fill=PAPER)
    font = ImageFont.load_default(size=30)
    draw.text((24, 672), "Drawn for the demo: no such house", fill=DARK, font=font)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
