"""A simulated OpenStack over real HTTP, for the demo, for rehearsals and for tests."""
