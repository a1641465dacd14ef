"""The picture of the README, drawn from what the program says. `python -m tests.house.picture` redraws it."""

import re
import textwrap
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.house.manual import HELP, Shell

FILE = HELP / "plan.svg"
COMMAND = "handbill plan --from 2026-12-01 --days 1"
COLUMNS, SIZE, LEADING, MARGIN = 92, 14, 22, 30
WIDTH, BAR = 860, 44
POST = 6  # so far to the right the program moves a post's own words

STYLE = """
  text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
         font-size: 14px; fill: #e8ecf4 }
  .dim { fill: #8e9ab3 }
  .name { fill: #b9c4da }
  .day { fill: #ffd479; font-weight: 600 }
  .time { fill: #7fd1c7; font-weight: 600 }
  .tag { fill: #f29e8e }
  .link { fill: #86b7ff }
  .picture { fill: #8e9ab3; font-style: italic }
  .sum { fill: #a5d6a7; font-weight: 600 }
  .rule { stroke: #3f4d6d; stroke-width: 2 }
  .title { fill: #8e9ab3; font-size: 13px }
"""

Part = tuple[str, str]  # (class, words)
Row = tuple[int, list[Part]]  # (indent in letters, parts)


def said() -> str:
    """What the program says in a fresh folder with the sample campaign."""
    with TemporaryDirectory() as home:
        shell = Shell(Path(home))
        shell.run("handbill init .")
        return shell.run(COMMAND)


def rows(output: str) -> list[Row]:
    """The output broken into rows that fit, each part with its colour."""
    found: list[Row] = []
    for line in output.rstrip("\n").split("\n"):
        indent = len(line) - len(line.lstrip())
        kind = _kind(line)
        for number, piece in enumerate(_wrapped(line.strip(), COLUMNS - indent, is_even=kind == "picture")):
            hang = 7 if kind == "head" and number else 0
            found.append((indent + hang, list(_parts(piece, "name" if hang else kind))))
    return found


def _wrapped(words: str, width: int, *, is_even: bool) -> list[str]:
    """Words in as few rows as there can be; even ones have no short last row."""
    pieces = _wrap(words, width)
    while is_even and width > 20 and len(closer := _wrap(words, width - 1)) == len(pieces):
        pieces, width = closer, width - 1
    return pieces


def _wrap(words: str, width: int) -> list[str]:
    return textwrap.wrap(words, width, break_long_words=False, break_on_hyphens=False) or [""]


def _kind(line: str) -> str:
    if re.match(r"\S+day, ", line):
        return "day"
    if re.match(r"  \d\d:\d\d  ", line):
        return "head"
    if line.strip().startswith("[picture: "):
        return "picture"
    return "words" if line.startswith(" ") else "sum"


def _parts(piece: str, kind: str) -> list[Part]:
    if kind == "head":
        clock, account, about = re.split(r"\s+", piece, maxsplit=2)
        name, _, rest = about.partition(" (")
        return [("time", clock), ("", f"  {account}  "), ("name", name), ("dim", f" ({rest}")]
    if kind == "day":
        day, _, zone = piece.partition("  ")
        return [("day", day), ("dim", f"  {zone}")]
    if kind == "words":
        return [(_sort(words), words) for words in re.split(r"((?:https?://|#)\S+)", piece) if words]
    return [(kind, piece)]


def _sort(words: str) -> str:
    return "link" if words.startswith("http") else "tag" if words.startswith("#") else ""


def draw(output: str) -> str:
    """The picture as SVG: a terminal window, with the output in it."""
    body = rows(output)
    height = BAR + MARGIN + LEADING * (len(body) + 2) + 16
    drawn = [_row(BAR + MARGIN, 0, [("dim", "$"), ("", f" {COMMAND}")])]
    for number, (indent, parts) in enumerate(body, 2):
        y = BAR + MARGIN + LEADING * number
        if indent == POST:
            drawn.append(f'<path class="rule" d="M{MARGIN + 35} {y - 16}v{LEADING}"/>')
        if parts[0][1]:
            drawn.append(_row(y, indent, parts))
    dots = "".join(
        f'<circle cx="{28 + 20 * place}" cy="{BAR / 2 + 4:g}" r="6" fill="{fill}"/>'
        for place, fill in enumerate(("#ec6a5e", "#f4bf4f", "#61c554"))
    )
    content = "\n".join(drawn)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"
  role="img" aria-labelledby="title description">
<title id="title">handbill plan: one day of the sample campaign</title>
<desc id="description">A terminal window. For each post of the day it shows the time, the account,
  the exact words with hashtags and link, and how long they are.</desc>
<style>{STYLE}</style>
<defs>
  <linearGradient id="night" x1="0" y1="0" x2="0" y2="1">
    <stop offset="0" stop-color="#20283a"/>
    <stop offset="1" stop-color="#161c2a"/>
  </linearGradient>
</defs>
<rect x="4" y="4" width="{WIDTH - 8}" height="{height - 8}" rx="12" fill="url(#night)" stroke="#3a4560"/>
<path d="M4 {BAR}h{WIDTH - 8}" stroke="#313b53"/>
{dots}
<text class="title" x="{WIDTH / 2:g}" y="{BAR / 2 + 8:g}" text-anchor="middle">handbill</text>
<g id="screen">
{content}
</g>
</svg>
"""


def _row(y: int, indent: int, parts: list[Part]) -> str:
    spans = "".join(
        f'<tspan class="{kind}">{escape(words)}</tspan>' if kind else escape(words) for kind, words in parts
    )
    return f'<text xml:space="preserve" x="{MARGIN + indent * SIZE * 0.6:g}" y="{y}">{spans}</text>'


if __name__ == "__main__":
    FILE.write_text(draw(said()), encoding="utf-8", newline="\n")
