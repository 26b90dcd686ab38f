"""Reads a container of more than 4 GiB with Python's zipfile."""

import sys
import zipfile

package = zipfile.ZipFile(sys.argv[1])
assert [entry.file_size for entry in package.infolist()] == [4200 << 20, 1]
assert package.read("data/b.csv") == b"b"
assert package.testzip() is None
