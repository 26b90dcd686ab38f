#!/usr/bin/env python3
"""Checks the evidence in the folder that this file lies in:  python3 verify.py [--key LINE-OR-FILE]
It needs Python 3.8 and nothing else. Exit code 0: all of it holds. Exit code 1: something does not.
  1. checkpoint     a signature covers the log's name, how many entries it has, and one hash: the root.
  2. tile/          the root covers the tiles, and the tiles cover the hash of every entry (RFC 6962).
  3. entries.jsonl  each line has the hash that the tiles give for its number, and is what the filter asks for.
  4. manifest.json  its counts and digests are those of what lies here.
With --key it believes that key alone: a line such as acme/audit+1a2b3c4d+AR..., or a file that holds it."""
import base64, hashlib, json, sys
from pathlib import Path
HERE = Path(__file__).resolve().parent
def need(condition, why):
    if not condition:
        raise ValueError(why)
def sha256(data):
    return hashlib.sha256(data).digest()

# 1. The signature: Ed25519 as in RFC 8032, on the curve -x^2 + y^2 = 1 + D x^2 y^2 over the integers modulo P.
P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P

def plus(p, q):
    (x, y), (u, v), t = p, q, D * p[0] * p[1] * q[0] * q[1]
    return (x * v + y * u) * pow(1 + t, P - 2, P) % P, (y * v + x * u) * pow(1 - t, P - 2, P) % P
def times(n, p):
    total = (0, 1)
    while n:
        total, p, n = plus(total, p) if n & 1 else total, plus(p, p), n >> 1
    return total
def point(data):  # 32 bytes: y, and in the highest bit whether x is odd
    odd, y = divmod(int.from_bytes(data, "little"), 2**255)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    need(y < P and x * x % P == square and (x or not odd), "checkpoint: a key or a signature is not on the curve")
    return (x if x % 2 == odd else P - x, y)
def fits(key, text, signature):
    s = int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + text).digest(), "little") % ORDER
    base = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    return len(signature) == 64 and s < ORDER and times(s, base) == plus(point(signature[:32]), times(k, point(key)))
def parse_key(line):  # name+id+base64 of a type byte, 1 for Ed25519, and the key: a verifier key of C2SP signed-note
    name, number, data = line.strip().split("+", 2)
    data = base64.b64decode(data, validate=True)
    need(sha256(name.encode() + b"\n" + data)[:4].hex() == number, "key %s does not have its id" % number)
    need(data[0] == 1 and len(data) == 33, "key %s is not an Ed25519 key" % number)
    return name, data[1:], bytes.fromhex(number)
def check_checkpoint(keys):
    text, _, lines = (HERE / "checkpoint").read_text("utf-8").rpartition("\n\n")
    (origin, size, root), by = text.split("\n")[:3], []
    for name, data in (line[2:].split(" ") for line in lines.splitlines()):
        data = base64.b64decode(data, validate=True)
        for key in (key for key in keys if (key[0], key[2]) == (name, data[:4]) and name == origin):
            need(fits(key[1], (text + "\n").encode(), data[4:]), "checkpoint: the signature does not fit")
            by.append(data[:4].hex())
    need(by, "checkpoint: no key that is believed has signed it for %s" % origin)
    return origin, int(size), base64.b64decode(root, validate=True), ", ".join(by)

# 2. The tiles, of 256 hashes each. Tile n of level 0 holds entries 256 n to 256 n + 255; the top of a full tile is
# one hash in a tile of the next level. Those at the right edge hold fewer, and have the root together.
def top(hashes):
    while len(hashes) > 1:
        hashes = [sha256(b"\1" + hashes[i] + hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]
class Tree:
    def __init__(self, size, root):
        self.size, self.edge, self.last, peaks = size, {}, {}, []
        for level in reversed(range(8)):
            width = (size >> 8 * level) % 256
            rest = self.edge[level] = self.load(level, size >> 8 * (level + 1), width) if width else []
            while rest:  # by the largest powers of two, from the left
                count = 1 << (len(rest).bit_length() - 1)
                peaks, rest = peaks + [top(rest[:count])], rest[count:]
        found = peaks.pop() if peaks else sha256(b"")
        while peaks:
            found = sha256(b"\1" + peaks.pop() + found)
        need(found == root, "tile/: the tiles at the right edge do not have the root that was signed")
    def load(self, level, n, width):
        name, rest = "%03d" % (n % 1000), n // 1000
        while rest:
            name, rest = "x%03d/%s" % (rest % 1000, name), rest // 1000
        name = "tile/%d/%s%s" % (level, name, "" if width == 256 else ".p/%d" % width)
        data = (HERE / name).read_bytes()
        need(len(data) == 32 * width, name + ": it has another length")
        return [data[i:i + 32] for i in range(0, len(data), 32)]
    def tile(self, level, n):
        if n == self.size >> 8 * (level + 1):
            return self.edge[level]
        if self.last.get(level, (None,))[0] != n:
            hashes = self.load(level, n, 256)
            need(top(hashes) == self.tile(level + 1, n >> 8)[n & 255], "tile/%d: tile %d was changed" % (level, n))
            self.last[level] = (n, hashes)
        return self.last[level][1]

# 3. The entries.
def wanted(entry, filter):
    event = entry["event"]
    return (filter.get("since", "") <= entry["time"] < filter.get("until", "~")
            and all(event.get(k) == filter[k] for k in ("action", "dataset", "purpose", "recipient") if k in filter)
            and filter.get("actor") in (None, event["actor"]["id"])
            and filter.get("subject") in [None] + event.get("subjects", []))
def check_entries(tree, pruned, filter):
    actions, first, last, digest = {}, None, {"index": pruned - 1, "time": ""}, hashlib.sha256()
    with open(HERE / "entries.jsonl", "rb") as file:
        for number, line in enumerate(file, 1):
            digest.update(line)
            entry, where = json.loads(line), "entries.jsonl, line %d: " % number
            n, time, action = entry["seq"], entry["time"], entry["event"]["action"]
            need(last["index"] < n < tree.size and last["time"] <= time, where + "it is not in order")
            same = tree.tile(0, n >> 8)[n & 255] == sha256(b"\0" + line[:-1])
            need(same and line[-1:] == b"\n", where + "it is not entry %d as it was signed" % n)
            need(wanted(entry, filter), where + "it is not what the filter asks for")
            last, actions[action] = {"index": n, "time": time}, actions.get(action, 0) + 1
            first = first or last
    return actions, first, first and last, digest.digest()

# 4. The manifest, and all of it.
def check(key):
    text = (HERE / "manifest.json").read_bytes()
    manifest = json.loads(text)
    log, filter, files = manifest["log"], manifest["filter"], manifest["files"]
    keys = [(HERE / file["path"]).read_text("utf-8") for file in files if file["path"].startswith("keys/")]
    origin, size, root, by = check_checkpoint([parse_key(line) for line in ([key] if key else keys)])
    actions, first, last, digest = check_entries(Tree(size, root), log["pruned_up_to"], filter)
    count, pruned, left = sum(actions.values()), log["pruned_up_to"], size - log["pruned_up_to"]
    counts = {"tree": size, "pruned": pruned, "looked_at": left, "matched": count, "by_action": actions}
    said = [log["origin"], log["tree_size"], base64.b64decode(log["root"])]
    need(said == [origin, size, root], "manifest.json: it is about another log than the checkpoint")
    said = [manifest["counts"], manifest["first"], manifest["last"]]
    need(said == [counts, first, last], "manifest.json: the counts are not those of the entries")
    need(filter or count == left, "entries.jsonl: %d entries are missing" % (left - count))
    for file in files:
        found = digest if file["path"] == "entries.jsonl" else sha256((HERE / file["path"]).read_bytes())
        need(found.hex() == file["sha256"], file["path"] + ": it was changed")
    print("VERIFIED %s: %d of %d entries, as key %s signed them" % (origin, count, size, by))
    print("  filter: " + (json.dumps(filter) if filter else "none, so these are all entries from %d on" % pruned))
    print("  not checked: whether this manifest is the one on record in the log, SHA-256 " + sha256(text).hex())
    for claim, unknown in (("whether the key is the controller's: it lay beside the evidence (see --key)", not key),
                           ("whether the filter wants further entries: the log's record of the manifest tells", filter),
                           ("entries before %d: they were pruned" % pruned, pruned),
                           ("%s: it is a view, our reading of entries.jsonl" % manifest["view"], manifest["view"])):
        if unknown:
            print("  not checked: " + claim)
if __name__ == "__main__":
    given = sys.argv[2] if len(sys.argv) == 3 and sys.argv[1] == "--key" else None
    try:
        need(given or len(sys.argv) == 1, "usage: python3 verify.py [--key LINE-OR-FILE]")
        check(Path(given).read_text("utf-8") if given and Path(given).is_file() else given)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        sys.exit("NOT VERIFIED: %s" % (error if isinstance(error, (OSError, ValueError)) else repr(error)))
