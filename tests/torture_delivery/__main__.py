import sys

from tests.torture_delivery.command import main

sys.exit(main())
