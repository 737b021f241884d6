"""Every revision of the journal, oldest first by number."""
