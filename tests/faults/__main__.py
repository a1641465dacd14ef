"""Kill workers, and spoil answers, as often as you like, and print what became of the posts.

python -m tests.faults --kills 2000 [--seed 1] [--place x ...]
"""

import sys
from argparse import ArgumentParser
from collections import defaultdict
from collections.abc import Sequence
from itertools import islice
from time import monotonic

from tests.faults.answers import each_answer
from tests.faults.crew import crew
from tests.faults.kills import NEAR, at_random, each_step, scouted, told
from tests.faults.places import PLACES
from tests.faults.story import Outcome, Story
from tests.publishing.stage import Pages
from tests.servers.fixtures import running

# Random stories that are begun at once; each kills about twice.
BATCH = 40
COLUMNS = ("stories", "kills", "sent", "found_again", "uncertain", "missed", "twice", "lost", "stuck", "untold")
Told = list[tuple[Story, Outcome]]


def main(arguments: Sequence[str]) -> int:
    """Run, print the table, and say what went wrong; 1 if anything did."""
    parser = ArgumentParser(
        prog="python -m tests.faults", description="Kill workers, and see what became of their posts."
    )
    parser.add_argument("--kills", type=int, default=200, help="at least so many (200)")
    parser.add_argument("--seed", type=int, default=1, help="another number, other instants (1)")
    parser.add_argument("--place", choices=PLACES, action="append", help="only there; may be given more than once")
    asked = parser.parse_args(arguments)
    began, places = monotonic(), asked.place or list(PLACES)
    rows: dict[tuple[str, str], Outcome] = defaultdict(lambda: Outcome(stories=0))
    for place in places:
        for story, outcome in told_in(place, asked.kills // len(places), asked.seed):
            rows[place, story.fault] += outcome
    print(table(rows))
    whole = sum(rows.values(), Outcome(stories=0))
    print(f"{whole.kills} kills with seed {asked.seed} in {monotonic() - began:.0f} s")
    for what in whole.wrong:
        print(what, file=sys.stderr)
    return 1 if whole.wrong else 0


def told_in(place: str, kills: int, seed: int) -> Told:
    """Stories of one place: each step, each bad answer, then kills at random, until there were so many kills."""
    with crew() as workers, running(Pages()) as pages:
        steps = scouted(workers, place, pages.url)
        found = told(workers, place, pages.url, each_step(steps, is_long=True))
        found += told(workers, place, pages.url, each_answer(place, steps), secure=True)
        coming = at_random(seed)
        while sum(outcome.kills for _, outcome in found) < kills:
            found += told(workers, place, pages.url, islice(coming, BATCH), times=NEAR)
    return found


def table(rows: dict[tuple[str, str], Outcome]) -> str:
    """A row for each place and fault, in Markdown."""
    heads = [name.replace("_", " ") for name in COLUMNS]
    lines = [["network", "fault", *heads]]
    lines += [[*where, *(str(getattr(outcome, name)) for name in COLUMNS)] for where, outcome in rows.items()]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    lines.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(map(str.ljust, line, widths))} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
