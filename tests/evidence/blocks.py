"""Entries of a shard out of its blocks, and back (docs/formats/store.md): what the tests of stores read and spoil."""
import contextlib
import os
import sqlite3
import struct

import reader


def _head(kind, n):
    for small, (limit, form) in enumerate(((24, None), (1 << 8, ">B"), (1 << 16, ">H"), (1 << 32, ">I"), (1 << 64, ">Q"))):
        if n < limit:
            return bytes([kind << 5 | n]) if form is None else bytes([kind << 5 | 23 + small]) + struct.pack(form, n)
    raise ValueError(n)


def entries_of(first, octets):
    """(number, objects, messages, entry, record) of each entry of a block."""
    decoder, number = reader.Decoder(octets), first
    while decoder.at < len(octets):
        yield (number, *(decoder.item() for _ in range(4)))
        number += 1


def block_of(row):
    """A block of one entry."""
    _, objects, messages, entry, record = row
    return _head(0, objects) + _head(0, messages) + _head(2, len(entry)) + entry + _head(2, len(record)) + record


@contextlib.contextmanager
def opened(store, shard="0001"):
    """The database of a shard with a table temp.entry of its entries, which are its blocks again at the end."""
    with contextlib.closing(sqlite3.connect(os.path.join(store, shard, "records.sqlite"))) as db, db:
        db.execute("CREATE TEMP TABLE entry (number INTEGER PRIMARY KEY, objects, messages, entry, record)")
        for first, octets in db.execute("SELECT first, entries FROM block").fetchall():
            db.executemany("INSERT INTO temp.entry VALUES (?, ?, ?, ?, ?)", entries_of(first, octets))
        before = db.execute("SELECT * FROM temp.entry").fetchall()
        yield db
        after = db.execute("SELECT * FROM temp.entry").fetchall()
        if after != before:
            db.execute("DELETE FROM block")
            db.executemany("INSERT INTO block VALUES (?, ?)", ((row[0], block_of(row)) for row in after))
