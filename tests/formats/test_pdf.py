"""PDFs as they come: locked, cut, turned, scanned, huge, wrong."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from streha.engine.law import document
from streha.formats import pdf, scan

TEXT = "The municipal office keeps the register of sheltered families and informs the residents about it."
FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
Draw = Callable[[canvas.Canvas], None]


def _made(draw: Draw, *, encrypt: StandardEncryption | None = None, size: tuple[float, float] = A4) -> bytes:
    buffer = io.BytesIO()
    page = canvas.Canvas(buffer, pagesize=size, encrypt=encrypt, invariant=1)
    draw(page)
    page.save()
    return buffer.getvalue()


def _article(page: canvas.Canvas) -> None:
    for place, text in enumerate(("Article 1", "Purpose", f"1. {TEXT}", f"2. {TEXT}")):
        page.drawString(60, 780 - 20 * place, text)


def _read(data: bytes) -> document.Document:
    with pdf.Pdf(data) as file:
        return document.from_pages(file.pages())


def _texts(read: document.Document) -> dict[str, str]:
    return {provision.eid: provision.text for provision in read.provisions}


WANTED = {"art_1": "", "art_1__para_1": TEXT, "art_1__para_2": TEXT}


def test_a_plain_page() -> None:
    read = _read(_made(_article))
    assert _texts(read) == WANTED
    first = next(p for p in read.provisions if p.eid == "art_1__para_1")
    assert first.page == 1
    assert first.box is not None
    assert 55 < first.box.x0 < 65
    assert 90 < first.box.y0 < 110


def test_a_locked_pdf_says_so() -> None:
    with pytest.raises(pdf.EncryptedPdf, match="password"):
        pdf.Pdf(_made(_article, encrypt=StandardEncryption("secret")))


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7\nnothing", b"\x00" * 5000])
def test_what_is_no_pdf_says_so(data: bytes) -> None:
    with pytest.raises(pdf.UnreadablePdf, match="not a readable PDF"):
        pdf.Pdf(data)


def test_a_cut_pdf_is_refused_or_read_but_never_crashes() -> None:
    whole = _made(_article)
    for share in (0.3, 0.6, 0.9):
        try:
            read = _read(whole[: int(len(whole) * share)])
        except pdf.UnreadablePdf:
            continue
        assert set(_texts(read).values()) <= {"", TEXT}


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_turned_page_reads_like_an_upright_one(angle: int) -> None:
    def turned(page: canvas.Canvas) -> None:
        page.setPageRotation(angle)
        _article(page)

    def drawn(page: canvas.Canvas) -> None:
        page.translate(*{90: (842, 0), 180: (595, 842), 270: (0, 842)}[angle])
        page.rotate(angle)
        _article(page)

    # The program swaps the sides of a page that it turns by a quarter.
    assert _texts(_read(_made(turned, size=A4 if angle == 180 else (A4[1], A4[0])))) == WANTED
    assert _texts(_read(_made(drawn, size=A4 if angle == 180 else (842, 842)))) == WANTED


def test_two_pages_on_one_sheet_are_read_one_after_the_other() -> None:
    def two(page: canvas.Canvas) -> None:
        short = "The office keeps the register of families."
        for half, number in ((40, 1), (470, 2)):
            lines = [f"Article {number}", "Purpose"]
            lines += [f"{n}. {short}" for n in range(1, 15)]
            for place, text in enumerate(lines):
                page.drawString(half, 540 - 20 * place, text)

    read = _read(_made(two, size=(842, 595)))
    eids = [p.eid for p in read.provisions]
    assert eids[:2] == ["art_1", "art_1__para_1"]
    assert eids[15:17] == ["art_2", "art_2__para_1"]
    assert read.findings == ()


def test_a_watermark_is_left_out_and_told() -> None:
    def marked(page: canvas.Canvas) -> None:
        _article(page)
        page.translate(200, 300)
        page.rotate(45)
        page.setFont("Helvetica", 60)
        page.drawString(0, 0, "DRAFT")

    read = _read(_made(marked))
    assert _texts(read) == WANTED
    assert any("watermark" in warning for warning in read.warnings)


def _picture() -> bytes:
    from PIL import Image

    with pdf.Pdf(_made(_article)) as file:
        image = Image.open(io.BytesIO(file.picture(1, dots_per_inch=200)))

    def draw(page: canvas.Canvas) -> None:
        from reportlab.lib.utils import ImageReader

        page.drawImage(ImageReader(image), 0, 0, width=595, height=842)

    return _made(draw)


def test_a_picture_without_text_says_what_to_do() -> None:
    read = _read(_picture())
    assert read.provisions == ()
    assert any("--ocr" in warning for warning in read.warnings)


@pytest.mark.skipif(not scan.is_available(), reason="not run: tesseract is not installed")
def test_a_picture_is_read_by_tesseract_and_marked() -> None:
    with pdf.Pdf(_picture()) as file:
        read = document.from_pages(scan.recognised(file))
    assert read.recognised
    assert _texts(read)["art_1__para_1"] == TEXT
    assert any("OCR" in warning for warning in read.warnings)


def test_without_tesseract_the_message_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scan.shutil, "which", lambda _: None)
    with pdf.Pdf(_picture()) as file, pytest.raises(scan.NoTesseract, match="tesseract-ocr-sqi"):
        list(scan.recognised(file))


def test_text_from_right_to_left_is_told() -> None:
    pdfmetrics.registerFont(TTFont("DejaVu", FONT))

    def draw(page: canvas.Canvas) -> None:
        page.setFont("DejaVu", 12)
        for line in range(20):
            page.drawString(60, 780 - 20 * line, "هذا القانون ينظم المساعدة للنازحين")

    read = _read(_made(draw))
    assert any("right to left" in warning for warning in read.warnings)


def test_a_text_layer_that_lies_is_told() -> None:
    def draw(page: canvas.Canvas) -> None:
        pdfmetrics.registerFont(TTFont("DejaVu", FONT))
        page.setFont("DejaVu", 12)
        for line in range(20):
            page.drawString(60, 780 - 20 * line, "\ufffd\ufffd\ufffd \ufffd\ufffd\ufffd\ufffd \ufffd\ufffd")

    read = _read(_made(draw))
    assert any("text layer" in warning or "language" in warning for warning in read.warnings)


def test_words_that_mix_scripts_are_counted_and_kept() -> None:
    pdfmetrics.registerFont(TTFont("DejaVu", FONT))
    mixed = "рaсељенa лица имају право на смештај у општини."

    def draw(page: canvas.Canvas) -> None:
        page.setFont("DejaVu", 11)
        page.drawString(60, 780, "Члан 1")
        page.drawString(60, 760, f"1. {mixed}")

    read = _read(_made(draw))
    assert read.languages == ("sr-Cyrl",)
    assert _texts(read)["art_1__para_1"] == mixed
    assert any("1 words mix" in warning for warning in read.warnings)


def test_a_bomb_of_pages_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "MAX_PAGES", 2)

    def draw(page: canvas.Canvas) -> None:
        for _ in range(3):
            _article(page)
            page.showPage()

    with pytest.raises(pdf.TooLarge, match="at most 2"):
        pdf.Pdf(_made(draw))


def test_many_pages_are_read_one_at_a_time() -> None:
    """200 pages here; ``python -m bench.law many`` reads 2,000 and prints time and memory."""
    assert len(_read(many_pages(200)).provisions) == 4_200


def many_pages(count: int) -> bytes:
    """A law of one article a page."""

    def draw(page: canvas.Canvas) -> None:
        for number in range(1, count + 1):
            page.drawString(60, 780, f"Article {number}")
            for line in range(20):
                page.drawString(60, 750 - 20 * line, f"{line + 1}. {TEXT}")
            page.showPage()

    return _made(draw)
