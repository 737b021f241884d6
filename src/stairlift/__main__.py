"""`python -m stairlift` is `stairlift`."""

from stairlift.cli import main

if __name__ == "__main__":
    main()
