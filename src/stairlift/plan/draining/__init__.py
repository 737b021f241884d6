"""Before the first move: which servers can leave their hosts and how, whether all fit, and who has to be asked."""
