"""What Stairlift costs, side by side with what one would use instead: `python -m bench [NAME...]`.

Ratios of one run on one machine, never a timed test: seconds differ from machine to machine, ratios hardly do.
"""
