"""Makes an account that may do everything on a moto server, has the server check
signatures from then on, and prints the access key and the secret key."""

import json
import sys
import urllib.request

import boto3

url = sys.argv[1]
iam = boto3.client(
    "iam", endpoint_url=url, region_name="us-east-1", aws_access_key_id="anyone", aws_secret_access_key="any"
)
iam.create_user(UserName="emikit")
everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="emikit", PolicyName="everything", PolicyDocument=json.dumps(everything))
key = iam.create_access_key(UserName="emikit")["AccessKey"]
urllib.request.urlopen(
    urllib.request.Request(
        url + "/moto-api/reset-auth", data=b"0", method="POST", headers={"Content-Type": "text/plain"}
    ),
    timeout=10,
)
print(key["AccessKeyId"], key["SecretAccessKey"])
