#!/usr/bin/env python3
"""Makes a data directory with a long history: what the window and a cold start are measured on.

    history.py FOLDER --binary INGLENOOK [--messages N] [--sessions N] [--short N] [--long N] [--seed N]

The app makes the database, so its tables are those of this version; the rows are written past it, and the app brings its
search index up to date itself, which is waited for. The same numbers give the same file. `--long` messages lie in one session
("The long conversation", the newest), of every kind that a thread can show; `--short` sessions have two messages; the
others share the rest. The short ones are within the number of messages and beyond that of sessions.
"""

import argparse
import itertools
import json
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

from conversation import LONG_TITLE, said_in_the_long_one

# 2026-11-01, in milliseconds; the history ends there, so that whatever is said later is newer
NEWEST = 1_793_491_200_000
YEAR = 365 * 86_400_000
BATCH = 20_000


class Words:
    """Words out of 20,000, few of them often and most of them seldom, as in language."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        letters = random.Random(seed + 1)
        self.vocabulary = [
            "".join(letters.choices("etaoinshrdlucmfwypvbgk", k=3 + n % 7)) for n in range(20_000)
        ]
        self.weights = list(itertools.accumulate(1 / (rank + 10) ** 1.05 for rank in range(20_000)))
        self.pool = self.random.choices(self.vocabulary, cum_weights=self.weights, k=1_000_000)

    def text(self, count):
        # a stretch of a pool: drawing each word anew takes ten times as long
        at = self.random.randrange(len(self.pool) - count)
        return " ".join(self.pool[at : at + count])


def number(prefix, n):
    """An id as the app makes them: the time first, so that they grow."""
    return f"{prefix}_{n:012x}7{(n * 0x9E3779B97F4A7C15) & (1 << 76) - 1:019x}"


@contextmanager
def served(binary, folder):
    command = [binary, "serve", "--port", "0", "--data-dir", str(folder), "--vault", "memory"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        if not process.stdout.readline():
            sys.exit("the app did not start")
        yield process
    finally:
        process.terminate()
        process.wait(60)


def sessions(options):
    """How many messages each session has but the long one, oldest first; the short ones lie among the others."""
    others = options.sessions - 1
    each, more = divmod(options.messages - 2 * options.short - options.long, others)
    for n in range(others):
        yield each + (n < more)
        yield from [2] * (options.short * (n + 1) // others - options.short * n // others)


def rows(options, words):
    """Sessions and messages in the order of time, as they are in the tables."""
    counts = [count for count in sessions(options) if count > 0]
    step = YEAR / max(1, options.messages)
    n = 0
    for index, count in enumerate(counts):
        session = number("se", index + 1)
        began, parent, messages = int(NEWEST - YEAR + n * step), None, []
        for place in range(count):
            n += 1
            message, at = number("ms", n), int(NEWEST - YEAR + n * step)
            role = "user" if place % 2 == 0 else "assistant"
            text = words.text(12 + (n * 31) % 40)
            messages.append((n, message, session, parent, role, "complete", at, text, None))
            parent = message
        yield (session, words.text(2 + index % 4).capitalize(), parent, 0, began, at), messages
    session, parent, messages = number("se", len(counts) + 1), None, []
    for role, text, parts in said_in_the_long_one(options.long, words):
        n += 1
        message, at = number("ms", n), NEWEST - (options.messages - n)
        parts = None if parts is None else json.dumps(parts, separators=(",", ":"))
        messages.append((n, message, session, parent, role, "complete", at, text, parts))
        parent = message
    if messages:
        yield (session, LONG_TITLE, parent, 0, NEWEST - options.long, NEWEST), messages


def write(database, options):
    words = Words(options.seed)
    waiting = []

    def flush():
        with connection:
            connection.executemany(
                "INSERT INTO sessions (id, title, leaf, pinned, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                [session for session, _ in waiting],
            )
            connection.executemany(
                "INSERT INTO messages (seq, id, session, parent, role, state, created_at, text, parts)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                itertools.chain.from_iterable(messages for _, messages in waiting),
            )
        waiting.clear()

    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        gathered = 0
        for session, messages in rows(options, words):
            waiting.append((session, messages))
            gathered += len(messages)
            if gathered >= BATCH:
                flush()
                gathered = 0
        flush()


def indexed(database):
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        one = lambda sql: connection.execute(sql).fetchone()[0] or 0
        return one("SELECT value FROM meta WHERE key = 'fts_upto'") >= one("SELECT max(seq) FROM messages")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--sessions", type=int, default=20_000, help="the long one and those that share the rest")
    parser.add_argument("--short", type=int, default=30_000)
    parser.add_argument("--long", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=11)
    options = parser.parse_args()
    if options.sessions < 2 or options.messages < 2 * options.short + options.long:
        parser.error("there must be two sessions, and messages enough for the short ones and the long one")
    if options.folder.exists():
        parser.error("the folder exists already")
    database = options.folder / "inglenook.db"
    with served(options.binary, options.folder):
        pass
    write(database, options)
    with served(options.binary, options.folder):
        while not indexed(database):
            time.sleep(0.5)


if __name__ == "__main__":
    main()
