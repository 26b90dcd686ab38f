"""Writes the rows of a Parquet file, in memory, into another with PyArrow: `seal.py clear|uniform SOURCE OUTPUT`.

The file is on the disk at the end, as ours is. Prints bytes written, wall and CPU seconds of the writing alone.
"""

import os
import sys
import time

import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe

how, source, output = sys.argv[1:]
table = pq.read_table(source)
options = {"compression": "zstd", "compression_level": 1}
if how == "uniform":
    options["encryption_properties"] = pe.create_encryption_properties(footer_key=os.urandom(32))
began, before = time.perf_counter(), time.process_time()
pq.write_table(table, output, **options)
with open(output) as written:
    os.fsync(written.fileno())
print(os.path.getsize(output), time.perf_counter() - began, time.process_time() - before)
