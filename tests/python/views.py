"""Reads the view in an export with whatever else reads its format, and prints [entry, action, actor, time] a line."""
import csv, html.parser, json, pathlib, re, sys, zipfile
import xml.etree.ElementTree as xml


def read_csv(path):
    text = path.read_bytes()
    assert text.endswith(b"\r\n") and not text.startswith(b"\xef\xbb\xbf")
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield int(row["entry"]), row["action"], row["actor"], row["time"]


def read_xlsx(path):
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(path) as book:
        assert book.testzip() is None
        sheets = sorted(name for name in book.namelist() if name.startswith("xl/worksheets/sheet"))
        for sheet in sheets:
            tree = xml.fromstring(book.read(sheet))
            assert not list(tree.iter(space + "f")), "a formula"
            rows = []
            for row in tree.iter(space + "row"):
                cells = {}
                for cell in row.iter(space + "c"):
                    text = "".join(t.text or "" for t in cell.iter(space + "t"))
                    value = cell.find(space + "v")
                    cells[re.match("[A-Z]+", cell.get("r")).group()] = text if value is None else value.text
                rows.append(cells)
            names = {name: column for column, name in rows[0].items()}
            for row in rows[1:]:
                yield int(row[names["entry"]]), row[names["action"]], row[names["actor"]], row[names["time"]]


def read_parquet(path):
    import pyarrow as arrow
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(path)
    assert table.schema.field("time").type == arrow.timestamp("ns", tz="UTC")
    assert table.schema.field("subjects").type.value_type == arrow.string()
    times = table.column("time").cast(arrow.int64()).to_pylist()
    for row, nanoseconds in zip(table.drop_columns(["time"]).to_pylist(), times):
        seconds, rest = divmod(nanoseconds, 10**9)
        import datetime
        time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
        yield row["entry"], row["action"], row["actor"], "%s.%09dZ" % (time, rest)


def read_ocsf(path):
    for line in open(path, encoding="utf-8"):
        event = json.loads(line)
        assert event["category_uid"] == 6 and event["class_uid"] in (6003, 6005), event
        assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
        for required in ("severity_id", "time", "actor", "src_endpoint", "metadata"):
            assert required in event, required
        assert "api" in event if event["class_uid"] == 6003 else "table" in event
        assert event["attestation_list"][0]["fingerprint"]["value"] and "pii" in event["unmapped"]
        assert event["metadata"]["version"].startswith("1.9")
        yield event["metadata"]["sequence"], event["unmapped"]["pii"]["action"], event["actor"]["user"]["name"], None


def read_cef(path):
    for line in open(path, encoding="utf-8", newline="\n"):
        fields = re.split(r"(?<!\\)\|", line.rstrip("\n"), maxsplit=7)
        assert fields[:3] == ["CEF:0", "pii", "audit"] and len(fields) == 8, fields
        pairs = re.findall(r"(\w+)=((?:\\.|[^\\=])*?)(?= \w+=|$)", fields[7])
        undo = lambda text: re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r"}.get(m.group(1), m.group(1)), text)
        values = {key: undo(value) for key, value in pairs}
        yield int(values["externalId"]), values["act"], values["suser"], None


def read_syslog(path):
    for line in open(path, encoding="utf-8", newline="\n"):
        head = re.match(r"<(1(?:08|10))>1 (\S+Z) (\S+) pii - (\S+) \[pii@32473 ", line)
        assert head, line
        pairs = re.findall(r'(\w+)="((?:\\.|[^"\\\]])*)"', line[head.end():])
        values = {key: re.sub(r"\\(.)", r"\1", value) for key, value in pairs}
        yield int(values["entry"]), values["action"], values["actor"], values["time"]


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.rows, self.tags = [], set()

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        assert not {"src", "href", "onclick"} & {name for name, _ in attributes}
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data):
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def read_html(path):
    page = Page()
    page.feed(path.read_text("utf-8"))
    assert not page.tags & {"script", "img", "link", "iframe", "b"}, page.tags
    table = page.rows[[row[:1] for row in page.rows].index(["Entry"]) + 1:]
    for row in table:
        yield int(row[0]), row[3].strip(), row[2][:row[2].rindex(" (")], None


READERS = {"csv": read_csv, "xlsx": read_xlsx, "parquet": read_parquet, "jsonl": read_ocsf, "cef": read_cef,
           "syslog": read_syslog, "html": read_html}
(path,) = [p for p in pathlib.Path(sys.argv[1]).glob("entries.*") if p.name != "entries.jsonl"]
for entry in READERS[path.name.split(".")[-1]](path):
    print(json.dumps(entry))
