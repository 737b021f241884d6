"""The cloud behind the HTTP: pure, with the time as an argument."""
