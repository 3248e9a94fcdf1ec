"""Classifies a column of a data set with rhetor on a Spark cluster: one row out for each row in, as Parquet.

    spark-submit classify.py --rhetor /opt/rhetor posts.parquet framings.parquet --text body

Each partition goes as JSON lines through one `rhetor classify --column`, which holds nothing but the row at hand and passes
the other columns through. So a row and its framings never part, whatever a shuffle does to the order, and a partition that
dies with its worker is run anew on another and gives the same rows. The program must lie at the same path on every worker,
or be shipped with the job: `spark-submit --files rhetor … --rhetor ./rhetor`.
"""

import argparse
import shlex

from pyspark.sql import SparkSession, functions
from pyspark.sql import types as t

# What is kept of a record; `docs/schema/classify.schema.json` has all of it.
RECORD = """
    voice STRING,
    speaker STRUCT<name: STRING>,
    framings ARRAY<STRUCT<label: STRING, p: DOUBLE, threshold: DOUBLE, voice: STRING, speaker: STRUCT<name: STRING>>>,
    known DOUBLE,
    model STRING
"""


def classified(rows, text, rhetor="rhetor", model=None):
    """The rows, each with what rhetor says of its column `text`; partitions and their order stay as they are."""
    # One thread a process: Spark has a task for every core already.
    command = [rhetor, "classify", "--column", text, "--input-format", "jsonl", "--format", "jsonl", "--threads", "1", "--quiet", "--no-config"]
    if model:
        command += ["--model", model]
    # Without its empty fields, a partition whose first text is null would look like one that lacks the column.
    lines = rows.select(functions.to_json(functions.struct("*"), {"ignoreNullFields": "false"})).rdd.map(lambda row: row[0])
    # With `checkCode` a run that fails is a failed task, which Spark tries again elsewhere, and not a short partition.
    said = lines.pipe(shlex.join(command), checkCode=True)
    record = t.StructType([t.StructField("row", rows.schema), *t.StructType.fromDDL(RECORD).fields])
    # Spark wrote the rows and reads them again, so that every type comes back as it was; nothing is dropped unseen.
    records = rows.sparkSession.read.schema(record).option("mode", "FAILFAST").json(said)
    return records.select("row.*", *(f"`{name}`" for name in record.fieldNames()[1:]))


def read(spark, path):
    if path.endswith(".csv"):
        return spark.read.csv(path, header=True, multiLine=True, escape='"')
    if path.endswith((".json", ".jsonl")):
        return spark.read.json(path)
    return spark.read.parquet(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", help="a Parquet, JSONL (.jsonl, .json) or CSV (.csv, with a header) data set")
    parser.add_argument("output", help="the Parquet data set to write; replaced if it is there")
    parser.add_argument("--rhetor", default="rhetor", help="the program's path on the workers")
    parser.add_argument("--model", help="a model file's path on the workers [default: the embedded model]")
    parser.add_argument("--text", default="text", help="the column with the text [default: text]")
    parser.add_argument("--keep", default="*", help="the columns to keep beside the text, as NAME,NAME [default: all]")
    parser.add_argument("--partitions", type=int, help="cut the data into so many pieces [default: as it lies]")
    args = parser.parse_args()

    spark = SparkSession.builder.appName("rhetor").getOrCreate()
    rows = read(spark, args.input)
    if args.keep != "*":
        rows = rows.select(*dict.fromkeys([*args.keep.split(","), args.text]))
    if args.partitions:
        rows = rows.repartition(args.partitions)
    classified(rows, args.text, args.rhetor, args.model).write.mode("overwrite").parquet(args.output)
    spark.stop()


if __name__ == "__main__":
    main()
