# Drives instances and tags with boto3. Usage: boto3_instances.py IMAGE with endpoint and
# keys in the environment, as eucarc leaves them.
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

image = sys.argv[1]
config = Config(retries={"max_attempts": 1})
ec2 = boto3.client("ec2", endpoint_url=os.environ["EC2_URL"], region_name="eucalyptus", config=config)
resource = boto3.resource("ec2", endpoint_url=os.environ["EC2_URL"], region_name="eucalyptus", config=config)


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as e:
        return e.response["Error"]["Code"]
    return "no error"


def equal(what, got, want):
    if got != want:
        sys.exit(f"{what}: got {got!r:.300}, want {want!r:.300}")


def wait(name, *ids):
    ec2.get_waiter(name).wait(InstanceIds=list(ids), WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def names(pages, key):
    return [row for page in pages for row in page[key]]


made = resource.create_instances(
    ImageId=image,
    MinCount=2,
    MaxCount=2,
    TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "boto"}]}],
)
first, second = [i.id for i in made]
wait("instance_running", first, second)
equal("tags", resource.Instance(first).tags, [{"Key": "Name", "Value": "boto"}])

# States, through the objects that most scripts use.
one = resource.Instance(first)
one.stop()
wait("instance_stopped", first)
one.reload()
equal("stopped", (one.state, one.private_ip_address), ({"Code": 80, "Name": "stopped"}, None))
equal("reason", one.state_reason["Code"], "Client.UserInitiatedShutdown")
one.modify_attribute(UserData={"Value": b"\x00new"})
equal("user data", one.describe_attribute(Attribute="userData")["UserData"]["Value"], "AG5ldw==")
one.start()
wait("instance_running", first)

status = ec2.get_paginator("describe_instance_status").paginate(
    IncludeAllInstances=True, Filters=[{"Name": "instance-state-code", "Values": ["16"]}], PaginationConfig={"PageSize": 5}
)
equal("status", sorted(s["InstanceId"] for s in names(status, "InstanceStatuses")), sorted([first, second]))
types = ec2.get_paginator("describe_instance_types").paginate(PaginationConfig={"PageSize": 5})
equal("types", sorted(t["InstanceType"] for t in names(types, "InstanceTypes")), ["c1.medium", "c1.xlarge", "m1.large", "m1.small", "m1.xlarge"])
equal("no such type", code(ec2.describe_instance_types, InstanceTypes=["x9.huge"]), "InvalidInstanceType")

# Tags: more than one page of them, and those that are refused.
many = [{"Key": f"key {n} ü", "Value": "v" * 256} for n in range(49)]
resource.create_tags(Resources=[first], Tags=many)
equal("one too many", code(ec2.create_tags, Resources=[first], Tags=[{"Key": "x", "Value": ""}, {"Key": "y", "Value": ""}]), "TagLimitExceeded")
equal("reserved", code(ec2.create_tags, Resources=[second], Tags=[{"Key": "aws:x", "Value": ""}]), "InvalidParameterValue")
equal("too long", code(ec2.create_tags, Resources=[second], Tags=[{"Key": "x", "Value": "v" * 257}]), "InvalidParameterValue")
pages = ec2.get_paginator("describe_tags").paginate(
    Filters=[{"Name": "resource-id", "Values": [first]}], PaginationConfig={"PageSize": 7}
)
equal("all tags", sorted(t["Key"] for t in names(pages, "Tags")), sorted(["Name"] + [t["Key"] for t in many]))
ec2.delete_tags(Resources=[first], Tags=[{"Key": t["Key"]} for t in many])
equal("tags left", [t["Key"] for t in ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [first]}])["Tags"]], ["Name"])
found = list(resource.instances.filter(Filters=[{"Name": "tag:Name", "Values": ["bot?"]}, {"Name": "tag-key", "Values": ["Name"]}]))
equal("by tag", sorted(i.id for i in found), sorted([first, second]))

equal("password", code(ec2.get_password_data, InstanceId=first), "OperationNotPermitted")
equal("product", ec2.confirm_product_instance(InstanceId=first, ProductCode="X")["Return"], False)
equal("image", code(ec2.create_image, InstanceId=first, Name="web"), "InvalidParameterValue")
ec2.modify_instance_attribute(InstanceId=first, DisableApiTermination={"Value": True})
equal("protected", code(ec2.terminate_instances, InstanceIds=[first]), "OperationNotPermitted")
ec2.modify_instance_attribute(InstanceId=first, Attribute="disableApiTermination", Value="false")
ec2.terminate_instances(InstanceIds=[first, second])
wait("instance_terminated", first, second)
