"""Erases people as the peer's users would: peers.py PEER LAKE LIST OUT THREADS. Writes what it wrote and how long syncing took.

Only files that hold a row of somebody are written anew, with the codec, the level and the row groups that they had.
Nobody but `pii` puts its files on the disk before it ends, so that is done here, and timed by itself.
"""

import glob
import os
import sys
import time

peer, lake, people, out, threads = sys.argv[1:6]
os.environ["POLARS_MAX_THREADS"] = os.environ["TOKIO_WORKER_THREADS"] = os.environ["RAYON_NUM_THREADS"] = threads
if peer == "versions":
    from importlib.metadata import version

    packages = [("DuckDB", "duckdb"), ("Polars", "polars"), ("PyArrow", "pyarrow"), ("delta-rs", "deltalake")]
    print(", ".join(f"{name} {version(package)}" for name, package in packages))
    sys.exit()
files = sorted(glob.glob(f"{lake}/*.parquet"))
ids = open(people).read().split()
os.makedirs(out, exist_ok=True)


def duckdb_with_list():
    import duckdb

    db = duckdb.connect()
    db.execute(f"set threads = {threads}")
    db.execute("set enable_progress_bar = false")
    db.execute(f"create table erased as select column0 as user_id from read_csv('{people}', header = false, columns = {{'column0': 'varchar'}})")
    return db


def group_rows():
    import pyarrow.parquet as pq

    return pq.ParquetFile(files[0]).metadata.row_group(0).num_rows


if peer == "duckdb":
    rows, db = group_rows(), duckdb_with_list()
    hit = db.execute(f"select distinct filename from read_parquet('{lake}/*.parquet', filename = true) semi join erased using (user_id)").fetchall()
    for (file,) in hit:
        db.execute(f"""copy (select * from '{file}' anti join erased using (user_id)) to '{out}/{os.path.basename(file)}'
            (format parquet, compression zstd, compression_level 1, row_group_size {rows})""")
elif peer == "polars":
    import polars as pl

    rows, erased = group_rows(), pl.LazyFrame({"user_id": ids})
    for file in files:
        hits = pl.scan_parquet(file).select("user_id").join(erased, on="user_id", how="semi")
        if hits.select(pl.len()).collect(engine="streaming").item() > 0:
            kept = pl.scan_parquet(file).join(erased, on="user_id", how="anti", maintain_order="left")
            kept.sink_parquet(f"{out}/{os.path.basename(file)}", compression="zstd", compression_level=1, row_group_size=rows)
elif peer == "pyarrow":
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    pa.set_cpu_count(int(threads))
    erased = pa.array(ids)
    for file in files:
        source = pq.ParquetFile(file)
        if pc.any(pc.is_in(source.read(columns=["user_id"]).column(0), value_set=erased)).as_py():
            with pq.ParquetWriter(f"{out}/{os.path.basename(file)}", source.schema_arrow, compression="zstd",
                                  compression_level=1, write_page_index=True) as writer:
                for group in range(source.num_row_groups):
                    table = source.read_row_group(group)
                    table = table.filter(pc.invert(pc.is_in(table.column("user_id"), value_set=erased)))
                    writer.write_table(table, row_group_size=max(1, table.num_rows))
elif peer == "delta-rs":
    # LAKE is a Delta table here; its files are in it as hard links, so they can go.
    from deltalake import DeltaTable, WriterProperties

    before = set(files)
    table = DeltaTable(lake)
    rows = group_rows()
    table.delete("user_id in ({})".format(",".join(f"'{i}'" for i in ids)),
                 writer_properties=WriterProperties(compression="ZSTD", compression_level=1, max_row_group_size=rows))
    table.vacuum(retention_hours=0, dry_run=False, enforce_retention_duration=False)
    out = lake
    files = [file for file in glob.glob(f"{lake}/*.parquet") if file not in before]
elif peer == "delta-convert":
    from deltalake import convert_to_deltalake

    convert_to_deltalake(lake)
    sys.exit()
elif peer == "without-filters":
    import pyarrow.parquet as pq

    for file in files:
        source = pq.ParquetFile(file)
        others = [name for name in source.schema_arrow.names if name != "user_id"]
        codecs = {"user_id": "none"} | {name: "zstd" for name in others}
        with pq.ParquetWriter(f"{out}/{os.path.basename(file)}", source.schema_arrow, compression=codecs, use_dictionary=others,
                              compression_level={name: 1 for name in others}, write_page_index=True) as writer:
            for group in range(source.num_row_groups):
                writer.write_table(source.read_row_group(group), row_group_size=1 << 30)
    sys.exit()
elif peer == "pseudonyms":
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    known = set()
    for file in files:
        here = pc.is_in(pq.read_table(file, columns=["user_id"]).column(0), value_set=pa.array(ids))
        there = pq.read_table(f"{out}/{os.path.basename(file)}", columns=["user_id"]).column(0)
        known.update(there.filter(here).unique().to_pylist())
    print("\n".join(sorted(known)))
    sys.exit()
elif peer == "duckdb-find":
    db = duckdb_with_list()
    db.execute(f"select count(*) from read_parquet('{lake}/*.parquet') semi join erased using (user_id)").fetchall()
elif peer == "duckdb-find-in":
    import duckdb

    db = duckdb.connect()
    db.execute(f"set threads = {threads}")
    listed = ",".join(f"'{i}'" for i in ids)
    db.execute(f"select count(*) from read_parquet('{lake}/*.parquet') where user_id in ({listed})").fetchall()
else:
    sys.exit(f"no such peer: {peer}")

written = files if peer == "delta-rs" else glob.glob(f"{out}/*.parquet")
began = time.perf_counter()
for file in written:
    with open(file, "rb") as synced:
        os.fsync(synced.fileno())
with open(f"{out}/figures", "w") as figures:
    figures.write(f"{time.perf_counter() - began} {sum(os.path.getsize(file) for file in written)}")
