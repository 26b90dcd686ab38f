"""Reads what was written with three readers, and compares it with a filter of the old files: readers.py OLD NEW LIST.

Each file: the number of rows, and all rows of all columns in their order.
"""

import glob
import os
import sys

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

old, new, people = sys.argv[1:4]
ids = open(people).read().split()
erased = pa.array(ids)
db = duckdb.connect()
db.execute("set threads = 2")
db.execute("set enable_progress_bar = false")
db.execute("create table erased as select unnest(?) as user_id", [ids])
# The hash of a row with its number: their sum is another for another order.
ORDERED = "select count(*), sum(hash(n, r)::hugeint) from (select row_number() over () as n, t as r from ({}) t)"
rows = changed = 0
names = sorted(os.path.basename(file) for file in glob.glob(f"{old}/*.parquet"))
if names != sorted(os.path.basename(file) for file in glob.glob(f"{new}/*.parquet")):
    sys.exit("other files")
for name in names:
    before, after = f"{old}/{name}", f"{new}/{name}"
    table = pq.read_table(before)
    kept = table.filter(pc.invert(pc.is_in(table.column("user_id"), value_set=erased)))
    rows += table.num_rows - kept.num_rows
    changed += table.num_rows != kept.num_rows
    seen = pq.read_table(after)
    if not kept.equals(seen, check_metadata=True):
        sys.exit(f"PyArrow reads other rows in {name}")
    del table, seen
    if not pl.DataFrame(kept).equals(pl.read_parquet(after)):
        sys.exit(f"Polars reads other rows in {name}")
    del kept
    expected = db.execute(ORDERED.format(f"select * from '{before}' where user_id not in (from erased)")).fetchone()
    if expected != db.execute(ORDERED.format(f"select * from '{after}'")).fetchone():
        sys.exit(f"DuckDB reads other rows in {name}")
print(f"{len(names)} files, {changed} of them changed, {rows} rows gone: the same by PyArrow, Polars and DuckDB")
