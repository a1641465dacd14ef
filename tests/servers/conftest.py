"""The fixtures of these servers, for their own tests."""

from tests.servers.fixtures import mastodon_server, proxy, x_server

__all__ = ["mastodon_server", "proxy", "x_server"]
