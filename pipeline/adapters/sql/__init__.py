"""The ledger and everything derived from it, in SQLite or PostgreSQL. `database` alone knows SQLAlchemy, `codec` cattrs."""
