"""Runs classify.py on a cluster of two workers, kills one of them at work, and compares with a single machine.

    python3 test.py target/release/rhetor       # with pyspark and a Java runtime
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import threading
import time

# A worker must find the very Python that runs this, and nobody else's machine.
os.environ.update(PYSPARK_PYTHON=sys.executable, SPARK_LOCAL_IP="127.0.0.1", SPARK_LOCAL_HOSTNAME="localhost")
os.environ.pop("SPARK_HOME", None)

from pyspark.sql import SparkSession  # noqa: E402

import classify  # noqa: E402

SENTENCES = [
    "We will make them pay for every hour of this strike.",
    "“This is the ministry's fault,” Mr Osei said.",
    "Sign the petition before the meeting on Friday.",
    "",
    None,
    "The bridge was closed for repairs in May.\nIt opens again in June.",
    "A tab\there, a quotation mark \" there, and a snowman ☃ at the end.",
    "According to the council, nobody could have known, and in any case the neighbours did far worse.",
]
ROWS = 4000
# About eight partitions.
PARTITION_BYTES = 64 << 10


def write_posts(path):
    with open(path, "w", encoding="utf-8") as out:
        for number in range(ROWS):
            text = SENTENCES[number % len(SENTENCES)]
            post = {"id": number, "text": text and f"{text} ({number})", "score": number / 7, "tags": ["a", "b"][: number % 3]}
            out.write(json.dumps(post, ensure_ascii=False) + "\n")


def slow(rhetor, folder):
    """The program, which notes that it began and takes its time at first, so that it can be caught at work."""
    script = folder / "rhetor"
    runs = folder / "runs"
    script.write_text(f'#!/bin/sh\necho $$ >> "{runs}"\n[ $(wc -l < "{runs}") -gt 2 ] || sleep 5\nexec "{rhetor}" "$@"\n')
    script.chmod(0o755)
    return script, runs


def parent(pid):
    fields = dict(line.split(":\t", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if ":\t" in line)
    return int(fields["PPid"])


def executor_of(pid):
    """The Java process of the worker that this process works for."""
    while b"CoarseGrainedExecutorBackend" not in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
        pid = parent(pid)
        assert pid > 1, "no executor among the parents"
    return pid


def kill_one(runs, killed):
    """Waits for the first run of the program, and kills the executor that it works for."""
    while not (runs.exists() and runs.read_text().endswith("\n")):
        time.sleep(0.05)
    executor = executor_of(int(runs.read_text().split()[0]))
    os.kill(executor, signal.SIGKILL)
    killed.append(executor)


def on_one_machine(rhetor, posts):
    command = [rhetor, "classify", "--column", "text", "--format", "jsonl", "--quiet", "--no-config", posts]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.split("\n") if line]


def name(speaker):
    return speaker and speaker["name"]


def flat(row, record):
    """Everything that a row says, for comparison."""
    framings = [(f["label"], f["p"], f["threshold"], f["voice"], name(f.get("speaker"))) for f in record["framings"]]
    kept = (row["id"], row["text"], row["score"], row["tags"])
    return (*kept, record["voice"], name(record.get("speaker")), framings, record["known"], record["model"])


def partitions(spark, folder):
    """The rows of each file that was written, in the order in which they lie there."""
    for part in sorted(folder.glob("part-*.parquet")):
        rows = [row.asDict(recursive=True) for row in spark.read.parquet(str(part)).collect()]
        yield [flat(row, row) for row in rows]


def main():
    rhetor = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory(prefix="rhetor-spark-") as scratch:
        folder = pathlib.Path(scratch)
        posts, output = folder / "posts.jsonl", folder / "framings.parquet"
        write_posts(posts)
        script, runs = slow(rhetor, folder)
        builder = SparkSession.builder.appName("rhetor").master("local-cluster[2,1,1024]")
        spark = builder.config("spark.ui.enabled", "false").config("spark.sql.files.maxPartitionBytes", PARTITION_BYTES).getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        rows = spark.read.schema("id BIGINT, text STRING, score DOUBLE, tags ARRAY<STRING>").json(str(posts))
        killed = []
        threading.Thread(target=kill_one, args=(runs, killed), daemon=True).start()
        classify.classified(rows, "text", str(script)).write.mode("overwrite").parquet(str(output))

        expected = [flat(record["row"], record) for record in on_one_machine(rhetor, posts)]
        found = list(partitions(spark, output))
        started = len(runs.read_text().split())
        spark.stop()
    assert killed, "no executor was killed"
    assert started > len(found), f"{started} runs for {len(found)} partitions: the killed one was not run anew"
    assert len(found) > 2, f"{len(found)} partitions are too few to tell anything"
    for partition in found:
        ids = [row[0] for row in partition]
        assert ids == sorted(ids), "a partition is out of order"
    together = sorted((row for partition in found for row in partition), key=lambda row: row[0])
    assert len(together) == len(expected) == ROWS
    for one, other in zip(together, expected, strict=True):
        assert one == other, f"the cluster says\n{one}\nand a single machine\n{other}"
    assert any(row[6] for row in together), "no framing was found at all"
    print(f"{ROWS} rows in {len(found)} partitions as on one machine, in {started} runs, one of them lost with its executor")


if __name__ == "__main__":
    main()
