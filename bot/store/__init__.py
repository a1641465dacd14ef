"""What was planned, sent, refused: the ledger. SQLAlchemy Core; SQLite beside the config by default."""

from bot.store.database import FenceLost, Lease, Look, Store, open_store

__all__ = ["FenceLost", "Lease", "Look", "Store", "open_store"]
