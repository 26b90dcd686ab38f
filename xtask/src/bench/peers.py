"""What a careful colleague would write instead: hash three columns, keep the rest.

peers.py duckdb|polars THREADS SOURCE OUTPUT CODEC     or, to see what starting costs, no SOURCE and no more
"""

import os
import sys

peer, threads, *files = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads
personal = ["email", "phone", "name"]

if peer == "duckdb":
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    if files:
        source, output, codec = files
        hashed = ", ".join(f"sha256({column}) AS {column}" for column in personal)
        connection.execute(
            f"COPY (SELECT * REPLACE ({hashed}) FROM read_parquet('{source}')) "
            f"TO '{output}' (FORMAT parquet, COMPRESSION {codec})"
        )
else:
    import polars
    import polars_hash

    if files:
        source, output, codec = files
        hashed = [polars_hash.col(column).chash.sha2_256() for column in personal]
        polars.scan_parquet(source).with_columns(hashed).sink_parquet(output, compression=codec)
