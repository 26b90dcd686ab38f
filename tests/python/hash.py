"""Computes pseudonyms with nothing but Python's own `hmac`: `hash.py KEYS CLEAR.csv PROTECTED.csv`.

`<epoch>` + base64url of the first 128 bits of HMAC-SHA-256(key, normalised value), as `docs/design.md` has it.
"""

import base64
import csv
import hmac
import sys
import unicodedata


def text(value):
    return unicodedata.normalize("NFC", value.strip())


def email(value):
    local, _, domain = text(value).lower().rpartition("@")
    return f"{local}@{domain.encode('idna').decode()}"


keys = {}
for line in open(sys.argv[1]):
    domain, epoch, norm, key = line.split()
    keys[norm] = (epoch, base64.b64decode(key))


def pseudonym(norm, value):
    epoch, key = keys[norm]
    tag = hmac.digest(key, value.encode(), "sha256")[:16]
    return epoch + base64.urlsafe_b64encode(tag).decode().rstrip("=")


with open(sys.argv[2], newline="") as clear, open(sys.argv[3], newline="") as protected:
    same = 0
    for before, after in zip(csv.DictReader(clear), csv.DictReader(protected), strict=True):
        assert after["student_id"] == pseudonym("text/v1", text(before["student_id"])), before
        assert after["email"] == pseudonym("email/v1", email(before["email"])), before
        same += 1
print(same)
