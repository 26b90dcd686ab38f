"""Reads an encrypted Parquet file with the keys that `pii key show --file … --reveal-to KEYS` gave away.

encrypted.py uniform FILE KEYS      PyArrow, one key for the file
encrypted.py duckdb FILE KEYS       DuckDB, one key for the file
encrypted.py columns FILE KEYS COLUMN,COLUMN…     PyArrow, as a client of a key service
"""

import base64
import json
import sys

how, path, keys, *columns = sys.argv[1:]
given = json.load(open(keys))


def pyarrow_uniform():
    import pyarrow.parquet as pq
    import pyarrow.parquet.encryption as pe

    properties = pe.create_decryption_properties(footer_key=base64.b64decode(given["footer_key"]))
    return pq.read_table(path, decryption_properties=properties)


def duckdb_uniform():
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"PRAGMA add_parquet_key('key', '{given['footer_key']}')")
    return connection.execute(
        f"SELECT * FROM read_parquet('{path}', encryption_config = {{footer_key: 'key'}})"
    ).to_arrow_table()


def pyarrow_columns():
    import pyarrow.parquet as pq
    import pyarrow.parquet.encryption as pe

    class Given(pe.KmsClient):
        def __init__(self, _):
            super().__init__()

        def wrap_key(self, _, name):
            raise NotImplementedError

        def unwrap_key(self, _, name):
            if name not in given["keys"]:
                raise PermissionError(name)
            return base64.b64decode(given["keys"][name])

    properties = pe.CryptoFactory(Given).file_decryption_properties(pe.KmsConnectionConfig())
    wanted = columns[0].split(",") if columns else None
    return pq.ParquetFile(path, decryption_properties=properties).read(columns=wanted)


try:
    table = {"uniform": pyarrow_uniform, "duckdb": duckdb_uniform, "columns": pyarrow_columns}[how]()
except Exception as error:
    print(type(error).__name__, str(error).splitlines()[0])
else:
    print(table.num_rows, ",".join(table.column_names))
    for row in table.slice(0, 2).to_pylist():
        print(*row.values())
