"""The HTTP faces of the cloud, one module per service, and the doors of the sandbox itself."""
