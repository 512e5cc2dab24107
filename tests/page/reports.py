"""What the tests of reports share: running make_page."""

import os
import subprocess

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('CAAPROOF_BUILD', os.path.join(TOP, 'build'))
MAKE_PAGE = os.path.join(BUILD, 'tests', 'page', 'make_page')


def make(kind, paths, *argument):
    """The report's octets."""
    return subprocess.run([MAKE_PAGE, kind, *paths, *argument], stdout=subprocess.PIPE, check=True, timeout=60).stdout


def refusal(kind, paths, *argument):
    """What make_page says when it refuses."""
    done = subprocess.run([MAKE_PAGE, kind, *paths, *argument], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False, timeout=60)
    return done.stderr if done.returncode == 1 else None
