"""How many entries and accounts there are, which the brakes go by (core/store/tally.c)."""
import contextlib
import sqlite3

STATUSES = 5  # enum link_status: each without and with an account; then those inactive by the mapping


def of(path):
    """As the state keeps it (None where it does not), and as its links count."""
    with contextlib.closing(sqlite3.connect("file:%s?mode=ro" % path, uri=True)) as db:
        kept = [bytes(row[0]).decode() for row in db.execute("SELECT value FROM fact WHERE name = 'tally'")]
        found = {(status, account): (count, inactive) for status, account, count, inactive in db.execute(
            "SELECT status, account IS NOT NULL, count(*), sum(flags & 16 <> 0) FROM link GROUP BY 1, 2")}
    numbers = [found.get((status, account), (0, 0))[0] for status in range(STATUSES) for account in (0, 1)]
    numbers += [found.get((status, 1), (0, 0))[1] for status in range(STATUSES)]
    return kept[0] if kept else None, " ".join(map(str, numbers))
