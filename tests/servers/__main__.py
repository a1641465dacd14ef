"""python -m tests.servers NAME [options]: starts one of the servers on this computer; NAME -h says what it can do."""

import sys
from importlib import import_module
from importlib.util import find_spec

NAMES = ("x", "mastodon", "bluesky", "proxy")


def main(args: list[str]) -> int:
    """Hand over to the server that is asked for."""
    names = [name for name in NAMES if find_spec(f"tests.servers.{name}")]
    if not args or args[0] not in names:
        print(f"python -m tests.servers NAME [options], where NAME is one of: {', '.join(names)}", file=sys.stderr)
        return 0 if args[:1] in (["-h"], ["--help"]) else 2
    return import_module(f"tests.servers.{args[0]}").main(args[1:]) or 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
