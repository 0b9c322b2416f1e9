"""How many entries and accounts there are, which the brakes go by (core/store/tally.c)."""
import contextlib
import sqlite3

KINDS = 10  # each status (enum link_status), without and with an account


def of(path):
    """As the state keeps it (None where it does not), and as its links count."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True)) as db:
        kept = [bytes(row[0]).decode() for row in db.execute("SELECT value FROM fact WHERE name = 'tally'")]
        found = {(status, account): count for status, account, count in db.execute(
            "SELECT status, account IS NOT NULL, count(*) FROM link GROUP BY 1, 2")}
    return kept[0] if kept else None, " ".join(str(found.get((i // 2, i % 2), 0)) for i in range(KINDS))
