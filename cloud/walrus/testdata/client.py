# Drives the S3 door with boto3, which signs and parses independently of us.
# Usage: client.py ENDPOINT SIGNATURE_VERSION BUCKET
import hashlib
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, version, bucket = sys.argv[1:]
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="eucalyptus",
    config=Config(signature_version=version, s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
)


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return "no error"


def equal(what, got, want):
    if got != want:
        sys.exit(f"{what}: got {got!r}, want {want!r}")


s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "EU"})
equal("create again", code(s3.create_bucket, Bucket=bucket), "BucketAlreadyOwnedByYou")
equal("location", s3.get_bucket_location(Bucket=bucket)["LocationConstraint"], "EU")
equal("buckets", [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"] == bucket], [bucket])

keys = ["plain", "with space", "a/b/c", "a//b", "ünï+%&=?#", "line\nbreak", "~tilde!*'()"]
for key in keys:
    body = key.encode() * 1000
    put = s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata={"colour": "green"}, ACL="aws-exec-read")
    equal("etag of " + key, put["ETag"], '"' + hashlib.md5(body).hexdigest() + '"')
    got = s3.get_object(Bucket=bucket, Key=key)
    equal("body of " + key, got["Body"].read(), body)
    equal("metadata of " + key, got["Metadata"], {"colour": "green"})
    equal("length of " + key, s3.head_object(Bucket=bucket, Key=key)["ContentLength"], len(body))

listed = [o["Key"] for o in s3.list_objects(Bucket=bucket)["Contents"]]
equal("list, version 1", sorted(listed), sorted(keys))
pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2})
equal("list, version 2", sorted(o["Key"] for p in pages for o in p["Contents"]), sorted(keys))
pages = s3.get_paginator("list_objects").paginate(Bucket=bucket, Delimiter="/", PaginationConfig={"PageSize": 2})
equal("common prefixes", [c["Prefix"] for p in pages for c in p.get("CommonPrefixes", [])], ["a/"])

equal("range", s3.get_object(Bucket=bucket, Key="plain", Range="bytes=2-4")["Body"].read(), b"ain")
equal("range behind the end", code(s3.get_object, Bucket=bucket, Key="plain", Range="bytes=99999-"), "InvalidRange")
equal("missing key", code(s3.get_object, Bucket=bucket, Key="missing"), "NoSuchKey")
equal("missing bucket", code(s3.list_objects, Bucket="nowhere"), "NoSuchBucket")
equal("multipart", code(s3.create_multipart_upload, Bucket=bucket, Key="x"), "NotImplemented")

copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "ünï+%&=?#"})
equal("etag of copy", copied["CopyObjectResult"]["ETag"], s3.head_object(Bucket=bucket, Key="ünï+%&=?#")["ETag"])
acl = s3.get_object_acl(Bucket=bucket, Key="plain")
equal("grants", [(g["Grantee"]["DisplayName"], g["Permission"]) for g in acl["Grants"]], [("alice", "FULL_CONTROL"), ("system", "READ")])

url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "with space"}, ExpiresIn=60)
import urllib.request

equal("presigned", urllib.request.urlopen(url).read(), b"with space" * 1000)

equal("delete while full", code(s3.delete_bucket, Bucket=bucket), "BucketNotEmpty")
for key in keys + ["copy"]:
    s3.delete_object(Bucket=bucket, Key=key)
s3.delete_bucket(Bucket=bucket)

stranger = boto3.client("s3", endpoint_url=endpoint, region_name="eucalyptus", aws_secret_access_key="wrong",
                        aws_access_key_id="ALICE", config=Config(signature_version=version))
equal("wrong secret", code(stranger.list_buckets), "SignatureDoesNotMatch")
