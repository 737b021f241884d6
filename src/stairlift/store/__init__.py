"""Where runs are on record: `sql.open_store` for a database, `memory.MemoryStore` for as long as a process lives."""
