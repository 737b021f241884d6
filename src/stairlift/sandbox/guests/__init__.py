"""The servers of the cloud's users: how they boot, move and end. Pure, with the time as an argument."""
