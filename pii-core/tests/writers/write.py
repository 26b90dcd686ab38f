"""Writes one table of people by several writers, in the forms of Parquet that they know."""
import datetime, decimal, pathlib, sys
import duckdb, polars, pyarrow as pa, pyarrow.parquet as pq

out = pathlib.Path(sys.argv[1])
rows = 3000
stamp = datetime.datetime(2024, 1, 1)
people = pa.table({
    "user": pa.array([None if i % 41 == 0 else f"person-{i * 7919 % 97}" for i in range(rows)]),
    "seq": pa.array(range(rows), pa.int64()),
    "small": pa.array([None if i % 5 == 0 else i * 31 % 1000 for i in range(rows)], pa.int32()),
    "amount": pa.array([i / 8 for i in range(rows)], pa.float64()),
    "even": pa.array([None if i % 7 == 0 else i % 2 == 0 for i in range(rows)]),
    "at": pa.array([stamp + datetime.timedelta(minutes=i) for i in range(rows)], pa.timestamp("us")),
    "day": pa.array([(stamp + datetime.timedelta(days=i % 400)).date() for i in range(rows)]),
    "price": pa.array([decimal.Decimal(i) / 4 for i in range(rows)], pa.decimal128(12, 2)),
    "note": pa.array([None if i % 11 == 0 else "note " * (i % 9) + str(i) for i in range(rows)]),
    "tags": pa.array([None if i % 13 == 0 else [f"tag-{j}" for j in range(i % 4)] for i in range(rows)]),
})
paged = dict(data_page_size=2000, write_batch_size=64, row_group_size=1000)
texts = {"user": "DELTA_BYTE_ARRAY", "note": "DELTA_LENGTH_BYTE_ARRAY", "seq": "DELTA_BINARY_PACKED",
         "small": "DELTA_BINARY_PACKED", "amount": "BYTE_STREAM_SPLIT", "even": "RLE"}
pq.write_table(people, out / "pyarrow-v1.parquet", **paged)
pq.write_table(people, out / "pyarrow-index.parquet", write_page_index=True, compression="zstd", **paged)
pq.write_table(people, out / "pyarrow-v2.parquet", data_page_version="2.0", compression="gzip", **paged)
pq.write_table(people, out / "pyarrow-crc.parquet", write_page_checksum=True, compression="none", **paged)
pq.write_table(people, out / "pyarrow-lz4.parquet", compression="lz4", data_page_version="2.0", write_page_index=True, **paged)
pq.write_table(people, out / "pyarrow-plain.parquet", use_dictionary=False, **paged)
pq.write_table(people, out / "pyarrow-int96.parquet", use_deprecated_int96_timestamps=True, version="1.0", **paged)
pq.write_table(people, out / "pyarrow-delta.parquet", use_dictionary=False, column_encoding=texts, version="2.6", **paged)
pq.write_table(people, out / "pyarrow-delta-v2.parquet", use_dictionary=False, column_encoding=texts, version="2.6",
               data_page_version="2.0", write_page_index=True, **paged)
pq.write_table(people, out / "pyarrow-sorted.parquet", sorting_columns=[pq.SortingColumn(1)], **paged)
duckdb.sql(f"copy people to '{out}/duckdb-v1.parquet' (format parquet, row_group_size 2048)")
duckdb.sql(f"copy people to '{out}/duckdb-v2.parquet' (format parquet, parquet_version v2, compression zstd, row_group_size 2048)")
frame = polars.from_arrow(people)
frame.write_parquet(out / "polars.parquet", row_group_size=1000, data_page_size=2000)
frame.write_parquet(out / "polars-snappy.parquet", compression="snappy", row_group_size=1000)
pq.write_table(people, out / "brotli.parquet", compression="brotli")
