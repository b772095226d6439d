#!/usr/bin/env bash
# What Debian's awscli, and boto3, do with instances that stop and start, with their
# status, types and attributes, and with tags. Sourced by scripts/clients, which has made
# the bundle before.

: "${work:?}" "${emikit:?}"

drive_instances() {
  local client
  client="awscli $(/usr/bin/aws --version | sed -E 's|^aws-cli/([^ ]*).*|\1|')"
  try "$client" 'ec2 run-instances --tag-specifications, wait instance-status-ok' inst_run
  try "$client" 'ec2 stop-instances, wait instance-stopped; start-instances' inst_stop
  try "$client" 'ec2 describe-instance-status: those that run, filters' inst_status
  try "$client" 'ec2 describe-instance-types: all, by name, by filter' inst_types
  try "$client" 'ec2 create-, describe- and delete-tags; tag filters' inst_tags
  try "$client" 'ec2 describe- and modify-instance-attribute' inst_attributes
  try "$client" 'ec2 get-password-data, confirm-product-instance, create-image' inst_products
  try "$client" 'ec2 terminate-instances of one that is protected, and stopped' inst_terminate
  drive_boto3_instances
}

# drive_boto3_instances drives the newest boto3 of a python3 on the PATH.
drive_boto3_instances() {
  local python version best='' newest=''
  while read -r python; do
    version=$("$python" -c 'import boto3; print(boto3.__version__)' 2>/dev/null) || continue
    if [ "$(printf '%s\n' "$newest" "$version" | sort -V | tail -n 1)" = "$version" ]; then best=$python newest=$version; fi
  done < <(type -ap python3)
  if [ -z "$best" ]; then
    absent 'no python3 has boto3' boto3 'EC2: run, stop, start, status, types, tags, attributes'
    return
  fi
  try "boto3 $newest" 'EC2: run, stop, start, status, types, tags, attributes' \
    timeout 120 "$best" scripts/clients.d/boto3_instances.py "$(<"$work/tagged-image")"
}

# until_state INSTANCE STATE: awscli's own waiters ask every 15 seconds.
until_state() {
  local tried
  for ((tried = 0; tried < 60; tried++)); do
    [ "$(state "$1")" != "$2" ] || return 0
    sleep 0.2
  done
  return 1
}

state() { ec2 describe-instances --instance-ids "$1" --query 'Reservations[0].Instances[0].State.[Code,Name]' --output text; }

inst_run() {
  local image tried
  s3 s3 mb s3://instances-bucket
  s3 s3 cp --no-progress --recursive --acl aws-exec-read "$work/bundle" s3://instances-bucket
  ec2 register-image --image-location instances-bucket/disk.img.manifest.xml --name tagged --query ImageId --output text >"$work/tagged-image"
  image=$(<"$work/tagged-image")
  for ((tried = 0; tried < 30; tried++)); do
    [ "$(ec2 describe-images --image-ids "$image" --query 'Images[0].State' --output text)" = pending ] || break
    sleep 1
  done
  ec2 create-tags --resources "$image" --tags Key=stage,Value=test
  ec2 run-instances --image-id "$image" --user-data 'first' --disable-api-termination \
    --tag-specifications '[{"ResourceType":"instance","Tags":[{"Key":"Name","Value":"a web server"},{"Key":"empty","Value":""}]}]' \
    --query 'Instances[0].[InstanceId]' --output text >"$work/tagged-instance"
  until_state "$(<"$work/tagged-instance")" "16"$'\t'"running"
  ec2 wait instance-status-ok --instance-ids "$(<"$work/tagged-instance")"
  equal tags "$(ec2 describe-instances --instance-ids "$(<"$work/tagged-instance")" --query 'Reservations[0].Instances[0].Tags[].[Key,Value]' --output text)" \
    "Name"$'\t'"a web server"$'\n'"empty"$'\t'""
}

inst_stop() {
  local one before after
  one=$(<"$work/tagged-instance")
  before=$(ec2 describe-instances --instance-ids "$one" --query 'Reservations[0].Instances[0].PrivateIpAddress' --output text)
  equal 'start of one that runs' "$(ec2 start-instances --instance-ids "$one" --query 'StartingInstances[0].CurrentState.Name' --output text)" running
  equal stopping "$(ec2 stop-instances --instance-ids "$one" --query 'StoppingInstances[0].[PreviousState.Name,CurrentState.Code]' --output text)" "running"$'\t'"64"
  until_state "$one" "80"$'\t'"stopped"
  ec2 wait instance-stopped --instance-ids "$one"
  equal 'address of one that is stopped' \
    "$(ec2 describe-instances --instance-ids "$one" --query 'Reservations[0].Instances[0].PrivateIpAddress' --output text)" None
  refused IncorrectInstanceState ec2 reboot-instances --instance-ids "$one"
  equal starting "$(ec2 start-instances --instance-ids "$one" --query 'StartingInstances[0].[PreviousState.Name,CurrentState.Name]' --output text)" "stopped"$'\t'"pending"
  until_state "$one" "16"$'\t'"running"
  after=$(ec2 describe-instances --instance-ids "$one" --query 'Reservations[0].Instances[0].PrivateIpAddress' --output text)
  equal address "${after%.*}" "${before%.*}"
  refused InvalidInstanceID.NotFound ec2 stop-instances --instance-ids i-00000000
  refused DryRunOperation ec2 stop-instances --instance-ids "$one" --dry-run
}

inst_status() {
  local one
  one=$(<"$work/tagged-instance")
  equal status "$(ec2 describe-instance-status --instance-ids "$one" --query \
    'InstanceStatuses[0].[InstanceState.Name,InstanceStatus.Status,SystemStatus.Details[0].Name,SystemStatus.Details[0].Status]' --output text)" \
    "running"$'\t'"ok"$'\t'"reachability"$'\t'"passed"
  equal 'those that run' "$(ec2 describe-instance-status --query 'InstanceStatuses[].InstanceId' --output text)" "$one"
  equal 'those that do not' "$(ec2 describe-instance-status --include-all-instances --filters Name=instance-state-name,Values=running \
    "Name=instance-status.status,Values=not-*" --query 'length(InstanceStatuses)')" 0
}

inst_types() {
  equal 'all types' "$(ec2 describe-instance-types --query 'length(InstanceTypes)')" 5
  equal 'one type' "$(ec2 describe-instance-types --instance-types c1.xlarge --query \
    'InstanceTypes[0].[VCpuInfo.DefaultVCpus,MemoryInfo.SizeInMiB,InstanceStorageInfo.TotalSizeInGB]' --output text)" "4"$'\t'"2048"$'\t'"20"
  equal 'two processors' "$(ec2 describe-instance-types --filters Name=vcpu-info.default-vcpus,Values=2 --query 'InstanceTypes[].InstanceType' --output text)" \
    "m1.large"$'\t'"m1.xlarge"
  refused InvalidInstanceType ec2 describe-instance-types --instance-types m1.small x9.huge
}

inst_tags() {
  local one image key group
  one=$(<"$work/tagged-instance") image=$(<"$work/tagged-image")
  key=$(ec2 create-key-pair --key-name tagged --tag-specifications 'ResourceType=key-pair,Tags=[{Key=of,Value=key}]' --query KeyPairId --output text)
  group=$(ec2 describe-security-groups --group-names default --query 'SecurityGroups[0].GroupId' --output text)
  ec2 create-tags --resources "$one" "$image" "$key" "$group" --tags Key=Name,Value='new name' Key=both,Value=ü
  equal tags "$(ec2 describe-tags --filters Name=key,Values=both --query 'Tags[].ResourceType' --output text | tr '\t' '\n' | sort | tr '\n' ' ')" \
    'image instance key-pair security-group '
  equal 'by tag' "$(ec2 describe-instances --filters Name=tag:Name,Values='new *' --query 'Reservations[].Instances[].InstanceId' --output text)" "$one"
  equal 'image by tag' "$(ec2 describe-images --filters Name=tag:stage,Values=test Name=tag-key,Values=both --query 'Images[].ImageId' --output text)" "$image"
  equal 'key pair by tag' "$(ec2 describe-key-pairs --filters Name=tag-value,Values=ü --query 'KeyPairs[].KeyPairId' --output text)" "$key"
  equal 'group by tag' "$(ec2 describe-security-groups --filters Name=tag-key,Values=both --query 'SecurityGroups[].GroupId' --output text)" "$group"
  ec2 delete-tags --resources "$one" "$group" "$image" --tags Key=both Key=Name,Value=other
  equal 'what is left' "$(ec2 describe-tags --filters "Name=resource-id,Values=$one" --query 'Tags[].[Key,Value]' --output text)" \
    "Name"$'\t'"new name"$'\n'"empty"$'\t'""
  ec2 delete-key-pair --key-name tagged
  equal 'of the key pair' "$(ec2 describe-tags --filters "Name=resource-id,Values=$key" --query 'length(Tags)')" 0
  ec2 delete-tags --resources "$group"
  refused InvalidParameterValue ec2 create-tags --resources "$one" --tags Key=aws:x,Value=y
  refused InvalidAMIID.NotFound ec2 create-tags --resources emi-00000000 --tags Key=x,Value=y
  refused InvalidID ec2 create-tags --resources vol-00000000 --tags Key=x,Value=y
}

inst_attributes() {
  local one
  one=$(<"$work/tagged-instance")
  equal 'user data' "$(ec2 describe-instance-attribute --instance-id "$one" --attribute userData --query UserData.Value --output text | base64 -d)" first
  equal protection "$(ec2 describe-instance-attribute --instance-id "$one" --attribute disableApiTermination --query DisableApiTermination.Value)" true
  refused IncorrectInstanceState ec2 modify-instance-attribute --instance-id "$one" --instance-type c1.medium
  ec2 stop-instances --instance-ids "$one"
  until_state "$one" "80"$'\t'"stopped"
  ec2 modify-instance-attribute --instance-id "$one" --instance-type c1.medium
  ec2 modify-instance-attribute --instance-id "$one" --attribute userData --value "$(printf second | base64)"
  ec2 start-instances --instance-ids "$one"
  until_state "$one" "16"$'\t'"running"
  equal type "$(ec2 describe-instances --instance-ids "$one" --query 'Reservations[0].Instances[0].InstanceType' --output text)" c1.medium
  equal 'its new user data' "$(ec2 describe-instance-attribute --instance-id "$one" --attribute userData --query UserData.Value --output text | base64 -d)" second
  refused UnsupportedOperation ec2 modify-instance-attribute --instance-id "$one" --instance-initiated-shutdown-behavior stop
  refused InvalidParameterCombination ec2 modify-instance-attribute --instance-id "$one" --groups sg-00000000
}

inst_products() {
  local one
  one=$(<"$work/tagged-instance")
  refused OperationNotPermitted ec2 get-password-data --instance-id "$one"
  equal product "$(ec2 confirm-product-instance --product-code X --instance-id "$one" --query Return)" false
  refused InvalidParameterValue ec2 create-image --instance-id "$one" --name web
  refused InvalidInstanceID.NotFound ec2 create-image --instance-id i-00000000 --name web
}

inst_terminate() {
  local one
  one=$(<"$work/tagged-instance")
  refused OperationNotPermitted ec2 terminate-instances --instance-ids "$one"
  ec2 modify-instance-attribute --instance-id "$one" --no-disable-api-termination
  ec2 stop-instances --instance-ids "$one"
  until_state "$one" "80"$'\t'"stopped"
  ec2 terminate-instances --instance-ids "$one"
  until_state "$one" "48"$'\t'"terminated"
}
