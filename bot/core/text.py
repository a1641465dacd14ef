"""What may stand in a text file: whole UTF-8, and nothing that a reader cannot see."""

import unicodedata

import regex

from bot.core.problem import Problem

BIDI = regex.compile("[\u202a-\u202e\u2066-\u2069]")
PRIVATE = regex.compile(r"[\p{Co}\p{NChar}\uFFFD]")
CONTROL = regex.compile(r"(?![\n\t])\p{Cc}")
# Joiners are part of emoji and of Arabic, Persian and Indic words; between these letters they are noise.
NOISE = regex.compile(
    "[\u00ad\u180e\u200b\u2060-\u2064\ufeff\u115f\u1160\u3164\uffa0]"
    r"|(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\p{Common}--\p{Emoji}])[\u200c\u200d]",
    flags=regex.V1,
)
LOOK_ALIKE = regex.compile("[\U0001d400-\U0001d7ff\uff21-\uff3a\uff41-\uff5a\u24b6-\u24e9]+")
WORD = regex.compile(r"[\p{L}\p{M}]+")
SCRIPTS = {
    "Latin": regex.compile(r"\p{Latin}"),
    "Greek": regex.compile(r"\p{Greek}"),
    "Cyrillic": regex.compile(r"\p{Cyrillic}"),
}
UNSEEN = (
    (CONTROL, "an invisible control character", "Delete it; typing the words anew is the surest way."),
    (BIDI, "a character that turns the direction of text around", "Delete it; networks set the direction themselves."),
    (PRIVATE, "a character that means nothing outside the program it came from", "Replace it by a letter or an emoji."),
    (NOISE, "a character without width, which nobody can see", "Delete it; copies from web pages often bring it."),
)


def decode(raw: bytes, where: str) -> tuple[str, list[Problem]]:
    """Turn a file's bytes into text (NFC, newlines as \\n, no byte order mark), with every fault in it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = raw[: error.start].count(b"\n") + 1
        return "", [Problem(f"{where}:{number}", "this is not UTF-8 text", 'Save the file again as "UTF-8".')]
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text, [] if text.isascii() and text.isprintable() else faults(text, where)


def faults(text: str, where: str) -> list[Problem]:
    """Every character in `text` that a reader cannot see or would mistake for another."""
    found = []
    for number, row in enumerate(text.split("\n"), 1):
        if row.isascii() and row.isprintable():
            continue
        found += [Problem(f"{where}:{number}", what, hint) for what, hint in _row_faults(row)]
    return found


def _row_faults(row: str) -> list[tuple[str, str]]:
    found = []
    for pattern, what, hint in UNSEEN:
        if match := pattern.search(row):
            found.append((f"{what} (U+{ord(match[0]):04X}) after {_before(row, match.start())}", hint))
    if match := LOOK_ALIKE.search(row):
        found.append(
            (
                f'"{match[0]}" is written in look-alike signs',
                "Write it in plain letters; screen readers cannot read these.",
            )
        )
    found += [
        (f'"{word}" mixes letters of {" and ".join(scripts)}', "Type the word anew in one alphabet.")
        for word in WORD.findall(row)
        if len(scripts := [name for name, letters in SCRIPTS.items() if letters.search(word)]) > 1
    ]
    return found


def _before(row: str, at: int) -> str:
    words = row[max(0, at - 15) : at]
    return f'"{words}"' if words.strip() else "the start of the row"
