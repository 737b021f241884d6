"""Who is let in, to do what: tokens, the sessions of browsers, and what keeps others from acting in their name."""
