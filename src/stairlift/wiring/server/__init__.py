"""What only a server does: it carries runs out in threads, works for clients, and keeps in mind what is looked at."""
