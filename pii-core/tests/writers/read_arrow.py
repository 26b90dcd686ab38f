"""Reads the Arrow files without the erased by three readers; each must see what a filter leaves of the old ones."""
import pathlib, sys
import duckdb, polars, pyarrow as pa

old, new = (pathlib.Path(arg) for arg in sys.argv[1:3])
gone = sys.argv[3:]


def read(file):
    with pa.OSFile(str(file)) as source:
        stream = source.read(4) == b"\xff\xff\xff\xff"
        source.seek(0)
        reader = (pa.ipc.open_stream if stream else pa.ipc.open_file)(source)
        table = reader.read_all()
        table.validate(full=True)
        return table, stream


for file in sorted(new.iterdir()):
    table, stream = read(old / file.name)
    keep = [user not in gone for user in table["user"].to_pylist()]
    want = [row for row, stays in zip(table.to_pylist(), keep) if stays]
    assert len(want) < table.num_rows, file
    got, _ = read(file)
    assert got.schema.equals(table.schema, check_metadata=True), f"pyarrow: {file}"
    assert got.to_pylist() == want, f"pyarrow: {file}"
    # pandas asks that no two entries of a dictionary are the same; none of the erased is one.
    for chunk in got["user"].chunks:
        if isinstance(chunk, pa.DictionaryArray):
            entries = chunk.dictionary.to_pylist()
            assert len(set(entries)) == len(entries) and not set(entries) & set(gone), f"dictionary: {file}"
    frame = (polars.read_ipc_stream if stream else polars.read_ipc)(file)
    left = (polars.read_ipc_stream if stream else polars.read_ipc)(old / file.name).filter(polars.Series(keep))
    assert frame.to_dicts() == left.to_dicts(), f"polars: {file}"
    if not stream:
        lazy = polars.scan_ipc(file).select("seq").collect()
        assert lazy["seq"].to_list() == [row["seq"] for row in want], f"polars, lazy: {file}"
    found = duckdb.sql("select seq from got where user = 'person-5' order by seq").fetchall()
    assert [seq for seq, in found] == [row["seq"] for row in want if row["user"] == "person-5"], f"duckdb: {file}"
    if "said" in file.name:
        reader = pa.ipc.open_file(pa.OSFile(str(file)))
        said = [reader.get_batch_with_custom_metadata(at).custom_metadata for at in range(reader.num_record_batches)]
        assert all(one == {b"of": b"a batch of 500"} for one in said), said
    print(file.name)
