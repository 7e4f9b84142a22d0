"""Paragraphs of one language to provisions with stable eIds.

The eIds follow the Akoma Ntoso naming (``chp_II``, ``art_3``, ``art_3__para_1__point_a``; OASIS Akoma Ntoso Naming
Convention 1.0, section 5), so the same provision has the same eId in every language whatever its printed label. The
printed labels are kept beside it as ``path``.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from streha.common.printed import Block, Box
from streha.engine.law import labels
from streha.engine.law.labels import Kind, Label

HEADING_WORDS = 30  # a longer line after "Article 3" is its first paragraph, not its title
_SENTENCE_END = re.compile(r"[.;:!?…][\"'”“»)\]]*$")
_CLOSING = re.compile(
    r"^(_{3,}|-{5,}|kryeministr|premijer|премијер|prime minister|president|predsedni|председни|kryetar|minist[re]|"
    r"министар|prishtin|priština|приштина|pristina|nr\.|br\.|бр\.|no\.|dat[ëe]\b|dated?\b|datum|датум|\d{1,2}[./]\s?\d{1,2}[./]\s?\d{4})",
    re.I,
)
_ROMAN_HEADING = re.compile(r"^(?P<printed>(?P<num>[IVXLC]{1,7})[.)])\s+(?P<rest>\S.*)$", re.S)
_LAW_LEVELS = {Kind.ATTACHMENT: 0, Kind.PART: 0, Kind.CHAPTER: 1, Kind.SECTION: 2, Kind.ARTICLE: 3}
_PLAN_KINDS = (Kind.OBJECTIVE, Kind.MEASURE)


@dataclass(frozen=True, slots=True)
class Provision:
    """One piece of a text in one language.

    ``text`` holds its own words only: no number, no footnote call, no words of the provisions inside it. ``sha256`` is
    of ``text`` in UTF-8. ``box`` lies on ``page`` where it begins; both are None for files without pages.
    """

    eid: str
    path: str
    lang: str
    heading: str
    text: str
    kind: str
    page: int | None
    box: Box | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A number that is missing in a row, or printed twice."""

    kind: str  # number_gap | duplicate_number
    eid: str
    lang: str
    after: str


@dataclass(frozen=True, slots=True)
class Segmented:
    """The provisions of one language, in order, and what is wrong with their numbers."""

    lang: str
    provisions: tuple[Provision, ...]
    gaps: tuple[Gap, ...]
    is_plan: bool


@dataclass(slots=True)
class _Node:
    """A provision while the text is being read."""

    kind: str
    key: str = ""
    printed: str = ""
    heading: str = ""
    text: str = ""
    value: int = 0  # the printed number, 0 when there is none
    label: Kind | None = None
    page: int | None = None
    box: Box | None = None
    suffix: str = ""
    children: list[_Node] = field(default_factory=list)
    eid: str = ""
    level: int = 0

    def add(self, child: _Node) -> _Node:
        self.children.append(child)
        return child

    def say(self, text: str) -> None:
        self.text = f"{self.text} {text}".strip()


def segment(blocks: Sequence[Block], lang: str) -> Segmented:
    """The provisions of a stream of paragraphs in one language.

    A text with articles is read as law; without them as a plan, by numbered headings.
    """
    articles = sum(1 for block in blocks if _is_article(block))
    is_plan = articles == 0
    root = _plan(blocks) if is_plan else _law(blocks)
    _count_places(root)
    gaps: list[Gap] = []
    _name(root, "", lang, gaps)
    _check_articles(root, lang, gaps)
    return Segmented(lang, tuple(_flat(root, lang)), tuple(gaps), is_plan)


def _is_article(block: Block) -> bool:
    label = labels.container(_printed(block))
    return label is not None and label.kind is Kind.ARTICLE


def _printed(block: Block) -> str:
    return f"{block.number} {block.text}".strip() if block.number else block.text.strip()


def _node(kind: str, block: Block, label: Label | None = None, *, text: str = "", level: int = 0) -> _Node:
    if label is None:
        return _Node(kind, text=text, page=block.page, box=block.box, level=level)
    value = label.values[-1] if label.values else 0
    return _Node(
        kind, label.key, label.printed, text=text, value=value, label=label.kind, page=block.page, box=block.box,
        suffix=label.suffix, level=level,
    )  # fmt: skip


# ---------------------------------------------------------------- laws


def _law(blocks: Sequence[Block]) -> _Node:
    root = _Node("root")
    preface = _Node("preface")
    reader = _LawReader(root)
    tables = _Tables(root)
    place = 0
    while place < len(blocks):
        block = blocks[place]
        place += 1
        text = _printed(block)
        if block.cell is not None:
            tables.take(block)
            continue
        label = labels.container(text)
        if label is not None and label.kind in _LAW_LEVELS and reader.accepts(label):
            node = reader.open(block, label)
            if not node.heading and place < len(blocks) and _is_title(blocks[place]):
                node.heading = _printed(blocks[place])
                place += 1
            continue
        if reader.place is None:
            preface.add(_node("p", block, text=text))
        else:
            reader.take(block, text)
    _set_apart_closing(root)
    if preface.children:
        root.children.insert(0, preface)
    return root


def _is_title(block: Block) -> bool:
    """Whether the paragraph after "Article 3" is its title."""
    text = block.text.strip()
    if block.cell is not None or block.number or labels.item(text) or labels.container(text):
        return False
    if not text or _SENTENCE_END.search(text) or len(text.split()) > HEADING_WORDS:
        return False
    return not text[:1].islower()


class _LawReader:
    """Reads the paragraphs of a law: which container is open, which paragraph, which list."""

    def __init__(self, root: _Node) -> None:
        self.root = root
        self.open_containers: list[_Node] = []
        self.place: _Node | None = None
        self.items: list[_Node] = []  # the open paragraph and the points inside it
        self.last_article = 0

    def accepts(self, label: Label) -> bool:
        """An article number that runs backwards by a little is a reference, not an article."""
        if label.kind is not Kind.ARTICLE:
            return True
        if any(node.kind == "att" for node in self.open_containers):
            return True
        return label.values[0] > self.last_article or bool(label.suffix) or label.values[0] == self.last_article

    def open(self, block: Block, label: Label) -> _Node:
        level = _LAW_LEVELS[label.kind]
        while self.open_containers and self.open_containers[-1].level >= level:
            self.open_containers.pop()
        node = _node(label.kind.value, block, label, level=level)
        node.heading = label.rest.strip()
        parent = self.open_containers[-1] if self.open_containers else self.root
        parent.add(node)
        self.open_containers.append(node)
        self.place, self.items = node, []
        if label.kind is Kind.ARTICLE:
            self.last_article = label.values[0]
        return node

    def take(self, block: Block, text: str) -> None:
        """A paragraph, a point, or words that belong to one of them."""
        assert self.place is not None
        label = labels.item(text)
        if label is None:
            bare = labels.bare_number(text)
            label = bare if bare and self._fits(bare) else None
        if label is None or self._is_stray(label):
            self._unnumbered(block, text)
            return
        if label.kind is Kind.NUMBER:
            self._numbered(block, label)
        else:
            self._listed(block, label)

    def _fits(self, label: Label) -> bool:
        """Whether a dotted number without its last dot continues the numbers here."""
        opened = self.items[0] if self.items else None
        return bool(opened and opened.value == label.values[0]) or self._is_article_number(label)

    def _is_article_number(self, label: Label) -> bool:
        return self.place is not None and self.place.kind == "art" and self.place.value == label.values[0]

    def _is_stray(self, label: Label) -> bool:
        return label.kind is Kind.NUMBER and not label.rest and label.values[-1] > 200

    def _unnumbered(self, block: Block, text: str) -> None:
        assert self.place is not None
        if len(self.items) > 1 and text[:1].islower():
            self.items[0].add(_node("wrapup", block, text=text))
            return
        node = _node("para", block, text=text)
        self.place.add(node)
        self.items = [node]

    def _numbered(self, block: Block, label: Label) -> None:
        assert self.place is not None
        depth = len(label.values)
        opened = self.items[0] if self.items else None
        if depth == 1:
            listed = opened is not None and opened.label is None and opened.text.endswith(":")
            if listed and opened is not None and not any(child.label is Kind.NUMBER for child in self.place.children):
                node = _node("point", block, label, text=label.rest, level=1)
                opened.add(node)
                self.items = [opened, node]
                return
            node = _node("para", block, label, text=label.rest)
            self.place.add(node)
            self.items = [node]
            return
        if depth >= 2 and (opened is None or opened.value != label.values[0]) and self._is_article_number(label):
            node = _node("para", block, label, text=label.rest)
            self.place.add(node)
            self.items = [node]
            return
        if self._counts_in_article(label):
            depth -= 1
        if opened is None:
            opened = self.place.add(_node("para", block, text=""))
            opened.value = label.values[0]
            self.items = [opened]
        del self.items[max(1, depth - 1) :]
        node = _node("point", block, label, text=label.rest)
        self.items[-1].add(node)
        self.items.append(node)

    def _counts_in_article(self, label: Label) -> bool:
        """ "3.1.2" in Article 3 whose paragraphs are printed 3.1, 3.2."""
        opened = self.items[0] if self.items else None
        return bool(
            opened and opened.printed.count(".") + (not opened.printed.endswith(".")) >= 2 and len(label.values) > 2
        )

    def _listed(self, block: Block, label: Label) -> None:
        assert self.place is not None
        label = self._settle_roman(label)
        for depth, node in enumerate(self.items):
            if node.label is label.kind and (depth > 0 or node.kind == "para"):
                parent = self.items[depth - 1] if depth else self.place
                new = _node(node.kind, block, label, text=label.rest)
                parent.add(new)
                self.items = [*self.items[:depth], new]
                return
        if not self.items:
            new = _node("para", block, label, text=label.rest)
            if label.kind in (Kind.LETTER, Kind.ROMAN, Kind.BULLET):
                # A list that opens an article hangs from a paragraph nobody printed.
                holder = self.place.add(_node("para", block, text=""))
                new.kind = _item_kind(label)
                holder.add(new)
                self.items = [holder, new]
                return
            self.place.add(new)
            self.items = [new]
            return
        if label.kind is Kind.PAREN_NUMBER and label.printed.startswith("(") and self._ends_sentence():
            new = _node("para", block, label, text=label.rest)
            self.place.add(new)
            self.items = [new]
            return
        new = _node(_item_kind(label), block, label, text=label.rest)
        self.items[-1].add(new)
        self.items.append(new)

    def _ends_sentence(self) -> bool:
        return not self.items[-1].text.endswith((":", ",", ";"))

    def _settle_roman(self, label: Label) -> Label:
        """ "i)" is the letter after h, or the Roman one."""
        if label.kind is not Kind.LETTER or not labels.roman(label.key):
            return label
        letters = [node for node in self.items if node.label is Kind.LETTER]
        romans = [node for node in self.items if node.label is Kind.ROMAN]
        if romans and labels.roman(label.key) == romans[-1].value + 1:
            pass
        elif label.key != "i" or (letters and letters[-1].key in ("h", "gj", "g", "ž", "з")):
            return label
        value = labels.roman(label.key)
        return Label(Kind.ROMAN, label.printed, (value,), str(value), label.rest)


def _item_kind(label: Label) -> str:
    return "indent" if label.kind is Kind.BULLET else "point"


def _set_apart_closing(root: _Node) -> None:
    """Signature, place and date after the last article are no paragraphs of it."""
    last = root
    while last.children and last.kind not in ("art", "att"):
        last = last.children[-1]
    if last.kind != "art":
        return
    closing: list[_Node] = []
    for node in reversed(last.children):
        is_closing = node.label is None and not node.children and not re.search(r"[;:]$", node.text)
        plain = is_closing and (_CLOSING.match(node.text) or not _SENTENCE_END.search(node.text))
        if not plain or len(node.text) > 160:
            break
        closing.insert(0, node)
    # Not the whole article, and only when something names an office, a place or a date.
    if closing and len(closing) < len(last.children) and any(_CLOSING.match(node.text) for node in closing):
        del last.children[-len(closing) :]
        holder = _Node("conclusions", page=closing[0].page, box=closing[0].box)
        for node in closing:
            node.kind = "p"
            holder.add(node)
        root.add(holder)


# ---------------------------------------------------------------- plans


def _plan(blocks: Sequence[Block]) -> _Node:
    root = _Node("root")
    preface = _Node("preface")
    tables = _Tables(root)
    usual = _usual_size(blocks)
    opened: list[_Node] = []
    items: list[_Node] = []
    for place, block in enumerate(blocks):
        text = _printed(block)
        if block.cell is not None:
            tables.take(block)
            continue
        following = blocks[place + 1] if place + 1 < len(blocks) else None
        heading = _plan_heading(block, text, usual, opened, following)
        if heading is not None:
            while opened and opened[-1].level >= heading.level:
                opened.pop()
            (opened[-1] if opened else root).add(heading)
            opened.append(heading)
            items = []
            continue
        if not opened:
            preface.add(_node("p", block, text=text))
            continue
        items = _plan_paragraph(opened[-1], items, block, text)
    if preface.children:
        root.children.insert(0, preface)
    return root


def _usual_size(blocks: Sequence[Block]) -> float:
    weight: dict[float, int] = defaultdict(int)
    for block in blocks:
        weight[block.size] += len(block.text)
    return max(weight, key=lambda size: weight[size], default=0.0)


def _plan_heading(block: Block, text: str, usual: float, opened: list[_Node], following: Block | None) -> _Node | None:
    planned = labels.planned(text)
    if planned is not None:
        under = [node.level for node in opened if node.kind == "sec" or node.kind.endswith("subsec")]
        level = (max(under) if under else 0) + (20 if planned.kind is Kind.OBJECTIVE else 40) + len(planned.values)
        node = _node(planned.kind.value, block, planned, level=level)
        node.heading, node.text = (planned.rest, "") if not _SENTENCE_END.search(planned.rest) else ("", planned.rest)
        return node
    stands_out = block.level > 0 or block.bold or (usual > 0 and block.size > 1.08 * usual)
    short = len(text) <= 180 and not _SENTENCE_END.search(text.rstrip(":"))
    label = labels.item(text) or labels.bare_number(text)
    if label is not None and label.kind is Kind.NUMBER and label.rest and short and not label.rest[:1].islower():
        if not stands_out and not _could_follow(label, opened):
            return None
        if not stands_out and following is not None and labels.item(following.text) and len(label.values) == 1:
            return None
        node = _node("sec" if len(label.values) == 1 else "subsec", block, label, level=len(label.values))
        node.heading = label.rest
        return node
    found = _ROMAN_HEADING.match(text)
    if found and short and stands_out and labels.roman(found["num"]):
        value = labels.roman(found["num"])
        node = _node("sec", block, level=1)
        node.key, node.value, node.printed, node.heading = str(value), value, found["printed"], found["rest"]
        return node
    container = labels.container(text)
    if container is not None and container.kind is not Kind.ARTICLE:
        node = _node(container.kind.value, block, container, level=0)
        node.heading = container.rest
        return node
    if stands_out and short and label is None and (block.level > 0 or opened) and len(text.split()) <= 20 and usual:
        node = _node("hcontainer", block, level=block.level or 9)
        node.heading = text
        return node
    if block.level > 0 and short and label is None:
        node = _node("hcontainer", block, level=block.level)
        node.heading = text
        return node
    return None


def _could_follow(label: Label, opened: list[_Node]) -> bool:
    """Whether a numbered line that does not stand out carries on the numbers of the headings before it."""
    numbers = [node.value for node in opened if node.kind in ("sec", "subsec")]
    values = list(label.values)
    if len(values) == 1:
        return (numbers[0] + 1 if numbers else 1) == values[0]
    depth = len(values)
    if numbers[: depth - 1] != values[:-1]:
        return False
    return values[-1] == (numbers[depth - 1] + 1 if len(numbers) >= depth else 1)


def _plan_paragraph(place: _Node, items: list[_Node], block: Block, text: str) -> list[_Node]:
    """Put a paragraph or a list item under a heading; returns the open paragraph and items."""
    label = labels.item(text)
    if label is None:
        node = place.add(_node("para", block, text=text))
        return [node]
    if not items:
        node = place.add(_node("para", block, text=label.rest))
        node.printed, node.label = label.printed, label.kind
        return [node]
    for depth, node in enumerate(items):
        if node.label is label.kind:
            if depth == 0:
                new = place.add(_node("para", block, text=label.rest))
                new.printed, new.label = label.printed, label.kind
                return [new]
            new = items[depth - 1].add(_node(_item_kind(label), block, label, text=label.rest))
            return [*items[:depth], new]
    if label.kind is Kind.NUMBER and len(items) == 1 and not items[0].text.endswith(":"):
        new = place.add(_node("para", block, text=label.rest))
        new.printed, new.label = label.printed, label.kind
        return [new]
    new = items[-1].add(_node(_item_kind(label), block, label, text=label.rest))
    return [*items, new]


class _Tables:
    """Puts the cells of tables into rows; the first row of a table is its heading."""

    def __init__(self, root: _Node) -> None:
        self.root = root
        self.tables: dict[int, _Node] = {}
        self.rows: dict[tuple[int, int], _Node] = {}
        self.skipped: dict[int, int] = {}

    def take(self, block: Block) -> None:
        cell = block.cell
        assert cell is not None
        if cell.table not in self.tables:
            node = _Node("table", key=str(len(self.tables) + 1), page=block.page, box=block.box)
            self.tables[cell.table] = self.root.add(node)
            self.skipped[cell.table] = 0
        table = self.tables[cell.table]
        if cell.header:
            self.skipped[cell.table] = max(self.skipped[cell.table], cell.row)
            table.heading = f"{table.heading} | {_printed(block)}" if table.heading else _printed(block)
            return
        key = (cell.table, cell.row)
        if key not in self.rows:
            row = _Node("row", key=str(cell.row - self.skipped[cell.table]), page=block.page, box=block.box)
            self.rows[key] = table.add(row)
            row.text = _printed(block)
            return
        self.rows[key].text += " | " + _printed(block)


# ---------------------------------------------------------------- eIds


def _count_places(node: _Node) -> None:
    """Give what has no printed number the number of its place, without taking one that is printed."""
    letters = [child for child in node.children if child.label is Kind.LETTER]
    if letters:
        for child, value in zip(letters, labels.ordinals([child.key for child in letters]), strict=True):
            child.value, child.key = value, labels.letter_key(value)
    printed = {child.value for child in node.children if child.kind == "para" and child.value}
    last = 0
    moved: list[tuple[_Node, _Node | None]] = []
    before: _Node | None = None
    counts: dict[str, int] = defaultdict(int)
    for child in node.children:
        if child.key and child.kind != "para":
            continue
        if child.kind == "para":
            if child.value:
                last, before = child.value, child
                child.key = child.key or str(child.value)
            elif last + 1 not in printed:
                last += 1
                child.key, before = str(last), child
            else:
                moved.append((child, before))
        elif child.kind not in ("preface", "conclusions"):
            counts[child.kind] += 1
            child.key = str(counts[child.kind])
    for child, holder in moved:
        if holder is None:
            child.kind, child.key = "intro", "1"
            continue
        node.children.remove(child)
        child.kind = "subpara"
        child.key = str(1 + sum(1 for other in holder.children if other.kind == "subpara"))
        holder.add(child)
    for child in node.children:
        _count_places(child)


def _name(node: _Node, prefix: str, lang: str, gaps: list[Gap]) -> None:
    seen: set[str] = set()
    for child in node.children:
        name = child.kind if child.kind in ("preface", "conclusions") else f"{child.kind}_{child.key}"
        # Articles are numbered through the whole law; a table through the whole document.
        stem = "" if child.kind in ("art", "chp", "table", "att", "part") and not prefix.startswith("att_") else prefix
        eid = f"{stem}__{name}" if stem else name
        if eid in seen:
            gaps.append(Gap("duplicate_number", eid, lang, eid))
            copy = 2
            while f"{eid}-{copy}" in seen:
                copy += 1
            eid = f"{eid}-{copy}"
        seen.add(eid)
        child.eid = eid
        _name(child, eid, lang, gaps)
    _check_children(node, lang, gaps)


def _check_children(node: _Node, lang: str, gaps: list[Gap]) -> None:
    """Numbers missing in one row of paragraphs, points or chapters."""
    rows: dict[tuple[str, Kind | None], list[_Node]] = defaultdict(list)
    for child in node.children:
        if child.value and child.label is not Kind.ARTICLE and not child.suffix:
            rows[child.kind, child.label].append(child)
    for (kind, _), members in rows.items():
        if kind in _PLAN_KINDS:
            continue
        before = 0
        for member in members:
            for value in range(before + 1, min(member.value, before + 51)):
                key = _key_like(member, value)
                stem = member.eid.rpartition("__")[0]
                missing = f"{stem}__{kind}_{key}" if stem else f"{kind}_{key}"
                after = next((m.eid for m in reversed(members) if m.value == before), node.eid)
                gaps.append(Gap("number_gap", missing, lang, after))
            before = max(before, member.value)


def _key_like(member: _Node, value: int) -> str:
    if member.label is Kind.LETTER:
        return labels.letter_key(value)
    if member.label is Kind.CHAPTER:
        return labels.as_roman(value)
    return str(value)


def _check_articles(root: _Node, lang: str, gaps: list[Gap]) -> None:
    """Articles count through the whole law, across its chapters."""
    before, last = 0, ""
    seen: set[str] = set()
    for node in _articles(root):
        if node.eid in seen:
            gaps.append(Gap("duplicate_number", node.eid, lang, last))
            node_copy = 2
            while f"{node.eid}-{node_copy}" in seen:
                node_copy += 1
            _rename(node, node.eid, f"{node.eid}-{node_copy}")
        seen.add(node.eid)
        jumped = range(before + 1, min(node.value, before + 51))
        gaps.extend(Gap("number_gap", f"art_{value}", lang, last) for value in jumped)
        before, last = max(before, node.value), node.eid


def _rename(node: _Node, old: str, new: str) -> None:
    node.eid = new + node.eid[len(old) :]
    for child in node.children:
        _rename(child, old, new)


def _articles(node: _Node) -> Iterator[_Node]:
    for child in node.children:
        if child.kind == "art":
            yield child
        elif child.kind != "att":
            yield from _articles(child)


def _flat(root: _Node, lang: str) -> Iterator[Provision]:
    def walk(node: _Node, path: tuple[str, ...]) -> Iterator[Provision]:
        for child in node.children:
            here = path
            if child.kind not in ("preface", "conclusions"):
                here = (*path, child.printed or f"[{child.key}]")
            if child.kind not in ("preface", "conclusions"):
                digest = hashlib.sha256(child.text.encode()).hexdigest()
                yield Provision(
                    child.eid,
                    " / ".join(here),
                    lang,
                    child.heading,
                    child.text,
                    child.kind,
                    child.page,
                    child.box,
                    digest,
                )
            yield from walk(child, here)

    yield from walk(root, ())
