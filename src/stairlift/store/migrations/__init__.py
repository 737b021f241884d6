"""How a database gets from any released shape to the newest; run by `opening`, in the caller's transaction."""
