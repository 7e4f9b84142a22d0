"""Words on pages to paragraphs in reading order, one stream per language.

Columns are found by their gutters: vertical strips that hardly any line crosses. Repeated lines at the edges are
running headers and footers; small print under a column is footnotes; ruled grids in one language are tables, ruled
grids in several are columns. Nothing depends on the order in which the file draws its text.
"""

from __future__ import annotations

import itertools
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from streha.common.printed import Block, Box, Cell, Page, Word
from streha.engine.law import labels, language

GUTTER_MIN = 5.0  # points; narrower strips are word spaces that happen to lie below one another
COLUMN_MIN = 52.0  # points; narrower columns are numbers beside their paragraphs
CROSSED = 0.05  # share of lines that may cross a gutter (titles over all columns)
LOOKAHEAD = 40  # pages read before the columns of the whole document are settled
SMALL = 0.88  # of the usual height: footnotes are smaller
CALL = 0.82  # of the line's height: footnote calls are smaller still
EDGE = 0.13  # of the page height, above and below, where running headers and footers stand
_CALL_TEXT = re.compile(r"^[\[(]?(\d{1,3}|[*†‡]{1,3})[\])]?[.,;:]?$")
_SUPERSCRIPTS = re.compile(r"(?<=\S)[¹²³⁰⁴-⁹]+")
_PAGE_NUMBER = re.compile(
    r"^[-–—\s|]*(?:(?:faqe|fq\.?|page|p\.|strana|str\.?|страна|стр\.?)\s*)?\d{1,4}(?:\s*(?:/|nga|of|od|од)\s*\d{1,4})?[-–—\s|]*$",
    re.I,
)
_LIST_STARTS = (labels.Kind.NUMBER, labels.Kind.PAREN_NUMBER, labels.Kind.LETTER, labels.Kind.ROMAN, labels.Kind.BULLET)
_ENDS = re.compile(r"[.;:!?…][\"'”“»)\]]*$")


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line within one column."""

    text: str
    page: int
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool
    column: int
    columns: int
    left: float = 0.0  # edges of the column on this page
    right: float = 0.0
    top: float = 0.0  # share of the page height above the line
    cell: Cell | None = None
    marked: bool = False  # opens with a raised mark, as footnotes do

    @property
    def box(self) -> Box:
        return Box(round(self.x0, 1), round(self.y0, 1), round(self.x1, 1), round(self.y1, 1))


@dataclass(frozen=True, slots=True)
class Stream:
    """Paragraphs of one language in reading order."""

    lang: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What layout makes of a document; ``left_out`` counts characters that are headers, footers or footnotes."""

    streams: tuple[Stream, ...]
    notes: tuple[Block, ...]
    left_out: int
    pages: int
    empty_pages: tuple[int, ...]
    warnings: tuple[tuple[str, str], ...]  # (code, detail)


@dataclass(frozen=True, slots=True)
class _Grid:
    """A ruled table on a page: where its columns and rows are divided."""

    box: Box
    xs: tuple[float, ...]
    ys: tuple[float, ...]


def read(pages: Iterable[Page]) -> Reading:
    """Paragraphs per language of a document given page by page.

    Memory holds the words of at most ``LOOKAHEAD`` pages, and the lines of all.
    """
    warnings: list[tuple[str, str]] = []
    lines: list[Line] = []
    empty: list[int] = []
    count = 0
    for page, gutters, grids in _settled(_watched(pages, warnings)):
        count += 1
        found = _lines(page, gutters, grids)
        if not found and (page.images or not page.words):
            empty.append(page.number)
        lines.extend(found)
    body, left_out = _without_running_lines(lines, count)
    body, notes = _without_footnotes(body)
    left_out += sum(len(line.text) for line in notes)
    streams = _streams(body)
    return Reading(
        tuple(streams),
        tuple(_block([line]) for line in notes),
        left_out,
        count,
        tuple(empty),
        tuple(dict.fromkeys(warnings)),
    )


def _watched(pages: Iterable[Page], warnings: list[tuple[str, str]]) -> Iterator[Page]:
    for page in pages:
        warnings.extend((code, str(page.number)) for code in page.warnings)
        if page.recognised:
            warnings.append(("recognised", str(page.number)))
        yield page


# ---------------------------------------------------------------- columns


def _settled(pages: Iterator[Page]) -> Iterator[tuple[Page, tuple[Box, ...], list[_Grid]]]:
    """Each page with its gutters, after the first pages have voted for the document's columns."""
    first = list(itertools.islice(pages, LOOKAHEAD))
    parallel = _grids_are_columns(first)
    own = [(page, *_page_columns(page, parallel)) for page in first]
    votes = Counter((len(gutters), round(page.width)) for page, gutters, _, rows in own if rows >= 10)
    usual: dict[int, tuple[Box, ...]] = {}
    for (n, width), _ in reversed(votes.most_common()):
        fitting = [
            gutters for page, gutters, _, rows in own if rows >= 10 and len(gutters) == n and round(page.width) == width
        ]
        usual[width] = _typical(fitting) if n else ()
    for page, gutters, grids, rows in own:
        yield page, _fitting(page, gutters, usual.get(round(page.width)), rows, grids), grids
    for page in pages:
        gutters, grids, rows = _page_columns(page, parallel)
        yield page, _fitting(page, gutters, usual.get(round(page.width)), rows, grids), grids


def _typical(fitting: list[tuple[Box, ...]]) -> tuple[Box, ...]:
    out = []
    for place in range(len(fitting[0])):
        x0 = statistics.median(gutters[place].x0 for gutters in fitting)
        x1 = statistics.median(gutters[place].x1 for gutters in fitting)
        middle = (x0 + x1) / 2
        out.append(Box(min(x0, middle - 1), 0, max(x1, middle + 1), 0))
    return tuple(out)


def _fitting(
    page: Page, own: tuple[Box, ...], usual: tuple[Box, ...] | None, rows: int, grids: list[_Grid]
) -> tuple[Box, ...]:
    """The page's own gutters, or the document's where the page has too few lines to show its own."""
    if usual is None or len(usual) == len(own) or not usual:
        return own
    words = _outside(page.words, grids)
    if not words:
        return own
    crossing = sum(1 for word in words for gutter in usual if word.x0 < gutter.x0 + 1 and word.x1 > gutter.x1 - 1)
    in_gutter = sum(
        1 for word in words for gutter in usual if word.x0 < (gutter.x0 + gutter.x1) / 2 - 0.5 < word.x1 - 1
    )
    allowed = max(2, 0.02 * len(words)) if rows < 10 else 0.012 * len(words)
    filled = rows < 10 or _sides_filled(words, usual)  # a last page may end in one column
    return usual if max(crossing, in_gutter) <= allowed and filled else own


def _sides_filled(words: Sequence[Word], gutters: tuple[Box, ...]) -> bool:
    """Whether at least two columns hold words."""
    columns = {sum(1 for gutter in gutters if word.x0 >= gutter.x0) for word in words}
    return len(columns) >= 2


def _page_columns(page: Page, parallel: bool) -> tuple[tuple[Box, ...], list[_Grid], int]:
    grids = [] if parallel else _grids(page)
    words = _outside(page.words, grids)
    gutters, rows = _gutters(words, page.width)
    return gutters, grids, rows


def _outside(words: Sequence[Word], grids: list[_Grid]) -> list[Word]:
    if not grids:
        return list(words)
    return [word for word in words if not any(_holds(grid.box, word) for grid in grids)]


def _holds(box: Box, word: Word) -> bool:
    x, y = (word.x0 + word.x1) / 2, (word.y0 + word.y1) / 2
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _gutters(words: Sequence[Word], width: float) -> tuple[tuple[Box, ...], int]:
    """Vertical strips that few rows of words cross, and how many rows there are. Small print is left aside.

    The page is cut into strips one point wide; each counts the rows that cover it. A gutter is a run of strips, at
    least ``GUTTER_MIN`` wide, each crossed by at most ``CROSSED`` of the rows, with a real column on both sides.
    """
    if len(words) < 8 or width < 100:
        return (), 0
    size = statistics.median(word.size for word in words) or 10.0
    words = [word for word in words if word.size >= SMALL * size]  # footnotes run under all columns
    x0 = np.array([word.x0 for word in words])
    x1 = np.array([word.x1 for word in words])
    row = np.round(np.array([(word.y0 + word.y1) / 2 for word in words]) / (0.6 * size)).astype(int)
    names, row = np.unique(row, return_inverse=True)
    covered = np.zeros((len(names), int(width) + 2), dtype=bool)
    starts = np.clip(x0 - 0.3, 0, width).astype(int)
    ends = np.clip(np.ceil(x1 + 0.3), 0, width + 1).astype(int)
    for at, start, end in zip(row, starts, ends, strict=True):
        covered[at, start:end] = True
    crossed = covered.sum(axis=0)
    rows = len(names)
    free = crossed <= (CROSSED * rows if rows >= 12 else 0)
    left, right = int(x0.min()), int(np.ceil(x1.max()))
    found: list[Box] = []
    start = None
    for x in range(left, right + 1):
        if free[x] and start is None:
            start = x
        elif not free[x] and start is not None:
            if x - start >= GUTTER_MIN and start > left:
                found.append(_core(crossed, start, x))
            start = None
    return _real(found, x0, x1, row), rows


def _core(crossed: np.ndarray, start: int, end: int) -> Box:
    """The widest run of least crossed strips: in ragged columns few lines reach the edge, but they do reach it."""
    inside = crossed[start:end]
    least = inside == inside.min()
    best, run = (0, 0), 0
    for place, low in enumerate([*least, False]):
        if low:
            run += 1
            continue
        if run > best[1] - best[0]:
            best = (place - run, place)
        run = 0
    return Box(float(start + best[0]), 0, float(start + best[1]), 0)


def _real(gutters: list[Box], x0: np.ndarray, x1: np.ndarray, row: np.ndarray) -> tuple[Box, ...]:
    """Without the gutters beside which there is no column of running words."""
    left, right = int(x0.min()), int(np.ceil(x1.max()))
    kept = list(gutters)
    changed = True
    while changed and kept:
        changed = False
        edges = [left, *[(g.x0 + g.x1) / 2 for g in kept], right]
        for place in range(len(edges) - 1):
            inside = (x0 >= edges[place] - 1) & ((x0 + x1) / 2 < edges[place + 1])
            rows = len(np.unique(row[inside]))
            narrow = edges[place + 1] - edges[place] < COLUMN_MIN
            sparse = inside.sum() < max(4, 0.05 * len(x0)) or inside.sum() < 1.3 * rows
            if narrow or sparse:
                # The words go with the neighbour on the right (numbers stand left of their text), else the left.
                kept.pop(place if place < len(kept) else place - 1)
                changed = True
                break
    return tuple(kept)


# ---------------------------------------------------------------- ruled tables


def _grids_are_columns(pages: list[Page]) -> bool:
    """Whether the ruled grids of a document set languages side by side, and so are columns, not tables."""
    votes = 0
    for page in pages:
        for grid in _grids(page):
            texts = [
                " ".join(
                    w.text for w in page.words if a <= (w.x0 + w.x1) / 2 < b and grid.box.y0 <= w.y0 <= grid.box.y1
                )
                for a, b in zip(grid.xs, grid.xs[1:], strict=False)
            ]
            known = {lang for lang in (language.detect(text, at_least=5) for text in texts) if lang}
            votes += 1 if len(known) > 1 else -1 if known else 0
    return votes > 0


def _grids(page: Page) -> list[_Grid]:
    """Ruled tables with at least two columns and two rows."""
    across = [rule for rule in page.rules if rule.x1 - rule.x0 > 25 and rule.y1 - rule.y0 <= 3]
    down = [rule for rule in page.rules if rule.y1 - rule.y0 > 6 and rule.x1 - rule.x0 <= 3]
    if len(across) < 2 or len(down) < 2 or len(across) + len(down) > 6000:
        return []
    grids = []
    for top, bottom, members in _bands(down):
        xs = _distinct([(rule.x0 + rule.x1) / 2 for rule in members])
        rules = [rule for rule in across if top - 3 <= rule.y0 <= bottom + 3]
        if len(xs) < 3 or len(rules) < 2:
            continue
        width = xs[-1] - xs[0]
        if any(abs(xs[i + 1] - xs[i]) > 0.97 * width for i in range(len(xs) - 1)):
            continue
        ys = _row_edges(rules, xs[0], width)
        if len(ys) >= 2:
            grids.append(_Grid(Box(xs[0] - 1, ys[0] - 1, xs[-1] + 1, ys[-1] + 1), tuple(xs), tuple(ys)))
    return grids


def _row_edges(rules: list[Box], left: float, width: float) -> list[float]:
    """Heights at which rules together cross most of the table."""
    by_height: list[tuple[float, float]] = []
    for rule in sorted(rules, key=lambda one: one.y0):
        length = min(rule.x1, left + width) - max(rule.x0, left)
        if by_height and rule.y0 - by_height[-1][0] < 2.5:
            by_height[-1] = (by_height[-1][0], by_height[-1][1] + length)
        else:
            by_height.append((rule.y0, length))
    return [y for y, length in by_height if length > 0.6 * width]


def _bands(down: list[Box]) -> list[tuple[float, float, list[Box]]]:
    """Vertical rules grouped into stretches of the page without a break."""
    bands: list[tuple[float, float, list[Box]]] = []
    for rule in sorted(down, key=lambda one: one.y0):
        if bands and rule.y0 <= bands[-1][1] + 3:
            top, bottom, members = bands[-1]
            bands[-1] = (top, max(bottom, rule.y1), [*members, rule])
        else:
            bands.append((rule.y0, rule.y1, [rule]))
    return bands


def _distinct(values: list[float], apart: float = 4.0) -> list[float]:
    out: list[float] = []
    for value in sorted(values):
        if not out or value - out[-1] > apart:
            out.append(value)
    return out


# ---------------------------------------------------------------- lines


def _lines(page: Page, gutters: tuple[Box, ...], grids: list[_Grid]) -> list[Line]:
    """The lines of a page in reading order: column after column, lines over all columns where they stand."""
    if not page.words:
        return []
    columns: list[list[Word]] = [[] for _ in range(len(gutters) + 1)]
    outside = _outside(page.words, grids)
    spanning = _spanning(outside, gutters)
    for word in outside:
        if word not in spanning:
            columns[sum(1 for gutter in gutters if (word.x0 + word.x1) / 2 > (gutter.x0 + gutter.x1) / 2)].append(word)
    over = _put_together(list(spanning), page, -1, len(columns)) if spanning else []
    out: list[list[Line]] = [_put_together(words, page, index, len(columns)) for index, words in enumerate(columns)]
    for place, grid in enumerate(grids, 1):
        column = sum(1 for gutter in gutters if (grid.box.x0 + grid.box.x1) / 2 > (gutter.x0 + gutter.x1) / 2)
        out[column].extend(_cells(page, grid, place, column, len(columns)))
    for lines in out:
        lines.sort(key=lambda line: line.y0 if line.cell is None else line.top * page.height)
    return _in_bands(over, out)


def _in_bands(over: list[Line], columns: list[list[Line]]) -> list[Line]:
    """Lines that span the columns cut the page into bands; each band is read column by column."""
    if not over:
        return [line for lines in columns for line in lines]
    ordered: list[Line] = []
    cuts = [line.y0 for line in over] + [float("inf")]
    start = float("-inf")
    for place, cut in enumerate(cuts):
        for lines in columns:
            ordered.extend(line for line in lines if start <= line.y0 < cut)
        if place < len(over):
            ordered.append(over[place])
        start = cut
    return ordered


def _spanning(words: list[Word], gutters: tuple[Box, ...]) -> set[Word]:
    """Words of lines that run across a gutter, found from a word that lies in it."""
    if not gutters:
        return set()
    found: set[Word] = set()
    for word in words:
        if any(word.x0 < gutter.x1 - 1.5 and word.x1 > gutter.x0 + 1.5 for gutter in gutters):
            found |= _chain(word, words)
    return found


def _chain(word: Word, words: list[Word]) -> set[Word]:
    """The words that stand in one run with a word, without a gap wider than a letter."""
    row = sorted(
        (w for w in words if abs((w.y0 + w.y1) - (word.y0 + word.y1)) < 0.8 * word.size), key=lambda one: one.x0
    )
    run = [row[0]]
    for after in row[1:]:
        if after.x0 - run[-1].x1 > 0.75 * word.size:
            if word in run:
                break
            run = []
        run.append(after)
    return set(run) if word in run else {word}


def _put_together(words: list[Word], page: Page, column: int, columns: int) -> list[Line]:
    if not words:
        return []
    usual = statistics.median(word.size for word in words) or 10.0
    left, right = min(word.x0 for word in words), max(word.x1 for word in words)
    calls = [word for word in words if word.size < CALL * usual and _CALL_TEXT.match(word.text)]
    called = set(calls)
    rows: list[list[Word]] = []
    for word in sorted((w for w in words if w not in called), key=lambda one: one.y1):
        row = rows[-1] if rows else None
        if row is not None and _on_one_line(word, row):
            row.append(word)
        else:
            rows.append([word])
    lines = []
    for row in rows:
        marked = _marks(row, calls)
        text = _joined(sorted(row, key=lambda one: one.x0))
        if marked and not re.match(r"^[\d*†‡]", text):
            text = f"{marked} {text}"
        x0, x1 = min(w.x0 for w in row), max(w.x1 for w in row)
        y0, y1 = min(w.y0 for w in row), max(w.y1 for w in row)
        size = statistics.median(w.size for w in row)
        letters = sum(len(w.text) for w in row)
        bold = sum(len(w.text) for w in row if w.bold) * 2 > letters
        if text:
            lines.append(
                Line(text, page.number, x0, y0, x1, y1, size, bold, column, columns, left, right,
                     y0 / max(page.height, 1), marked=bool(marked))
            )  # fmt: skip
    return lines


def _on_one_line(word: Word, row: list[Word]) -> bool:
    near = abs(word.y1 - row[-1].y1) < 0.35 * max(word.size, row[-1].size) + 0.1
    return near or _overlap(word, row[0]) > 0.6


def _overlap(word: Word, other: Word) -> float:
    """Share of the lower word's height that both cover."""
    common = min(word.y1, other.y1) - max(word.y0, other.y0)
    return common / max(min(word.y1 - word.y0, other.y1 - other.y0), 0.1)


def _marks(row: list[Word], calls: list[Word]) -> str:
    """The raised mark that opens a line, if any; calls inside the line are left out of its text."""
    top, bottom = min(w.y0 for w in row), max(w.y1 for w in row)
    left = min(w.x0 for w in row)
    height = bottom - top
    for call in calls:
        middle = (call.y0 + call.y1) / 2
        if top - 0.3 * height <= middle <= bottom and -2.5 * height < call.x0 - left <= 0 and call.x1 <= left + 1:
            return call.text
    return ""


def _joined(words: list[Word]) -> str:
    out: list[str] = []
    end = None
    for word in words:
        if end is not None and word.x0 - end > 0.12 * word.size:
            out.append(" ")
        out.append(word.text)
        end = word.x1
    return _SUPERSCRIPTS.sub("", "".join(out)).strip()


def _cells(page: Page, grid: _Grid, table: int, column: int, columns: int) -> list[Line]:
    """The lines of a ruled table, each with its place in it; row by row, cell by cell."""
    lines: list[Line] = []
    inside = [word for word in page.words if _holds(grid.box, word)]
    for r, (y0, y1) in enumerate(zip(grid.ys, grid.ys[1:], strict=False), 1):
        for c, (x0, x1) in enumerate(zip(grid.xs, grid.xs[1:], strict=False), 1):
            words = [w for w in inside if x0 <= (w.x0 + w.x1) / 2 < x1 and y0 <= (w.y0 + w.y1) / 2 < y1]
            cell = Cell(table, r, c, len(grid.xs) - 1)
            found = _put_together(words, page, column, columns)
            # ``top`` orders the lines of a table as one piece, in the place of its upper edge.
            lines.extend(
                replace(line, cell=cell, top=(grid.box.y0 + 0.001 * n) / page.height)
                for n, line in enumerate(found, r * 1000 + c * 40)
            )
    return lines


# ---------------------------------------------------------------- headers, footers, footnotes


def _without_running_lines(lines: list[Line], pages: int) -> tuple[list[Line], int]:
    """Without page numbers and lines that repeat at the edges of pages; and how many characters went."""

    def at_edge(line: Line) -> bool:
        return line.cell is None and (line.top < EDGE or line.top > 1 - EDGE)

    def shape(line: Line) -> tuple[str, int]:
        return re.sub(r"\d+|\b[ivxlcIVXLC]+\b", "#", line.text).strip(), round(line.top * 50)

    seen: dict[tuple[str, int], set[int]] = defaultdict(set)
    for line in lines:
        if at_edge(line):
            text, place = shape(line)
            for near in (place - 1, place, place + 1):
                seen[text, near].add(line.page)
    needed = max(2, min(3, pages), round(0.2 * pages)) if pages > 1 else 2
    first: dict[int, float] = {}
    last: dict[int, float] = {}
    for line in lines:
        first[line.page] = min(first.get(line.page, 1.0), line.top)
        last[line.page] = max(last.get(line.page, 0.0), line.top)
    running: set[int] = set()
    by_page: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if at_edge(line):
            by_page[line.page].append(line)
    for members in by_page.values():
        # From the edge inwards, until the first line that belongs to the text.
        for side in (
            sorted((one for one in members if one.top < 0.5), key=lambda one: one.top),
            sorted((one for one in members if one.top >= 0.5), key=lambda one: -one.top),
        ):
            for line in side:
                repeated = len(seen[shape(line)]) >= needed and not _opens(line.text)
                outermost = line.top <= first[line.page] + 0.01 or line.top >= last[line.page] - 0.01
                number = outermost and bool(_PAGE_NUMBER.match(line.text)) and len(line.text) < 24
                if not repeated and not number:
                    break
                running.add(id(line))
    kept = [line for line in lines if id(line) not in running]
    return kept, sum(len(line.text) for line in lines if id(line) in running)


def _opens(text: str) -> bool:
    """A label at the top of many pages is an article, not a header, unless words follow it."""
    label = labels.container(text)
    return label is not None and not label.rest


def _without_footnotes(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Without the small print at the foot of a column that opens with a mark."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size * 2) / 2] += len(line.text)
    if not sizes:
        return lines, []
    usual = sizes.most_common(1)[0][0]
    by_column: dict[tuple[int, int], list[Line]] = defaultdict(list)
    for line in lines:
        if line.cell is None:
            by_column[line.page, line.column].append(line)
    notes: set[int] = set()
    for members in by_column.values():
        members.sort(key=lambda one: one.y0)
        tail: list[Line] = []
        for line in reversed(members):
            if line.size > SMALL * usual:
                break
            tail.insert(0, line)
        marks = [n for n, line in enumerate(tail) if line.marked or re.match(r"^[\d*†‡]{1,3}[.)]?\s*\S", line.text)]
        if marks:
            notes.update(id(line) for line in tail[marks[0] :])
    return [line for line in lines if id(line) not in notes], [line for line in lines if id(line) in notes]


# ---------------------------------------------------------------- streams and paragraphs


def _streams(lines: list[Line]) -> list[Stream]:
    """Lines sorted into languages: by column where columns differ, else by what each paragraph says."""
    by_column: dict[tuple[int, int], list[str]] = defaultdict(list)
    for line in lines:
        if line.column >= 0:
            by_column[line.columns, line.column].append(line.text)
    settled = {place: language.detect(" ".join(texts)) for place, texts in by_column.items()}
    here: dict[tuple[int, int], list[str]] = defaultdict(list)
    for line in lines:
        if line.column >= 0 and line.columns > 1:
            here[line.page, line.column].append(line.text)
    paged = {place: language.detect(" ".join(texts), at_least=12) for place, texts in here.items()}
    parts: dict[str, list[Line]] = defaultdict(list)
    order: list[str] = []
    known = [lang for lang in settled.values() if lang]
    parallel = len(set(known)) > 1 and any(columns > 1 for columns, _ in settled)
    if not parallel:
        return _by_paragraph(lines)
    for line in lines:
        if line.columns == 1:
            lang = language.detect(line.text)
        else:
            lang = paged.get((line.page, line.column)) or settled.get((line.columns, line.column))
        if line.column < 0:
            lang = language.detect(line.text) or "*"
        lang = lang or (known[0] if known else "und")
        if lang not in order and lang != "*":
            order.append(lang)
        if lang == "*":  # a title over all columns whose language cannot be told belongs to the first
            lang = order[0] if order else known[0]
            if lang not in order:
                order.append(lang)
        parts[lang].append(line)
    words = _vocabulary(lines)
    return [Stream(lang, tuple(paragraphs(parts[lang], words))) for lang in order]


def _by_paragraph(lines: list[Line]) -> list[Stream]:
    return streams_of(paragraphs(lines, _vocabulary(lines)))


def streams_of(blocks: Sequence[Block]) -> list[Stream]:
    """Paragraphs of a document without columns, sorted into languages by what they say.

    A table whose columns are in different languages is read column by column.
    """
    blocks = _unfolded(blocks)
    texts = [block.text for block in blocks]
    whole = " ".join(texts)
    evidence = language.scores(whole)
    best = max(evidence.values(), default=0.0)
    among = [code for code in language.CODES if evidence[code] >= max(3.0, 0.06 * best)]
    if not among:
        return [Stream("und", tuple(blocks))] if blocks else []
    found = language.runs(texts, among=among)
    parts: dict[str, list[Block]] = defaultdict(list)
    for block, lang in zip(blocks, found, strict=True):
        parts[block.lang or lang].append(block)
    total = sum(len(text) for text in texts)
    small = [code for code, part in parts.items() if sum(len(block.text) for block in part) < 0.02 * total]
    if small and len(parts) > len(small):
        # A quotation in another language is not another version of the document.
        main = max(parts, key=lambda code: sum(len(block.text) for block in parts[code]))
        rest = [main if lang in small else lang for lang in found]
        parts = defaultdict(list)
        for block, lang in zip(blocks, rest, strict=True):
            parts[block.lang or lang].append(block)
    return [Stream(lang, tuple(part)) for lang, part in parts.items()]


def _unfolded(blocks: Sequence[Block]) -> list[Block]:
    """Tables that set languages side by side, taken apart into one run of paragraphs per column."""
    by_table: dict[int, list[Block]] = defaultdict(list)
    for block in blocks:
        if block.cell:
            by_table[block.cell.table].append(block)
    parallel: dict[int, dict[int, str]] = {}
    for table, members in by_table.items():
        columns: dict[int, list[str]] = defaultdict(list)
        for block in members:
            if block.cell:
                columns[block.cell.column].append(block.text)
        found = {column: language.detect(" ".join(texts), at_least=5) for column, texts in columns.items()}
        known = {column: lang for column, lang in found.items() if lang}
        if len(set(known.values())) > 1 and len(known) == len(columns):
            parallel[table] = known
    if not parallel:
        return list(blocks)
    out: list[Block] = []
    done: set[int] = set()
    for block in blocks:
        table = block.cell.table if block.cell else 0
        if table not in parallel:
            out.append(block)
        elif table not in done:
            done.add(table)
            for column, lang in sorted(parallel[table].items()):
                out.extend(
                    replace(one, cell=None, lang=lang)
                    for one in by_table[table]
                    if one.cell and one.cell.column == column
                )
    return out


def _vocabulary(lines: list[Line]) -> Counter[str]:
    """Words printed whole somewhere: they tell a hyphen that was set from one that belongs to the word."""
    words: Counter[str] = Counter()
    for line in lines:
        parts = line.text.lower().split()
        words.update(part.strip(".,;:()\"'„“”«»") for part in (parts[:-1] if line.text.endswith("-") else parts))
    return words


def paragraphs(lines: list[Line], vocabulary: Counter[str]) -> list[Block]:
    """Lines of one stream put together into paragraphs, across columns and pages."""
    blocks: list[Block] = []
    group: list[Line] = []
    spacing = _spacing(lines)
    for line in lines:
        if group and not _continues(group, line, spacing):
            blocks.append(_block(group, vocabulary))
            group = []
        group.append(line)
    if group:
        blocks.append(_block(group, vocabulary))
    return _whole_tables(blocks)


def _spacing(lines: list[Line]) -> float:
    """The usual distance from line to line, as a multiple of the line height."""
    steps, sure = [], []
    for before, after in itertools.pairwise(lines):
        step = (after.y1 - before.y1) / max(before.size, 1)
        if before.page != after.page or before.column != after.column or before.cell or after.cell or not 0 < step < 3:
            continue
        steps.append(step)
        if after.text[:1].islower() and not _ENDS.search(before.text):
            sure.append(step)  # the second line of a sentence
    if len(sure) >= 4:
        return float(statistics.median(sure))
    return float(np.percentile(steps, 30)) if steps else 1.2


def _continues(group: list[Line], line: Line, spacing: float) -> bool:
    """Whether a line belongs to the paragraph that the lines before it form."""
    before = group[-1]
    if (before.cell is None) != (line.cell is None):
        return False
    if before.cell and line.cell:
        return before.cell == line.cell and before.page == line.page and not labels.item(line.text)
    hyphen = before.text.endswith(("-", "\u00ad")) and line.text[:1].islower()
    if hyphen and not labels.item(line.text):
        return True
    if _opens_block(line, before):
        return False
    if before.bold != line.bold and (before.bold or _ENDS.search(before.text)):
        return False
    if abs(before.size - line.size) > 0.12 * max(before.size, line.size):
        return False
    ended = bool(_ENDS.search(before.text))
    if labels.container(before.text) is not None and len(group) == 1 and not labels.container(before.text).rest:  # type: ignore[union-attr]
        return False
    here = before.page == line.page and before.column == line.column
    if not here:
        return _continues_elsewhere(group, line, ended=ended)
    step = (line.y1 - before.y1) / max(min(before.size, line.size), 1)
    if step > spacing * 1.12 + 0.04:
        return line.text[:1].islower() and not ended and step < spacing * 2.2
    if step < 0:
        return False
    if ended and _indented(group, line):
        return False
    if line.text[:1].islower() or (line.text[:1].isdigit() and not ended):
        return True  # programs keep a figure and its noun on one line, so a figure proves nothing
    return not _first_word_would_fit(before, line)


def _first_word_would_fit(before: Line, line: Line) -> bool:
    """Whether the next line's first word had room on the line before: then the line was ended on purpose."""
    first = line.text.split()[0]
    advance = (line.x1 - line.x0) / max(len(line.text), 1)
    before_gap, after_gap = before.x0 - before.left, before.right - before.x1
    centred = before_gap > 6 and abs(before_gap - after_gap) < 4
    room = before_gap + after_gap if centred else after_gap
    return (len(first) + 2.5) * advance < room


def _indented(group: list[Line], line: Line) -> bool:
    """A first line that is set in, while the lines before it were not."""
    rest = [one.x0 for one in group[1:] if one.page == line.page and one.column == line.column]
    margin = min(rest) if rest else group[0].left
    return line.x0 > margin + 0.8 * line.size and line.x0 < margin + 5 * line.size


def _continues_elsewhere(group: list[Line], line: Line, *, ended: bool) -> bool:
    """Over a page or column break there is no distance to measure: the words decide."""
    before = group[-1]
    if before.bold != line.bold:
        return False
    if line.text[:1].islower():
        return True
    if not ended:
        return not (before.bold or labels.container(before.text))
    # In justified text only the last line of a paragraph ends before the edge.
    edge = max((one.x1 for one in group[:-1] if one.page == before.page and one.column == before.column), default=0.0)
    return abs(before.x1 - edge) <= 0.7 and not _indented(group, line)


def _opens_block(line: Line, before: Line) -> bool:
    label = labels.item(line.text)
    if label:
        return not _is_stray(label, before)
    if labels.container(line.text) or labels.planned(line.text):
        return not _mentioned(line, before)
    return bool(labels.bare_number(line.text)) and (line.bold or bool(_ENDS.search(before.text)))


def _is_stray(label: labels.Label, before: Line) -> bool:
    """A number at the start of a line that belongs to the sentence: "... under paragraph / 2. of this Article"."""
    if label.kind is labels.Kind.BULLET:
        return before.text[-1:].isalnum() and label.rest[:1].islower() and label.printed in "-–—"
    if _ENDS.search(before.text) or before.text.endswith(","):
        return False
    if label.rest[:1].islower() and label.kind is labels.Kind.NUMBER and len(label.values) == 1:
        return True
    last = before.text.split()[-1].lower().strip("(") if before.text.split() else ""
    return last in _CALLERS


_CALLERS = {
    "paragraph", "paragraphs", "article", "articles", "point", "points", "no", "no.", "nr", "nr.", "br", "br.",
    "бр", "бр.", "paragrafit", "paragrafi", "paragrafin", "paragrafët", "nenit", "neni", "nenin", "neneve",
    "pika", "pikën", "pikës", "numër", "stav", "stava", "stavom", "stavu", "članom", "člana", "članu", "član",
    "tačka", "tačke", "tačkom", "tački", "став", "става", "ставом", "ставу", "чланом", "члана", "члану", "тачка",
    "тачке", "тачком", "тачки", "and", "dhe", "i", "и",
}  # fmt: skip


def _mentioned(line: Line, before: Line) -> bool:
    """ "... as required by / Article 5 / of this Law": a label in mid-sentence opens nothing."""
    if _ENDS.search(before.text) or before.bold or line.bold:
        return False
    width = max(line.right - line.left, 1)
    full = before.x1 > before.right - 0.25 * width
    return full and abs(line.x0 - before.x0) < 3 and labels.container(before.text) is None and before.text[:1].islower()


def _block(group: list[Line], vocabulary: Counter[str] | None = None) -> Block:
    text = group[0].text
    for line in group[1:]:
        text = _attach(text, line.text, vocabulary or Counter())
    first = group[0]
    same = [line for line in group if line.page == first.page and line.column == first.column]
    box = Box(
        round(min(line.x0 for line in same), 1), round(min(line.y0 for line in same), 1),
        round(max(line.x1 for line in same), 1), round(max(line.y1 for line in same), 1),
    )  # fmt: skip
    bold = all(line.bold for line in group)
    return Block(
        text.replace("\u00ad", ""), page=first.page, box=box, bold=bold, size=round(first.size, 1), cell=first.cell
    )


def _attach(text: str, more: str, vocabulary: Counter[str]) -> str:
    """Two lines as one, with a hyphen at the break taken out unless it belongs to the word."""
    if text.endswith("\u00ad"):
        return text[:-1] + more
    if not text.endswith("-") or text.endswith(" -") or not more[:1].isalpha():
        return f"{text} {more}"
    if more[:1].isupper():
        return text + more
    tail = text.rsplit(maxsplit=1)[-1].lower().lstrip(".,;:()\"'„“”«»")
    head = more.split(maxsplit=1)[0].lower().rstrip(".,;:()\"'„“”«»")
    whole, compound = tail[:-1] + head, tail + head
    if vocabulary[whole] >= vocabulary[compound]:
        # Neither or both are printed elsewhere: a compound is only likely when both halves are words by themselves.
        if (
            vocabulary[whole] == vocabulary[compound] == 0
            and vocabulary[tail[:-1]]
            and vocabulary[head]
            and len(tail) > 4
        ):
            return text + more
        return text[:-1] + more
    return text + more


# ---------------------------------------------------------------- tables over pages


def _whole_tables(blocks: list[Block]) -> list[Block]:
    """Tables numbered through the document, continued over pages, their rows put together.

    A table continues when the next page opens with a grid of as many columns at the same places. A repeated header is
    dropped; a row that a page broke has an empty first cell on the next page.
    """
    out: list[Block] = []
    table = row = 0
    header: dict[int, str] = {}
    previous: Block | None = None
    dropping: tuple[int | None, int, int] | None = None
    shift = 0
    last: tuple[int | None, int, int] | None = None  # page, table, row as printed
    order: dict[int, int] = {}
    for place, block in enumerate(blocks):
        cell = block.cell
        if cell is None:
            previous = block
            out.append(block)
            continue
        here = (block.page, cell.table, cell.row)
        if last is None or last[:2] != here[:2]:
            joined = previous is not None and previous.cell is not None and previous.cell.columns == cell.columns
            printed = _printed_rows(blocks, place)
            # Rules drawn twice leave empty rows: rows count by their order.
            order = {number: at for at, number in enumerate(sorted(printed), 1)}
            rows = {order[number]: cells for number, cells in printed.items()}
            if joined:
                dropping = here if rows.get(order[cell.row]) == header else None
                first = order[cell.row] + (1 if dropping else 0)
                broken = first in rows and 1 not in rows[first]
                shift = row - first + (0 if broken else 1)
            else:
                table += 1
                header = rows.get(order[cell.row], {})
                dropping = None
                shift = 1 - order[cell.row]
        if dropping != here:
            row = order[cell.row] + shift
            new = Cell(table, row, cell.column, cell.columns, header=row == 1)
            out.append(replace(block, cell=new))
        last = here
        previous = block
    return _rows_together(out)


def _printed_rows(blocks: list[Block], start: int) -> dict[int, dict[int, str]]:
    rows: dict[int, dict[int, str]] = {}
    first = blocks[start]
    for block in blocks[start:]:
        if block.cell is None or first.cell is None:
            break
        if block.page != first.page or block.cell.table != first.cell.table:
            break
        cells = rows.setdefault(block.cell.row, {})
        cells[block.cell.column] = (cells.get(block.cell.column, "") + " " + block.text).strip()
    return rows


def _rows_together(blocks: list[Block]) -> list[Block]:
    """The paragraphs of one cell, also over a page break, as one block."""
    out: list[Block] = []
    places: dict[tuple[int, int, int], int] = {}
    for block in blocks:
        if block.cell is None:
            out.append(block)
            continue
        key = (block.cell.table, block.cell.row, block.cell.column)
        if key in places:
            earlier = out[places[key]]
            out[places[key]] = replace(earlier, text=_attach(earlier.text, block.text, Counter()))
        else:
            places[key] = len(out)
            out.append(block)
    return out
