#!/usr/bin/env bash
# What emikit does with instances of an EC2 service beyond running them, and with tags.
# Sourced by scripts/servers; ec2_run has run two instances before.

: "${work:?}" "${program:?}"

drive_instances() {
  on 'stop- and start-instances' instances_stop
  on 'describe-instance-status: hide-healthy, include-all, by filter' instances_status
  on 'describe-instance-types' instances_types
  on 'create-, describe- and delete-tags; TAG records; tag filters' instances_tags
  on 'describe- and modify-instance-attribute' instances_attributes
  on 'get-password-data, get-password' instances_password
  on 'confirm-product-instance' instances_product
  on 'create-image says what to do instead, and asks nothing' instances_image
}

# state INSTANCE: as awscli sees it.
state() { ec2 describe-instances --instance-ids "$1" --query 'Reservations[0].Instances[0].State.Name' --output text; }

instances_stop() {
  local one
  one=$(head -n 1 "$work/instances")
  equal stopping "$(emikit stop-instances "$one")" "INSTANCE"$'\t'"$one"$'\t'"running"$'\t'"stopping"
  equal stopped "$(state "$one")" stopped
  emikit stop-instances -f "$one"
  equal starting "$(emikit start-instances "$one")" "INSTANCE"$'\t'"$one"$'\t'"stopped"$'\t'"pending"
  equal running "$(state "$one")" running
  refused InvalidInstanceID.NotFound emikit start-instances i-1234abcd
}

instances_status() {
  local one two
  one=$(head -n 1 "$work/instances") two=$(tail -n 1 "$work/instances")
  equal status "$(emikit describe-instance-status "$one" | column INSTANCE 6)" ok
  equal 'the unhealthy' "$(emikit describe-instance-status --hide-healthy)" ''
  emikit stop-instances "$two"
  equal 'those that run' "$(emikit describe-instance-status | column INSTANCE 2)" "$one"
  equal all "$(emikit describe-instance-status --include-all-instances | column INSTANCE 2 | sort)" "$(sort "$work/instances")"
  equal 'by filter' "$(emikit describe-instance-status --include-all-instances --filter instance-state-name=stopped | column INSTANCE 2)" "$two"
  emikit start-instances "$two"
}

instances_types() {
  local got
  got=$(emikit describe-instance-types m1.large | tail -n 1 | tr -s ' ' '\t' | cut -f 2-4)
  equal 'm1.large' "$got" "$(ec2 describe-instance-types --instance-types m1.large --query \
    'InstanceTypes[0].[InstanceType,VCpuInfo.DefaultVCpus,MemoryInfo.SizeInMiB]' --output text)"
  equal 'all of them' "$(emikit describe-instance-types | grep -c '^INSTANCETYPE' )" \
    "$(($(ec2 describe-instance-types --query 'length(InstanceTypes)' --output text) + 1))"
  refused InvalidInstanceType emikit describe-instance-types x9.huge
}

instances_tags() {
  local one image
  one=$(head -n 1 "$work/instances") image=$(<"$work/image")
  equal created "$(emikit create-tags "$one" "$image" --tag 'Name=a = b' --tag empty | sort)" \
    "$(printf 'TAG\t%s\t%s\t%s\t%s\n' image "$image" Name 'a = b' image "$image" empty '' instance "$one" Name 'a = b' instance "$one" empty '')"
  equal 'as awscli sees them' "$(ec2 describe-tags --filters "Name=resource-id,Values=$one" --query 'Tags[].[Key,Value]' --output text | sort)" \
    "Name"$'\t'"a = b"$'\n'"empty"$'\t'""
  equal listed "$(emikit describe-tags --filter "resource-id=$image" --filter key=Name)" "TAG"$'\t'"$image"$'\t'"image"$'\t'"Name"$'\t'"a = b"
  equal 'of the instance' "$(emikit describe-instances "$one" | column TAG 4 | sort)" "Name"$'\n'"empty"
  equal 'of the image' "$(emikit describe-images "$image" | column TAG 5 | sort)" ''$'\n''a = b'
  equal 'by tag' "$(emikit describe-instances --filter 'tag:Name=a*' --filter tag-key=empty | column INSTANCE 2)" "$one"
  emikit delete-tags "$one" --tag Name=other --tag empty=
  equal 'what is left' "$(emikit describe-tags --filter "resource-id=$one" | column TAG 4)" Name
  emikit delete-tags "$one" "$image" --tag Name --tag empty
  equal 'at last' "$(emikit describe-tags --filter "resource-id=$one" --filter "resource-id=$image")" ''
}

instances_attributes() {
  local one
  one=$(head -n 1 "$work/instances")
  equal 'user data' "$(emikit describe-instance-attribute "$one" --user-data | tail -n +2)" 'some data'
  emikit modify-instance-attribute "$one" --disable-api-termination
  equal protection "$(ec2 describe-instance-attribute --instance-id "$one" --attribute disableApiTermination --query DisableApiTermination.Value)" true
  equal 'the same' "$(emikit describe-instance-attribute "$one" --disable-api-termination | column disableApiTermination 3)" true
  emikit modify-instance-attribute "$one" --disable-api-termination=false
  emikit stop-instances "$one"
  equal 'changed type' "$(emikit modify-instance-attribute "$one" -t m1.small)" "instanceType"$'\t'"$one"$'\t'"m1.small"
  equal type "$(emikit describe-instance-attribute "$one" -t)" "instanceType"$'\t'"$one"$'\t'"m1.small"
  emikit start-instances "$one"
}

instances_password() {
  local one
  one=$(head -n 1 "$work/instances")
  emikit get-password-data "$one" >"$work/password"
  refused 'password' emikit get-password "$one" -k "$work/key1.pem"
}

instances_product() {
  refused '' emikit confirm-product-instance CODE -i "$(head -n 1 "$work/instances")"
  note 'moto has none, and fails in a way that is told'
}

instances_image() {
  refused 'root is an EBS volume' emikit create-image "$(head -n 1 "$work/instances")" -n web
  equal images "$(ec2 describe-images --owners self --query 'length(Images)')" "$(emikit describe-images -o self | column IMAGE 2 | wc -l)"
}
