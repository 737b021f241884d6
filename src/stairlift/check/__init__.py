"""What to ask of a cloud, and the judging of the answers. Pure."""
