"""Writes one table of people as Arrow IPC, by PyArrow and Polars, in the forms that they know."""
import datetime, decimal, pathlib, sys
import polars, pyarrow as pa, pyarrow.feather as feather

out = pathlib.Path(sys.argv[1])
rows = 3000
stamp = datetime.datetime(2024, 1, 1)
users = [None if i % 41 == 0 else f"person-{i * 7919 % 97}" for i in range(rows)]
plain = pa.table({
    "user": pa.array(users),
    "seq": pa.array(range(rows), pa.int64()),
    "amount": pa.array([i / 8 for i in range(rows)], pa.float64()),
    "even": pa.array([None if i % 7 == 0 else i % 2 == 0 for i in range(rows)]),
    "at": pa.array([stamp + datetime.timedelta(minutes=i) for i in range(rows)], pa.timestamp("us")),
    "price": pa.array([decimal.Decimal(i) / 4 for i in range(rows)], pa.decimal128(12, 2)),
    "note": pa.array([None if i % 11 == 0 else "note " * (i % 9) + str(i) for i in range(rows)]),
    "tags": pa.array([None if i % 13 == 0 else [f"tag-{j}" for j in range(i % 4)] for i in range(rows)]),
}).replace_schema_metadata({"of": "the schema"})
coded = plain.set_column(0, "user", plain["user"].dictionary_encode())


def write(name, table, stream=False, compression=None, size=500, **options):
    options = pa.ipc.IpcWriteOptions(compression=compression, **options)
    open_ = pa.ipc.new_stream if stream else pa.ipc.new_file
    with open_(out / name, table.schema, options=options) as writer:
        writer.write_table(table, max_chunksize=size)


write("pyarrow.arrow", plain)
write("pyarrow-lz4.arrow", plain, compression="lz4")
write("pyarrow-zstd-one-batch.arrow", plain, compression="zstd", size=rows)
write("pyarrow-stream.arrow", plain, stream=True, compression="zstd")
write("pyarrow-coded.arrow", coded)
write("pyarrow-coded-lz4.arrow", coded, compression="lz4")
write("pyarrow-coded-stream.arrow", coded, stream=True)
grows = pa.Table.from_batches([pa.record_batch({"user": pa.array(users[i:i + 500]).dictionary_encode(), "seq": range(i, i + 500)})
                               for i in range(0, rows, 500)])
write("pyarrow-changing-stream.arrow", grows, stream=True)
write("pyarrow-unified.arrow", grows.unify_dictionaries())
with pa.ipc.new_file(out / "pyarrow-said.arrow", plain.schema) as writer:
    for batch in plain.to_batches(500):
        writer.write_batch(batch, custom_metadata={"of": f"a batch of {batch.num_rows}"})
feather.write_feather(coded, out / "pyarrow.feather", compression="zstd", chunksize=700)
frame = polars.from_arrow(plain)
frame.write_ipc(out / "polars.arrow")
frame.write_ipc(out / "polars-zstd.arrow", compression="zstd")
frame.with_columns(polars.col("user").cast(polars.Categorical)).write_ipc(out / "polars-coded.arrow")
frame.write_ipc(out / "polars-old.arrow", compat_level=polars.CompatLevel.oldest())
