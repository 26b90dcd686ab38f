"""Reads the files without the erased by three readers; each must see what a filter leaves of the old ones."""
import pathlib, sys
import duckdb, polars, pyarrow.parquet as pq

old, new, other = (pathlib.Path(arg) for arg in sys.argv[1:4])
gone = sys.argv[4:]
for file in sorted(new.glob("*.parquet")):
    table = pq.read_table(old / file.name)
    keep = [user not in gone for user in table["user"].to_pylist()]
    others = table.filter(keep)
    assert others.num_rows < table.num_rows, file
    assert pq.read_table(file).equals(others), f"pyarrow: {file}"
    seqs = others["seq"].to_pylist()
    some = seqs[len(seqs) // 2]
    assert pq.read_table(file, filters=[("seq", "==", some)])["seq"].to_pylist() == [some], f"pyarrow filter: {file}"
    got = duckdb.sql(f"select * from read_parquet('{file}')").to_arrow_table()
    want = duckdb.sql("select * from others").to_arrow_table()
    assert got.to_pylist() == want.to_pylist(), f"duckdb: {file}"
    found = duckdb.sql(f"select seq from read_parquet('{file}') where user = 'person-5' order by seq").fetchall()
    assert [seq for seq, in found] == [row["seq"] for row in others.to_pylist() if row["user"] == "person-5"], f"duckdb: {file}"
    got = polars.read_parquet(file)
    assert got.equals(polars.read_parquet(old / file.name).filter(polars.Series(keep))), f"polars: {file}"
    # Nothing of the erased in any statistics either.
    data = pq.ParquetFile(file).metadata
    for group in range(data.num_row_groups):
        for column in range(data.num_columns):
            stats = data.row_group(group).column(column).statistics
            assert stats is None or not stats.has_min_max or (stats.min not in gone and stats.max not in gone), file
    # Where the rows stayed: no note, no tags, another name.
    want = []
    for row in table.to_pylist():
        if row["user"] in gone:
            tags = row["tags"] and [None for _ in row["tags"]]
            row = {**row, "user": "nobody at all", "note": None, "tags": tags}
        want.append(row)
    file = other / file.name
    assert pq.read_table(file).to_pylist() == want, f"pyarrow: {file}"
    users, notes = [row["user"] for row in want], [row["note"] for row in want]
    got = duckdb.sql(f"select user, note from read_parquet('{file}')").fetchall()
    assert got == list(zip(users, notes)), f"duckdb: {file}"
    found = duckdb.sql(f"select count(*) from read_parquet('{file}') where user = 'nobody at all'").fetchall()
    assert found == [(users.count("nobody at all"),)], f"duckdb: {file}"
    got = polars.read_parquet(file)
    assert got["user"].to_list() == users and got["note"].to_list() == notes, f"polars: {file}"
    print(file.name)
