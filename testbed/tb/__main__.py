import sys

from tb.cli import main

sys.exit(main())
