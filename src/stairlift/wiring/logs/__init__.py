"""What attempts printed: one after the other as one log of the run, in pages that miss nothing."""
