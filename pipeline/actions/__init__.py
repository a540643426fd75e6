"""One function per use case: who may, what changes, and its audit entry, all in one transaction."""
