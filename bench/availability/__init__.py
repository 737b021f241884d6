"""What the users of a real cloud notice of its upgrade: by Stairlift, by Ansible alone, and when things break."""
