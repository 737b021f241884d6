"""The door for browsers and programs: a REST API and pages over the same reports that the command line prints."""
