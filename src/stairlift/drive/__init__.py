"""The application: walks the rooms in order, and reaches the outside through ports only."""
