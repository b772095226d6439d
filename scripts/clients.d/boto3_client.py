# Drives the object store with boto3. Usage: boto3_client.py SIGNATURE_VERSION FILE
# with endpoint and keys in the environment, as eucarc leaves them.
import hashlib
import os
import sys
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError

version, path = sys.argv[1:]
bucket = f"boto3-{version}-{boto3.__version__}"
s3 = boto3.client(
    "s3",
    endpoint_url=os.environ["S3_URL"],
    region_name="eucalyptus",
    config=Config(signature_version=version, s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
)
with open(path, "rb") as f:
    contents = f.read()


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return "no error"


def equal(what, got, want):
    if got != want:
        sys.exit(f"{what}: got {got!r:.200}, want {want!r:.200}")


def body(key, **arguments):
    return s3.get_object(Bucket=bucket, Key=key, **arguments)["Body"].read()


s3.create_bucket(Bucket=bucket)
s3.head_bucket(Bucket=bucket)

# The transfer manager: parts of 5 MiB, ten at once.
transfer = TransferConfig(multipart_chunksize=5 << 20, max_concurrency=10)
s3.upload_file(path, bucket, "large", Config=transfer, ExtraArgs={"Metadata": {"colour": "green"}})
s3.download_file(bucket, "large", path + ".back", Config=transfer)
with open(path + ".back", "rb") as f:
    equal("large file", f.read() == contents, True)
os.remove(path + ".back")
equal("metadata", s3.head_object(Bucket=bucket, Key="large")["Metadata"], {"colour": "green"})
equal("range", body("large", Range="bytes=5242870-5242889"), contents[5242870:5242890])
equal("suffix", body("large", Range="bytes=-7"), contents[-7:])
s3.copy({"Bucket": bucket, "Key": "large"}, bucket, "copied", Config=transfer)
equal("copied in parts", hashlib.md5(body("copied")).digest(), hashlib.md5(contents).digest())

keys = [f"dir{n % 3}/ü {n}+&" for n in range(12)]
for key in keys:
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode(), **({"ChecksumAlgorithm": "SHA256"} if version == "s3v4" else {}))
for operation in ["list_objects", "list_objects_v2"]:
    pages = list(s3.get_paginator(operation).paginate(Bucket=bucket, Prefix="dir", PaginationConfig={"PageSize": 5}))
    equal(operation, [o["Key"] for p in pages for o in p.get("Contents", [])], sorted(keys))
    pages = list(s3.get_paginator(operation).paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2}))
    equal(operation + ": prefixes", [c["Prefix"] for p in pages for c in p.get("CommonPrefixes", [])], ["dir0/", "dir1/", "dir2/"])

for method, want in {"get_object": keys[0].encode(), "head_object": b""}.items():
    url = s3.generate_presigned_url(method, Params={"Bucket": bucket, "Key": keys[0]}, ExpiresIn=60)
    request = urllib.request.Request(url, method="HEAD" if want == b"" else "GET")
    equal("presigned " + method, urllib.request.urlopen(request, timeout=20).read(), want)

owner = s3.list_buckets()["Owner"]["ID"]
equal("own bucket", code(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner=owner), "no error")
equal("other owner", code(s3.head_bucket, Bucket=bucket, ExpectedBucketOwner="000000000009"), "403")
equal("missing object", code(s3.get_object, Bucket=bucket, Key="none"), "NoSuchKey")
equal("bad range", code(s3.get_object, Bucket=bucket, Key=keys[0], Range="bytes=999-"), "InvalidRange")
equal("unchanged", code(s3.get_object, Bucket=bucket, Key="large", IfNoneMatch=s3.head_object(Bucket=bucket, Key="large")["ETag"]), "304")
if "IfNoneMatch" in s3.meta.service_model.operation_model("PutObject").input_shape.members:
    equal("there is one", code(s3.put_object, Bucket=bucket, Key=keys[0], Body=b"x", IfNoneMatch="*"), "PreconditionFailed")
equal("delete while full", code(s3.delete_bucket, Bucket=bucket), "BucketNotEmpty")

deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys + ["large", "copied"]]})
equal("deleted", len(deleted["Deleted"]), len(keys) + 2)
s3.delete_bucket(Bucket=bucket)
