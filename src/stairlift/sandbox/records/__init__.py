"""The lists in which the cloud can be found: rows as Nova, Neutron and Cinder show them."""
