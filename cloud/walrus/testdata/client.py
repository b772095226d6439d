# Drives the S3 door with boto3, which signs and parses independently of us.
# Usage: client.py ENDPOINT SIGNATURE_VERSION BUCKET [PROXY]
# With a PROXY, buckets are addressed by hosts below that of the ENDPOINT; the
# proxy is the door itself, so that nobody has to know these names.
import hashlib
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, version, bucket, *proxy = sys.argv[1:]
proxies = {"http": proxy[0]} if proxy else None
s3 = boto3.client(
    "s3",
    endpoint_url=endpoint,
    region_name="eucalyptus",
    config=Config(
        signature_version=version,
        s3={"addressing_style": "virtual" if proxy else "path"},
        proxies=proxies,
        retries={"max_attempts": 1},
    ),
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

upload = s3.create_multipart_upload(Bucket=bucket, Key="m", Metadata={"colour": "red"})["UploadId"]
bodies = [b"a" * (5 << 20), b"b" * 1000]
parts = []
for n, body in enumerate(bodies, 1):
    sent = s3.upload_part(Bucket=bucket, Key="m", UploadId=upload, PartNumber=n, Body=body)
    parts.append({"PartNumber": n, "ETag": sent["ETag"]})
range_copied = s3.upload_part_copy(Bucket=bucket, Key="m", UploadId=upload, PartNumber=3, CopySource={"Bucket": bucket, "Key": "plain"}, CopySourceRange="bytes=2-4")
equal("etag of a copied part", range_copied["CopyPartResult"]["ETag"], '"' + hashlib.md5(b"ain").hexdigest() + '"')
equal("parts", [(p["PartNumber"], p["Size"]) for p in s3.list_parts(Bucket=bucket, Key="m", UploadId=upload)["Parts"]], [(1, 5 << 20), (2, 1000), (3, 3)])
equal("uploads", [(u["Key"], u["UploadId"]) for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]], [("m", upload)])
done = s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload, MultipartUpload={"Parts": parts})
equal("etag of parts", done["ETag"], '"' + hashlib.md5(b"".join(hashlib.md5(b).digest() for b in bodies)).hexdigest() + '-2"')
whole = s3.get_object(Bucket=bucket, Key="m")
equal("body of parts", whole["Body"].read(), b"".join(bodies))
equal("metadata of parts", whole["Metadata"], {"colour": "red"})
equal("range over parts", s3.get_object(Bucket=bucket, Key="m", Range="bytes=5242879-5242880")["Body"].read(), b"ab")
gone = s3.create_multipart_upload(Bucket=bucket, Key="gone")["UploadId"]
s3.abort_multipart_upload(Bucket=bucket, Key="gone", UploadId=gone)
equal("aborted", code(s3.list_parts, Bucket=bucket, Key="gone", UploadId=gone), "NoSuchUpload")

copied = s3.copy_object(Bucket=bucket, Key="copy", CopySource={"Bucket": bucket, "Key": "ünï+%&=?#"})
equal("etag of copy", copied["CopyObjectResult"]["ETag"], s3.head_object(Bucket=bucket, Key="ünï+%&=?#")["ETag"])
acl = s3.get_object_acl(Bucket=bucket, Key="plain")
equal("grants", [(g["Grantee"]["DisplayName"], g["Permission"]) for g in acl["Grants"]], [("alice", "FULL_CONTROL"), ("system", "READ")])

url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "with space"}, ExpiresIn=60)
through = urllib.request.ProxyHandler(proxies or {})
equal("presigned", urllib.request.build_opener(through).open(url).read(), b"with space" * 1000)

if version == "s3v4":  # botocore checks what it gets against the checksums
    for algorithm in ["CRC32", "SHA256"]:
        s3.put_object(Bucket=bucket, Key="plain", Body=b"plain" * 1000, ChecksumAlgorithm=algorithm)
        got = s3.get_object(Bucket=bucket, Key="plain", ChecksumMode="ENABLED")
        equal("checked body", got["Body"].read(), b"plain" * 1000)
        equal("type", got["ChecksumType"], "FULL_OBJECT")
        s3.get_object(Bucket=bucket, Key="plain", ChecksumMode="ENABLED", Range="bytes=0-9")["Body"].read()
        upload = s3.create_multipart_upload(Bucket=bucket, Key="m", ChecksumAlgorithm=algorithm)["UploadId"]
        put = [s3.upload_part(Bucket=bucket, Key="m", UploadId=upload, PartNumber=i + 1, Body=b, ChecksumAlgorithm=algorithm)
               for i, b in enumerate(bodies)]
        parts = [{"PartNumber": i + 1, "ETag": p["ETag"], "Checksum" + algorithm: p["Checksum" + algorithm]} for i, p in enumerate(put)]
        s3.complete_multipart_upload(Bucket=bucket, Key="m", UploadId=upload, MultipartUpload={"Parts": parts})
        equal("checked parts", s3.get_object(Bucket=bucket, Key="m", ChecksumMode="ENABLED")["Body"].read(), b"".join(bodies))
        part = s3.get_object(Bucket=bucket, Key="m", ChecksumMode="ENABLED", PartNumber=2)
        equal("checked part", (part["PartsCount"], part["Body"].read()), (2, bodies[1]))
        known = s3.get_object_attributes(Bucket=bucket, Key="m", ObjectAttributes=["Checksum", "ObjectParts", "ObjectSize"])
        equal("attributes", (known["ObjectSize"], known["ObjectParts"]["TotalPartsCount"], len(known["ObjectParts"]["Parts"]),
                             known["Checksum"]["ChecksumType"]), (len(bodies[0]) + len(bodies[1]), 2, 2, "COMPOSITE"))

conditions = [["content-length-range", 1, 100], ["starts-with", "$x-amz-meta-note", ""]]
post = s3.generate_presigned_post(bucket, "posted/${filename}", Fields={"acl": "public-read"}, Conditions=conditions + [{"acl": "public-read"}])


def upload_form(text, **changes):
    parts = [f'--boundary\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in {**post["fields"], **changes}.items()]
    parts.append(f'--boundary\r\nContent-Disposition: form-data; name="file"; filename="a b.txt"\r\n\r\n{text}\r\n--boundary--\r\n')
    form = urllib.request.Request(post["url"], "".join(parts).encode(), {"Content-Type": "multipart/form-data; boundary=boundary"})
    try:
        return urllib.request.build_opener(through).open(form).status
    except urllib.error.HTTPError as e:
        return e.status


equal("form", upload_form("by a form", **{"x-amz-meta-note": "of a browser"}), 204)
got = s3.get_object(Bucket=bucket, Key="posted/a b.txt")
equal("form's file", (got["Body"].read(), got["Metadata"]), (b"by a form", {"note": "of a browser"}))
equal("form, too long", upload_form("x" * 101, **{"x-amz-meta-note": ""}), 400)
equal("form, other ACL", upload_form("x", acl="private", **{"x-amz-meta-note": ""}), 403)
s3.delete_object(Bucket=bucket, Key="posted/a b.txt")

equal("delete while full", code(s3.delete_bucket, Bucket=bucket), "BucketNotEmpty")
s3.delete_object(Bucket=bucket, Key="copy")
deleted = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys + ["m"]]})
equal("deleted", sorted(d["Key"] for d in deleted["Deleted"]), sorted(keys + ["m"]))
s3.delete_bucket(Bucket=bucket)

stranger = boto3.client("s3", endpoint_url=endpoint, region_name="eucalyptus", aws_secret_access_key="wrong",
                        aws_access_key_id="ALICE", config=Config(signature_version=version, proxies=proxies))
equal("wrong secret", code(stranger.list_buckets), "SignatureDoesNotMatch")
