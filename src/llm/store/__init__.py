"""The log database: everything that is written to and read from SQLite."""
