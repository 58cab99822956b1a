"""A persistence module for the `eventsourcing` library: `PERSISTENCE_MODULE=eventstore.library`."""

from eventstore.library.factory import LibraryFactory

__all__ = ["LibraryFactory"]
