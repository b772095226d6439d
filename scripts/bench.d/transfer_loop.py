"""Sends the files of a directory to a bucket one after another, as euca-upload-bundle
does: a PUT for each, on one connection, the next one when the last one was answered.

    transfer_loop.py DIRECTORY BUCKET PREFIX

The endpoint is in S3_URL, the keys and the region in AWS's variables.
"""

import os
import sys

import boto3
from botocore.config import Config

directory, bucket, prefix = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["S3_URL"],
    config=Config(s3={"addressing_style": "path", "payload_signing_enabled": False}),
)
for name in sorted(os.listdir(directory)):
    with open(os.path.join(directory, name), "rb") as body:
        s3.put_object(Bucket=bucket, Key=f"{prefix}/{name}", Body=body)
