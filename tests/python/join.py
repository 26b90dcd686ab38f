"""Tries to join two protected files on a column, as whoever holds both would: `join.py A B COLUMN`."""

import sys

import duckdb

a, b, column = sys.argv[1:]
joined = f"SELECT count(*) FROM '{a}' a JOIN '{b}' b ON a.{column} = b.{column}"
print(duckdb.sql(joined).fetchall()[0][0])
