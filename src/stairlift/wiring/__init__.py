"""The only room that knows every other: settings are read here, adapters are built here, doors call here."""
