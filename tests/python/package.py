"""Reads a package with nothing of ours: zipfile, json, csv, hashlib, and the Ed25519 of `cryptography`."""

import base64
import csv
import hashlib
import io
import json
import sys
import zipfile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

package = zipfile.ZipFile(sys.argv[1])
assert package.testzip() is None
names = package.namelist()
assert len(names) == len(set(names))

manifest_text = package.read("manifest.json")
manifest = json.loads(manifest_text)

# The signature, as minisign's documentation describes it.
public = base64.b64decode(package.read("minisign.pub").splitlines()[1])
_, signed, trusted, whole = package.read("manifest.sig").splitlines()
signed = base64.b64decode(signed)
assert public[:2] == b"Ed" and signed[:2] == b"ED" and public[2:10] == signed[2:10]
key = Ed25519PublicKey.from_public_bytes(public[10:])
key.verify(signed[10:], hashlib.blake2b(manifest_text).digest())
key.verify(base64.b64decode(whole), signed[10:] + trusted.removeprefix(b"trusted comment: "))

# Every file is named, and is what is named.
named = {file["path"]: file for file in manifest["files"]}
assert set(names) == set(named) | {"manifest.json", "manifest.sig", "minisign.pub"}
for path, file in named.items():
    content = package.read(path)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (file["bytes"], file["sha256"]), path

# Both formats hold the same rows.
for dataset in manifest["datasets"]:
    name = dataset["id"]
    rows = [json.loads(line) for line in package.read(f"data/{name}.jsonl").decode("utf-8").splitlines()]
    text = package.read(f"data/{name}.csv").decode("utf-8-sig")
    records = list(csv.DictReader(io.StringIO(text, newline="")))
    schema = json.loads(package.read(f"schema/{name}.json"))
    assert len(rows) == len(records) == dataset["rows"], name
    for row, record in zip(rows, records):
        assert list(row) == list(record) == schema["required"], name
        for column, value in row.items():
            cell = record[column]
            if isinstance(value, dict):
                assert json.loads(cell) == value
            elif value is None:
                assert cell == ""
            else:
                assert cell.removeprefix("'") == value, (name, column)
                assert not cell.startswith(("=", "+", "-", "@"))
