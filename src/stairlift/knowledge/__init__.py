"""What is known about OpenStack's releases, programs and procedures: data with its source, and pure loaders."""
