"""What may stand in a text file: whole UTF-8, and nothing that a reader cannot see."""

import unicodedata

import regex

from bot.core.problem import Problem

BIDI = regex.compile("[\u202a-\u202e\u2066-\u2069]")
PRIVATE = regex.compile(r"[\p{Co}\p{NChar}\uFFFD]")
CONTROL = regex.compile(r"(?![\n\t])[\p{Cc}\p{Zl}\p{Zp}]")
# Joiners are part of emoji, and of words in scripts whose letters join; elsewhere they are noise. So are signs
# that choose a letter's shape after a letter that has one only, and tags outside of a flag.
NOISE = regex.compile(
    "[\u00ad\u034f\u180e\u200b\u2060-\u2064\u206a-\u206f\ufeff\ufff9-\ufffc\u115f\u1160\u3164\uffa0]"
    r"|(?<![\p{L}\p{M}--\p{Latin}--\p{Greek}--\p{Cyrillic}])\u200c"
    r"|(?<![[\p{L}\p{M}--\p{Latin}--\p{Greek}--\p{Cyrillic}]\p{Emoji_Modifier}\U000e007f])"
    r"(?<!\p{Extended_Pictographic})\u200d"
    r"|(?<=\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]?)\u200d(?!\p{Extended_Pictographic})"
    r"|(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\s])[\ufe00-\ufe0f\U000e0100-\U000e01ef]"
    "|(?<![\U0001f3f4\U000e0020-\U000e007e])[\U000e0000-\U000e007f]",
    flags=regex.V1,
)
# Emoji such as a circled M are none of these, nor the wide letters that are at home in East Asian text.
LOOK_ALIKE = regex.compile("[\U0001d400-\U0001d7ff\u24b6-\u24c1\u24c3-\u24e9\U0001f130-\U0001f169]+")
WIDE = regex.compile("[\uff21-\uff3a\uff41-\uff5a]+")
EAST_ASIAN = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}]")
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

# Composing takes time with the square of how many marks follow each other; no writing heaps up so many.
HEAP = regex.compile(r"(?<![\p{M}\uff9e\uff9f])[\p{M}\uff9e\uff9f]{64}")


def is_heaped(text: str) -> bool:
    """Whether so many marks are heaped up on one letter that the text must not be composed."""
    return not text.isascii() and HEAP.search(text) is not None


def decode(raw: bytes, where: str) -> tuple[str, list[Problem]]:
    """Turn a file's bytes into text (NFC, newlines as \\n, no byte order mark), with every fault in it."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        number = before.count(b"\n") + 1
        return "", [Problem(f"{where}:{number}", "this is not UTF-8 text", 'Save the file again as "UTF-8".')]
    if is_heaped(text):
        return "", [Problem(where, "one letter has more marks than any writing knows", "Type that word anew.")]
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
    if match := LOOK_ALIKE.search(row) or (None if EAST_ASIAN.search(row) else WIDE.search(row)):
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
