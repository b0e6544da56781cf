"""``python -m autograd_lite`` is the command ``autograd-lite``."""

import sys

from autograd_lite.cli import main

sys.exit(main())
