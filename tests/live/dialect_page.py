#!/usr/bin/env python3
"""docs/constructs.md is what scripts/dialect-doc writes. Needs no server. Prints one line "N passed, N failed"."""
import os, subprocess, sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.exit(subprocess.run([sys.executable, os.path.join(ROOT, 'scripts/dialect-doc'), '--check']).returncode)
