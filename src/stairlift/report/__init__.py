"""Run and plan -> words and numbers. Pure: doors add colour, nothing else."""
