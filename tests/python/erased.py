"""Writes a Parquet file of many customers, or compares one with what became of it.

erased.py write FILE
erased.py compare OLD NEW ID...: NEW is OLD without the customers of these ids.
"""

import random
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

if sys.argv[1] == "write":
    rows, noise = 1_000_000, random.Random(7)
    noise = {name: [noise.getrandbits(62) for _ in range(rows)] for name in ("noise", "more", "most")}
    table = pa.table({"customer_id": [f"C{n // 50:07}" for n in range(rows)], **noise})
    pq.write_table(table, sys.argv[2], row_group_size=100_000, use_dictionary=["customer_id"])
else:
    old, new = pq.read_table(sys.argv[2]), pq.read_table(sys.argv[3])
    gone = pc.is_in(old["customer_id"], value_set=pa.array(sys.argv[4:]))
    assert pc.any(gone).as_py(), "nobody was to go"
    assert old.filter(pc.invert(gone)).equals(new), "the tables differ"
