"""The ledger and everything derived from it, in SQLite or PostgreSQL."""
