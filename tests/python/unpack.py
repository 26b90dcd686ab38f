"""Prints one file of a package."""

import sys
import zipfile

sys.stdout.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]).decode("utf-8"))
