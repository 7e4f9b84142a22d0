"""Invented regulations and plans in four written forms, with the truth about their provisions.

The sentences are put together from parts written for these tests; they are the text of no law. The same model is set
by several programs into PDF (author.py), so the truth is known to the letter.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from streha.engine.law import labels

LANGS = ("sq", "en", "sr-Latn")


def _row(text: str) -> list[str]:
    return text.split()


_LATIN = _row("dž lj nj a b v g d đ e ž z i j k l m n o p r s t ć u f h c č š")
_CYRILLIC = _row("џ љ њ а б в г д ђ е ж з и ј к л м н о п р с т ћ у ф х ц ч ш")


def cyrillic(text: str) -> str:
    """Serbian Latin in Cyrillic; right for the words used here (none has n and j, or d and ž, in two syllables)."""
    for latin, cyr in zip(_LATIN, _CYRILLIC, strict=True):
        for form, to in ((latin, cyr), (latin.capitalize(), cyr.upper()), (latin.upper(), cyr.upper())):
            text = text.replace(form, to)
    return text


SUBJECTS = [
    ("Zyra komunale", "The municipal office", "Opštinska kancelarija"),
    ("Ministria", "The Ministry", "Ministarstvo"),
    ("Komisioni i pranimit", "The reception commission", "Komisija za prijem"),
    ("Shtabi i mbrojtjes civile", "The civil protection headquarters", "Štab civilne zaštite"),
    ("Bashkërenduesi", "The coordinator", "Koordinator"),
    ("Inspektori", "The inspector", "Inspektor"),
    ("Kryetari i komunës", "The mayor", "Predsednik opštine"),
    ("Agjencia e statistikave", "The statistics agency", "Agencija za statistiku"),
    ("Grupi punues", "The working group", "Radna grupa"),
    ("Qendra për punë sociale", "The centre for social work", "Centar za socijalni rad"),
    ("Drejtoria e urbanizmit", "The directorate of urbanism", "Direkcija za urbanizam"),
]
VERBS = [
    (
        "mban regjistrin e familjeve të strehuara",
        "keeps the register of sheltered families",
        "vodi registar smeštenih porodica",
    ),
    (
        "shqyrton kërkesën për strehim të përkohshëm",
        "examines the request for temporary shelter",
        "razmatra zahtev za privremeni smeštaj",
    ),
    (
        "njofton banorët për rrugët e daljes",
        "informs the residents about the ways out",
        "obaveštava stanovnike o putevima izlaska",
    ),
    (
        "verifikon gjendjen e ndërtesës së dëmtuar",
        "verifies the state of the damaged building",
        "proverava stanje oštećene zgrade",
    ),
    ("harton planin vjetor të ndihmës", "drafts the yearly plan of assistance", "izrađuje godišnji plan pomoći"),
    ("siguron ushqimin dhe ujin e pijshëm", "provides food and drinking water", "obezbeđuje hranu i pijaću vodu"),
    ("paraqet raportin me shkrim", "submits the written report", "podnosi pisani izveštaj"),
    (
        "cakton personin përgjegjës për lagjen",
        "names the person responsible for the neighbourhood",
        "određuje lice odgovorno za naselje",
    ),
    (
        "ruan dokumentet e personave të zhvendosur",
        "keeps safe the documents of displaced persons",
        "čuva dokumenta raseljenih lica",
    ),
    ("bën vizita në vendin e origjinës", "makes visits to the place of origin", "organizuje posete mestu porekla"),
    ("mbulon shpenzimet e transportit", "covers the costs of transport", "pokriva troškove prevoza"),
    (
        "vlerëson nevojat e veçanta të fëmijëve",
        "assesses the special needs of children",
        "procenjuje posebne potrebe dece",
    ),
    ("publikon listën e përfitueseve", "publishes the list of beneficiaries", "objavljuje listu korisnika"),
]
TAILS = [
    (
        "brenda {n} ditëve nga dita e pranimit",
        "within {n} days from the day of receipt",
        "u roku od {n} dana od dana prijema",
    ),
    (
        "jo më vonë se data {n} e çdo muaji",
        "no later than day {n} of every month",
        "najkasnije do dana {n} svakog meseca",
    ),
    (
        "në bashkëpunim me {n} përfaqësues të komuniteteve",
        "together with {n} representatives of the communities",
        "u saradnji sa {n} predstavnika zajednica",
    ),
    (
        "sipas procedurës së përcaktuar në këtë rregullore",
        "under the procedure set out in this regulation",
        "prema postupku utvrđenom ovom uredbom",
    ),
    (
        "kur vërshimi ose tërmeti e bën shtëpinë të pabanueshme",
        "when a flood or an earthquake makes the house uninhabitable",
        "kada poplava ili zemljotres učini kuću nepodesnom za stanovanje",
    ),
    (
        "duke respektuar vullnetin e lirë të familjes",
        "while respecting the free will of the family",
        "uz poštovanje slobodne volje porodice",
    ),
    (
        "pa dallim race, gjuhe, feje apo gjinie",
        "without distinction of race, language, religion or sex",
        "bez razlike u pogledu rase, jezika, vere ili pola",
    ),
]
TITLES = [
    ("Qëllimi", "Purpose", "Svrha"),
    ("Fushëveprimi", "Scope", "Delokrug"),
    ("Përkufizimet", "Definitions", "Definicije"),
    ("Detyrat e zyrës", "Duties of the office", "Dužnosti kancelarije"),
    ("Strehimi i përkohshëm", "Temporary shelter", "Privremeni smeštaj"),
    ("Regjistrimi dhe ruajtja e të dhënave", "Registration and keeping of data", "Registracija i čuvanje podataka"),
    ("Ankesa", "Appeal", "Žalba"),
    ("Bashkërendimi ndërmjet institucioneve", "Coordination between institutions", "Koordinacija između institucija"),
    ("Financimi", "Funding", "Finansiranje"),
    ("Mbikëqyrja", "Supervision", "Nadzor"),
]
CHAPTERS = [
    ("DISPOZITAT E PËRGJITHSHME", "GENERAL PROVISIONS", "OPŠTE ODREDBE"),
    ("STREHIMI DHE NDIHMA", "SHELTER AND ASSISTANCE", "SMEŠTAJ I POMOĆ"),
    ("PROCEDURA", "PROCEDURE", "POSTUPAK"),
    ("MBIKËQYRJA DHE RAPORTIMI", "SUPERVISION AND REPORTING", "NADZOR I IZVEŠTAVANJE"),
    ("DISPOZITAT PËRFUNDIMTARE", "FINAL PROVISIONS", "ZAVRŠNE ODREDBE"),
]
DOCUMENT_TITLE = (
    "RREGULLORE PËR NDIHMËN NDAJ FAMILJEVE TË ZHVENDOSURA",
    "REGULATION ON ASSISTANCE TO DISPLACED FAMILIES",
    "UREDBA O POMOĆI RASELJENIM PORODICAMA",
)
WORD_ARTICLE = {"sq": "Neni", "en": "Article", "sr-Latn": "Član", "sr-Cyrl": "Члан"}
WORD_CHAPTER = {"sq": "KREU", "en": "CHAPTER", "sr-Latn": "POGLAVLJE", "sr-Cyrl": "ПОГЛАВЉЕ"}
LIST_LETTERS = {
    lang: labels.ALPHABETS[{"sr-Latn": "en"}.get(lang, lang)] for lang in ("sq", "en", "sr-Latn", "sr-Cyrl")
}


@dataclass
class Item:
    """One provision: what it is, its eId, and per language its printed label, title and words."""

    kind: str  # title | chapter | article | para | point | subpoint | heading | subheading | measure | row
    eid: str
    label: dict[str, str] = field(default_factory=dict)
    heading: dict[str, str] = field(default_factory=dict)
    text: dict[str, str] = field(default_factory=dict)
    note: dict[str, str] = field(default_factory=dict)


def _by_lang(three: tuple[str, str, str]) -> dict[str, str]:
    sq, en, sr = three
    return {"sq": sq, "en": en, "sr-Latn": sr, "sr-Cyrl": cyrillic(sr)}


class Writer:
    """Gives one sentence after another, no two alike, the same in every language."""

    def __init__(self, seed: int = 0) -> None:
        self.count = seed * 7919

    def clause(self) -> tuple[str, str, str]:
        n = self.count
        self.count += 1
        subject, verb, tail = SUBJECTS[n % 11], VERBS[(n * 5 + n // 11) % 13], TAILS[(n * 3 + n // 143) % 7]
        days = str(3 + n % 27)
        return tuple(f"{s} {v} {t.format(n=days)}" for s, v, t in zip(subject, verb, tail, strict=True))  # type: ignore[return-value]

    def sentence(self, clauses: int = 1) -> dict[str, str]:
        joined = {"sq": " dhe ", "en": " and ", "sr-Latn": " i "}
        parts = [self.clause() for _ in range(clauses)]
        out = {}
        for place, lang in enumerate(LANGS):
            words = [part[place] for part in parts]
            rest = [word[0].lower() + word[1:] for word in words[1:]]
            out[lang] = joined[lang].join([words[0], *rest]) + "."
        out["sr-Cyrl"] = cyrillic(out["sr-Latn"])
        return out

    def words(self) -> dict[str, str]:
        """A point of a list: verb and tail only, in small letters."""
        n = self.count
        self.count += 1
        verb, tail = VERBS[(n * 5 + n // 11) % 13], TAILS[(n * 3) % 7]
        return _by_lang(tuple(f"{v} {t.format(n=str(3 + n % 27))};" for v, t in zip(verb, tail, strict=True)))  # type: ignore[arg-type]


def regulation(articles: int, *, seed: int = 0, notes: bool = False, long: int = 1) -> list[Item]:
    """A regulation with chapters, articles of five patterns, and titles; ``long`` is clauses per sentence."""
    write = Writer(seed)
    items = [Item("title", "preface", text=_by_lang(DOCUMENT_TITLE))]
    per_chapter = max(2, -(-articles // len(CHAPTERS)))
    for number in range(1, articles + 1):
        if (number - 1) % per_chapter == 0:
            chapter = (number - 1) // per_chapter
            roman = labels.as_roman(chapter + 1)
            items.append(
                Item(
                    "chapter",
                    f"chp_{roman}",
                    {k: f"{w} {roman}" for k, w in WORD_CHAPTER.items()},
                    _by_lang(CHAPTERS[chapter]),
                )
            )
        items.extend(_article(number, write, notes=notes and number % 3 == 0, long=long))
    return items


def _article(number: int, write: Writer, *, notes: bool, long: int) -> list[Item]:
    eid = f"art_{number}"
    items = [
        Item(
            "article",
            eid,
            {k: f"{w} {number}" for k, w in WORD_ARTICLE.items()},
            _by_lang(TITLES[(number * 7) % len(TITLES)]),
        )
    ]
    pattern = number % 5
    if pattern == 0:  # one paragraph without a number
        items.append(Item("para", f"{eid}__para_1", text=write.sentence(long + 1)))
    elif pattern == 1:  # numbered paragraphs
        for para in range(1, 4):
            items.append(Item("para", f"{eid}__para_{para}", _same(f"{para}."), text=write.sentence(long)))
    elif pattern == 2:  # points 1.1
        items.append(Item("para", f"{eid}__para_1", _same("1."), text=_opening(write)))
        for point in range(1, 4):
            items.append(Item("point", f"{eid}__para_1__point_{point}", _same(f"1.{point}."), text=write.words()))
        items.append(Item("para", f"{eid}__para_2", _same("2."), text=write.sentence(long)))
    elif pattern == 3:  # letters
        items.append(Item("para", f"{eid}__para_1", _same("1."), text=_opening(write)))
        for place in range(5):
            label = {lang: f"{letters[place]})" for lang, letters in LIST_LETTERS.items()}
            items.append(Item("point", f"{eid}__para_1__point_{'abcde'[place]}", label, text=write.words()))
    else:  # two paragraphs without numbers
        items.append(Item("para", f"{eid}__para_1", text=write.sentence(long)))
        items.append(Item("para", f"{eid}__para_2", text=write.sentence(long + 1)))
    if notes:
        items[-1].note = write.sentence()
    return items


def _same(label: str) -> dict[str, str]:
    return dict.fromkeys(("sq", "en", "sr-Latn", "sr-Cyrl"), label)


def _opening(write: Writer) -> dict[str, str]:
    return {lang: text[:-1] + ":" for lang, text in write.sentence().items()}


PLAN_SECTIONS = [
    ("Hyrje", "Introduction", "Uvod"),
    ("Analiza e gjendjes", "Analysis of the situation", "Analiza stanja"),
    ("Objektivat dhe masat", "Objectives and measures", "Ciljevi i mere"),
    ("Zbatimi dhe monitorimi", "Implementation and monitoring", "Sprovođenje i praćenje"),
]
PLAN_SUBSECTIONS = [
    ("Konteksti", "Context", "Kontekst"),
    ("Sfidat kryesore", "Main challenges", "Glavni izazovi"),
    ("Bashkërendimi", "Coordination", "Koordinacija"),
]
WORD_MEASURE = {"sq": "Masa", "en": "Measure", "sr-Latn": "Mera", "sr-Cyrl": "Мера"}
TABLE_HEAD = [
    ("Nr.", "No.", "Br."),
    ("Aktiviteti", "Activity", "Aktivnost"),
    ("Institucioni", "Institution", "Institucija"),
    ("Afati", "Deadline", "Rok"),
]


def plan(*, seed: int = 0, rows: int = 30) -> list[Item]:
    """A plan: numbered sections, paragraphs by place, measures, and a table of activities over several pages."""
    write = Writer(seed)
    items = []
    for section, title in enumerate(PLAN_SECTIONS, 1):
        items.append(Item("heading", f"sec_{section}", _same(f"{section}."), _by_lang(title)))
        for para in range(1, 3):
            items.append(Item("para", f"sec_{section}__para_{para}", text=write.sentence(2)))
        for sub, subtitle in enumerate(PLAN_SUBSECTIONS[: 2 + section % 2], 1):
            eid = f"sec_{section}__subsec_{sub}"
            items.append(Item("subheading", eid, _same(f"{section}.{sub}"), _by_lang(subtitle)))
            for para in range(1, 4):
                items.append(Item("para", f"{eid}__para_{para}", text=write.sentence(2)))
        if section == 3:
            for measure in range(1, 4):
                label = {k: f"{w} {section}.{measure}" for k, w in WORD_MEASURE.items()}
                holder = "sec_3__subsec_3"
                items.append(Item("measure", f"{holder}__measure_3-{measure}", label, text=write.sentence()))
    head = [_by_lang(cell) for cell in TABLE_HEAD]
    titles = {lang: " | ".join(cell[lang] for cell in head) for lang in ("sq", "en", "sr-Latn", "sr-Cyrl")}
    items.append(Item("table", "table_1", heading=titles))
    for row in range(1, rows + 1):
        verb, subject = VERBS[row % 13], SUBJECTS[row % 11]
        cells = {
            lang: f"{row} | {_capital(_by_lang(verb)[lang])} | {_by_lang(subject)[lang]} | {2026 + row % 4}"
            for lang in ("sq", "en", "sr-Latn", "sr-Cyrl")
        }
        items.append(Item("row", f"table_1__row_{row}", text=cells))
    return items


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def truth(items: list[Item], langs: list[str]) -> list[dict[str, str]]:
    """Every provision that has words or a title, per language."""
    return [
        {"eid": item.eid, "lang": lang, "heading": item.heading.get(lang, ""), "text": item.text.get(lang, "")}
        for lang in langs
        for item in items
        if item.kind != "title"
    ]
