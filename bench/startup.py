#!/usr/bin/env python3
"""Time from starting the server to its first 200, and its memory when idle.

    startup.py RUNS SECONDS_IDLE -- COMMAND...

The command is `inglenook serve --port N ...`. Prints one line of JSON: milliseconds and megabytes (PSS).
"""

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import time


def answers(port):
    request = f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(request.encode())
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def pss(pid):
    with open(f"/proc/{pid}/smaps_rollup") as rollup:
        return next(int(line.split()[1]) for line in rollup if line.startswith("Pss:")) / 1024


def processor_time(pid):
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def once(command, port, idle):
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not answers(port):
            if process.poll() is not None:
                sys.exit(f"the server ended with {process.returncode}")
            if time.monotonic() - began > 60:
                sys.exit("the server did not answer within a minute")
            time.sleep(0.0005)
        first = (time.monotonic() - began) * 1000
        time.sleep(idle)
        return first, pss(process.pid), processor_time(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def main():
    runs, idle = int(sys.argv[1]), float(sys.argv[2])
    command = sys.argv[sys.argv.index("--") + 1 :]
    port = int(command[command.index("--port") + 1])
    measured = [once(command, port, idle) for _ in range(runs)]
    first, memory, cpu = (sorted(column) for column in zip(*measured))
    print(
        json.dumps(
            {
                "first_200_ms": {"best": round(first[0], 1), "median": round(statistics.median(first), 1)},
                "idle_pss_mb": round(statistics.median(memory), 1),
                "cpu_s_start_and_idle": round(statistics.median(cpu), 2),
            }
        )
    )


main()
