"""The command line: words typed become calls, results become words shown."""

import sys


def main() -> None:
    """Run the command line and end the process with its exit code; Ctrl-C at any moment ends it with a sentence."""
    try:
        # Loading takes a moment too, in which somebody may press Ctrl-C.
        from bot.cli.root import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        from bot.cli.ending import stopped

        code = stopped()
    sys.exit(code)
