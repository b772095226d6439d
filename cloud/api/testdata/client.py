"""Asks every action of the EC2 door through boto3 and prints what it understood.

usage: client.py ENDPOINT REGION ACCESS_KEY SECRET_KEY
"""
import json
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, region, access_key, secret_key = sys.argv[1:]


def client(**config):
    return boto3.client(
        "ec2",
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key=secret_key,
        config=Config(retries={"max_attempts": 1}, **config),
    )


def code(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return [error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]]
    return None


def pages(action, size):
    return ec2.get_paginator(action).paginate(PaginationConfig={"PageSize": size})


ec2 = client()
image = ec2.describe_images(Owners=["self"], Filters=[{"Name": "image-type", "Values": ["machine"]}])["Images"][0]
reservation = ec2.run_instances(
    ImageId="emi-F4CB118E", MinCount=1, MaxCount=2, KeyName="admin_key", InstanceType="m1.small",
    SecurityGroups=["default"], UserData="#!/bin/sh", Placement={"AvailabilityZone": "cluster1"},
)
instance = ec2.describe_instances(InstanceIds=["i-3F170798"])["Reservations"][0]["Instances"][0]


def attribute(name, key):
    return ec2.describe_image_attribute(ImageId="emi-F4CB118E", Attribute=name)[key]


def modify(**change):
    return ec2.modify_image_attribute(ImageId="emi-F4CB118E", **change)["ResponseMetadata"]["HTTPStatusCode"]


pair = ec2.create_key_pair(KeyName="boto")
print(json.dumps({
    "register": ec2.register_image(ImageLocation="b/m.manifest.xml", Name="named")["ImageId"],
    "deregister": ec2.deregister_image(ImageId="emi-F4CB118E")["ResponseMetadata"]["HTTPStatusCode"],
    "image": [image["ImageId"], image["ImageLocation"], image["OwnerId"], image["ImageOwnerAlias"], image["State"],
              image["Public"], image["KernelId"], image["RootDeviceType"], image["BlockDeviceMappings"], image["ProductCodes"]],
    "attributes": [attribute("launchPermission", "LaunchPermissions"), attribute("productCodes", "ProductCodes"),
                   attribute("kernel", "KernelId"), attribute("description", "Description"),
                   attribute("blockDeviceMapping", "BlockDeviceMappings")],
    "modify": [modify(LaunchPermission={"Add": [{"Group": "all"}], "Remove": [{"UserId": "111122223333"}]}),
               modify(Attribute="launchPermission", OperationType="add", UserIds=["111122223333"], UserGroups=["all"]),
               modify(ProductCodes=["PC2"]), modify(Description={"Value": "words"}),
               modify(Attribute="description", Value="more words")],
    "reset": ec2.reset_image_attribute(ImageId="emi-F4CB118E", Attribute="launchPermission")["ResponseMetadata"]["HTTPStatusCode"],
    "reservation": [reservation["ReservationId"], len(reservation["Instances"])],
    "instance": [instance["State"], instance["PublicIpAddress"], instance["Placement"]["AvailabilityZone"],
                 instance["LaunchTime"].isoformat(), instance["SecurityGroups"], instance["Monitoring"]],
    "terminate": ec2.terminate_instances(InstanceIds=["i-3F170798"])["TerminatingInstances"],
    "reboot": ec2.reboot_instances(InstanceIds=["i-3F170798"])["ResponseMetadata"]["HTTPStatusCode"],
    "console": ec2.get_console_output(InstanceId="i-3F170798")["Output"],
    "pair": [pair["KeyName"], pair["KeyMaterial"].splitlines()[0]],
    "pairs": [p["KeyName"] for p in ec2.describe_key_pairs()["KeyPairs"]],
    "delete": ec2.delete_key_pair(KeyName="boto")["ResponseMetadata"]["HTTPStatusCode"],
    "none": ec2.describe_key_pairs()["KeyPairs"],
    "zones": ec2.describe_availability_zones()["AvailabilityZones"],
    "regions": [r["RegionName"] for r in ec2.describe_regions()["Regions"]],
    "groups": [g["GroupId"] for g in ec2.describe_security_groups()["SecurityGroups"]],
    "rules": ec2.describe_security_groups(GroupNames=["web"])["SecurityGroups"][0]["IpPermissions"],
    "group": [ec2.create_security_group(GroupName="new", Description="a group")["GroupId"],
              ec2.authorize_security_group_ingress(GroupId="sg-00000003", IpProtocol="tcp", FromPort=1, ToPort=2, CidrIp="10.0.0.0/8")["Return"],
              ec2.revoke_security_group_ingress(GroupName="new", IpPermissions=[{
                  "IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "UserIdGroupPairs": [{"GroupName": "web"}]}])["Return"],
              code(ec2.authorize_security_group_egress, GroupId="sg-00000003"),
              ec2.delete_security_group(GroupName="new")["ResponseMetadata"]["HTTPStatusCode"]],
    "addresses": [ec2.allocate_address()["PublicIp"], ec2.associate_address(PublicIp="192.0.2.3", InstanceId="i-1")["ResponseMetadata"]["HTTPStatusCode"],
                  ec2.describe_addresses(PublicIps=["192.0.2.1"])["Addresses"][0],
                  ec2.disassociate_address(PublicIp="192.0.2.3")["ResponseMetadata"]["HTTPStatusCode"],
                  ec2.release_address(PublicIp="192.0.2.3")["ResponseMetadata"]["HTTPStatusCode"]],
    "imported": ec2.import_key_pair(KeyName="mine", PublicKeyMaterial=b"ssh-rsa AAAA mine")["KeyFingerprint"],
    "not found": code(ec2.describe_key_pairs, KeyNames=["nobody"]),
    "dry run": code(ec2.describe_images, DryRun=True),
    "unsupported": code(ec2.run_instances, ImageId="emi-1", MinCount=1, MaxCount=1, SubnetId="subnet-1"),
    "pages of instances": [{r["ReservationId"]: len(r["Instances"]) for r in page["Reservations"]}
                           for page in pages("describe_instances", 5)],
    "pages of images": [[i["ImageId"] for i in page["Images"]] for page in pages("describe_images", 1)],
    "pages of groups": [[g["GroupId"] for g in page["SecurityGroups"]] for page in pages("describe_security_groups", 5)],
    "bad token": code(ec2.describe_instances, NextToken="bogus"),
}))
