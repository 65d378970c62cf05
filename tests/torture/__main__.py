import sys

from tests.torture.command import main

sys.exit(main())
