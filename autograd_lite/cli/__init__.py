"""The command line: ``autograd-lite draw | explain | derive | compare | check | grade``."""

from autograd_lite.cli.commands import BROKEN_PIPE, INTERRUPTED, main

__all__ = ["BROKEN_PIPE", "INTERRUPTED", "main"]
