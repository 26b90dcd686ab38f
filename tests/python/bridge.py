"""Joins what a recipient had with what it gets, over the bridge between: `bridge.py OLD BRIDGE NEW COLUMN EPOCH`.

How many rows of OLD are those of NEW; then, how many are without the bridge.
"""

import sys

import duckdb

old, bridge, new, column, epoch = sys.argv[1:]
over = f"""
    SELECT count(*) FROM '{old}' old
    JOIN '{bridge}' bridge ON old.{column} = bridge.{column}__epoch{epoch}
    JOIN '{new}' new ON bridge.{column} = new.{column}
"""
without = f"SELECT count(*) FROM '{old}' old JOIN '{new}' new ON old.{column} = new.{column}"
print(duckdb.sql(over).fetchall()[0][0], duckdb.sql(without).fetchall()[0][0])
