"""Signs requests with botocore and prints them as JSON, one object a line.

The test reads them and wants VerifyQuery or VerifyS3 to accept each, and V4 to
make the same signature.
"""
import json
import sys

from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

CREDENTIALS = Credentials("AKIALICE", "alice's secret")
EC2 = "http://127.0.0.1:8773/services/Eucalyptus"
S3 = "http://127.0.0.1:8773/services/Walrus"
FORM = {"Action": "RegisterImage", "Name": "a b+c~*\u00e9&=/", "Version": "2015-10-01"}


def emit(name, door, signer, **request):
    request = AWSRequest(**request)
    signer.add_auth(request)
    prepared = request.prepare()
    body = prepared.body or b""
    if isinstance(body, str):
        body = body.encode()
    print(json.dumps({
        "name": name,
        "door": door,
        "method": prepared.method,
        "url": prepared.url,
        "headers": {k: v.decode() if isinstance(v, bytes) else v for k, v in prepared.headers.items()},
        "body": body.decode(),
    }))


def main():
    v4 = auth.SigV4Auth(CREDENTIALS, "ec2", "eucalyptus")
    v4_query = auth.SigV4QueryAuth(CREDENTIALS, "ec2", "eucalyptus", expires=60)
    s3_v4 = auth.S3SigV4Auth(CREDENTIALS, "s3", "us-east-1")
    s3_query = auth.S3SigV4QueryAuth(CREDENTIALS, "s3", "us-east-1", expires=60)
    v2, s3_v2 = auth.SigV2Auth(CREDENTIALS), auth.HmacV1Auth(CREDENTIALS)
    s3_v2_query = auth.HmacV1QueryAuth(CREDENTIALS, expires=60)
    emit("v2", "query", v2, method="POST", url=EC2, data=dict(FORM))
    emit("v4 form", "query", v4, method="POST", url=EC2, data=dict(FORM))
    emit("v4 url", "query", v4, method="GET", url=EC2 + "?Action=DescribeImages&Owner.1=self&A=%20%2B~")
    emit("v4 presigned", "query", v4_query, method="GET", url=EC2 + "?Action=DescribeImages")
    for key in ("/bucket/key", "/bucket", "/bucket/a%20b%2Bc/%C3%A9%2F~", "/bucket?acl", "/bucket?prefix=a%20b&max-keys=0",
                "/bucket/key?uploadId=x%2By&partNumber=2&response-content-type=a%2Fb"):
        for name, signer in (("v4", s3_v4), ("v4 presigned", s3_query), ("v2", s3_v2), ("v2 presigned", s3_v2_query)):
            request = {"data": b"body", "headers": {"x-amz-acl": "aws-exec-read", "x-amz-meta-a": " two  words "}}
            if "presigned" in name:
                request = {}
            emit("s3 " + name + " " + key, "s3", signer, method="PUT", url=S3 + key, **request)


if __name__ == "__main__":
    sys.exit(main())
