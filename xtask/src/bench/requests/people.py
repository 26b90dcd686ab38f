"""Draws members of a lake: people.py LAKE FOLDER MEMBERS LEAVERS…

members.parquet: a row a member, each of whom has events in the lake. leavers-N.txt: the e-mail addresses of the first N, as
requests name them; values-N.txt: what stands in the subject column for the same people.
"""

import sys

import duckdb

lake, folder, members, *leavers = sys.argv[1:]
db = duckdb.connect()
db.execute("set threads = 2")
db.execute("set enable_progress_bar = false")
db.execute(f"""
    create table members as
    select row_number() over (order by hash(user_id)) as n, user_id, 'member' || n || '@example.org' as email,
        'Member ' || n as name, '+82 10-0' || lpad((n // 1000)::varchar, 3, '0') || '-' || lpad((n % 1000)::varchar, 4, '0') as phone
    from (select distinct user_id from read_parquet('{lake}/*.parquet')) order by n limit {members}""")
db.execute(f"copy (select user_id, email, name, phone from members order by n) to '{folder}/members.parquet' (format parquet, compression zstd)")
for count in leavers:
    for name, column in ("leavers", "'email=' || email"), ("values", "user_id"):
        rows = db.execute(f"select {column} from members where n <= {count} order by n").fetchall()
        if len(rows) != int(count):
            sys.exit(f"the lake has {len(rows)} people, and {count} are to leave: make it larger")
        with open(f"{folder}/{name}-{count}.txt", "w") as out:
            out.writelines(f"{text}\n" for (text,) in rows)
