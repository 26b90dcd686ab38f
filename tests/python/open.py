"""Opens files with every library that reads their format: `FILE LIBRARY ROWS COLUMN,COLUMN…`, a line each."""

import pathlib
import sys

import duckdb
import polars
import pyarrow.csv
import pyarrow.ipc
import pyarrow.json
import pyarrow.parquet


def with_pyarrow(path):
    match path.suffix:
        case ".csv":
            return pyarrow.csv.read_csv(path)
        case ".jsonl":
            return pyarrow.json.read_json(path)
        case ".parquet":
            return pyarrow.parquet.read_table(path)
        case ".arrow":
            return pyarrow.ipc.open_file(path).read_all()


def with_polars(path):
    match path.suffix:
        case ".csv":
            return polars.read_csv(path)
        case ".jsonl":
            return polars.read_ndjson(path)
        case ".parquet":
            return polars.read_parquet(path)
        case ".arrow":
            return polars.read_ipc(path)
        case ".avro":
            return polars.read_avro(path)


def with_duckdb(path):
    # DuckDB itself reads neither Arrow nor Avro files without an extension that it would have to download.
    if path.suffix in (".csv", ".jsonl", ".parquet"):
        return duckdb.sql(f"SELECT * FROM '{path}'").to_arrow_table()


for path in map(pathlib.Path, sys.argv[1:]):
    for name, read in ("pyarrow", with_pyarrow), ("polars", with_polars), ("duckdb", with_duckdb):
        table = read(path)
        if table is None:
            continue
        columns = table.columns if name == "polars" else table.column_names
        rows = table.height if name == "polars" else table.num_rows
        print(path.name, name, rows, ",".join(columns))
