"""Writes a lake of events: lake.py FOLDER FILES SCALE. Two layouts of the same rows, and the lists of people to erase.

random: in the order of time, people mixed, as events arrive. clustered: sorted by person, as a bucketed table is.
SCALE is the number of rows of a file in 524,288ths, four row groups each. A person of rank r has a weight of 1 / (r + 1000):
the busiest has some thousand rows, the median one about ten. DuckDB makes the rows, from hashes of their numbers;
PyArrow writes them: Zstandard, level 1, with page indexes.
"""

import os
import sys

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

folder, files, scale = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
PEOPLE = 500_000
GROUP = max(1024, int(131_072 * scale))
ROWS = 4 * GROUP
TOTAL = files * ROWS
MICROS = 30_000_000_000_000 // TOTAL

db = duckdb.connect()
db.execute("set threads = 2")
db.execute("set enable_progress_bar = false")
# Delta Lake knows this zone by no other name.
db.execute("set timezone = 'UTC'")
# A number in [0, 1) for each row and use.
db.execute("create macro chance(i, use) as (hash(i * 16 + use) >> 11) / 9007199254740992.0")
db.execute(f"create macro rank(i) as floor(1000 * pow(({PEOPLE} + 1000) / 1000.0, chance(i, 0)) - 1000)")
# Ranks are spread, so that the order of the hashes says nothing about them.
db.execute(f"""
    create table people as
    select p::int as person, sha256('user ' || p) as user_id, sha256('mail ' || p || '@example.org') as email_hash
    from range({PEOPLE}) r(p)""")
db.execute(f"""
    create table events as
    select i, ((rank(i) * 314159 + 7) % {PEOPLE})::int as person from range({TOTAL}) r(i)""")
db.execute("""
    create table countries as select row_number() over () - 1 as c, country from (
    select unnest(string_split('DE FR IT ES PL NL BE AT SE FI DK PT IE CZ RO GR HU BG SK HR LT LV EE SI LU CY MT US GB CH NO BR IN', ' ')) as country)""")
# 300 browsers of 96 characters.
db.execute("""
    create table browsers as select b, rpad('Mozilla/5.0 (' || ['X11; Linux x86_64', 'Windows NT 10.0; Win64; x64',
    'Macintosh; Intel Mac OS X 10_15_7'][b % 3 + 1] || ') AppleWebKit/537.36 (KHTML, like Gecko) Chrome/' || (90 + b % 40)
    || '.0.' || (4000 + b * 7) || '.' || (b % 99), 96, ' ') as browser from range(300) r(b)""")


def write(layout, order):
    os.makedirs(f"{folder}/{layout}", exist_ok=True)
    # `place` is where a row stands, `i` is which row it is.
    db.execute(f"create or replace table placed as select row_number() over (order by {order}) - 1 as place, i, person, user_id, email_hash from events join people using (person)")
    for file in range(files):
        table = db.sql(f"""
            select substr(h, 1, 8) || '-' || substr(h, 9, 4) || '-4' || substr(h, 13, 3) || '-' || substr(h, 16, 4) || '-' || substr(h, 20, 12) as event_id,
                user_id, email_hash,
                make_timestamptz(1730000000000000 + i * {MICROS} + (chance(i, 1) * {MICROS})::bigint) as ts,
                country, 'course-' || lpad(course::varchar, 5, '0') as course_id,
                round(-20 * (ln(1 - chance(i, 2)) + ln(1 - chance(i, 3))), 2) as amount,
                '{{"sid":"' || substr(h, 40, 16) || '","ua":"' || browser || '","path":"/learn/course-' || lpad(course::varchar, 5, '0')
                || '/lesson/' || (10 + floor(50 * chance(i, 7)))::int || '","ref":"https://www.example.org/catalogue"}}' as payload
            from (select *, sha256('event ' || i) as h,
                    (floor(pow(1 - chance(i, 4), -1 / 0.3)) % 2000)::int as course,
                    (floor(pow(1 - chance(i, 5), -2)) % 33)::int as c,
                    floor(300 * chance(i, 6))::int as b
                from placed where place >= {file * ROWS} and place < {(file + 1) * ROWS})
            join countries using (c) join browsers using (b) order by place""").to_arrow_table()
        pq.write_table(table, f"{folder}/{layout}/part-{file:03}.parquet", compression="zstd", compression_level=1,
                       row_group_size=GROUP, write_page_index=True)


write("random", "i")
write("clustered", "user_id, i")

# The one person has the median number of rows; the others are drawn from all who have any.
db.execute("create table active as select user_id, count(*) as rows from placed group by user_id")
for count in (1, 100, 10_000):
    if count == 1:
        drawn = "select user_id from active order by rows, user_id offset (select count(*) // 2 from active) limit 1"
    else:
        drawn = f"select user_id from active order by hash(user_id || '{count}') limit {count}"
    with open(f"{folder}/erase-{count}.txt", "w") as out:
        out.writelines(f"{user}\n" for (user,) in db.execute(drawn).fetchall())

# A file of four times the size, with row groups as large as PyArrow makes them if nobody says otherwise.
os.makedirs(f"{folder}/large", exist_ok=True)
with pq.ParquetWriter(f"{folder}/large/part-000.parquet", pq.read_schema(f"{folder}/random/part-000.parquet"),
                      compression="zstd", compression_level=1, write_page_index=True) as writer:
    four = [pq.read_table(f"{folder}/random/part-{file:03}.parquet") for file in range(min(4, files))]
    writer.write_table(pa.concat_tables(four), row_group_size=8 * GROUP)

with open(f"{folder}/done", "w") as out:
    out.write(f"{files} {scale}\n")
