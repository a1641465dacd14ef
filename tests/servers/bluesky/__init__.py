"""The Bluesky server's npm package; tests/servers/pds.py starts it."""

from tests.servers.pds import main

__all__ = ["main"]
