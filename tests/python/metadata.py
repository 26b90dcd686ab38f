"""What the columns of a Parquet file say of themselves: `COLUMN KEY=VALUE`, a line each, in order."""

import sys

import pyarrow.parquet

for field in pyarrow.parquet.read_schema(sys.argv[1]):
    for key, value in sorted((field.metadata or {}).items()):
        if key.startswith(b"pii."):
            print(f"{field.name} {key.decode()}={value.decode()}")
