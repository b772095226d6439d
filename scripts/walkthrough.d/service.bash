#!/usr/bin/env bash
# Starting and stopping the cloud of the walk-throughs, and comparing what it
# knows before and after. Sourced by scripts/walkthrough.

: "${work:?}"

cloud_pid=''
ports=() # of the cloud: EC2, S3 and metadata; then TLS

# clear_credentials forgets what the user's own environment says about clouds:
# only the cloud's eucarc may count.
clear_credentials() {
  local name
  while read -r name; do
    unset "$name"
  done < <(compgen -e | grep -E '^(AWS|EC2|S3|EUCA|EUCALYPTUS)_|^(http|https|all)_proxy$|^(HTTP|HTTPS|ALL)_PROXY$')
}

free_port() { # a port on which nobody listens
  local port tried
  for ((tried = 0; tried < 100; tried++)); do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s\n' "$port"
      return
    fi
  done
  fail "no free port found"
}

# start_cloud starts the cloud on the same data and ports each time, and returns
# when it has said that it is ready.
start_cloud() {
  local line='' tried
  if [ ${#ports[@]} -eq 0 ]; then
    ports=("$(free_port)" "$(free_port)")
    mkfifo "$work/ready"
  fi
  exec {ready}<>"$work/ready"
  printf '\n$ emikit cloud --data %s --port %s --ssl-port %s --hypervisor mock &\n' "$work/data" "${ports[@]}"
  emikit cloud --data "$work/data" --port "${ports[0]}" --ssl-port "${ports[1]}" --hypervisor mock \
    >"$work/ready" 2>>"$work/cloud.log" &
  cloud_pid=$!
  for ((tried = 0; tried < 60; tried++)); do
    if read -r -t 1 -u "$ready" line; then break; fi
    kill -0 "$cloud_pid" 2>/dev/null || fail "the cloud did not start"
  done
  printf '%s\n' "$line"
  [[ $line == ready* ]] || fail "the cloud's first line does not begin with 'ready'"
}

stop_cloud() { # ends the cloud by its pid and waits for it; an error is a failure
  local pid=$cloud_pid status=0
  [ -n "$pid" ] || return 0
  cloud_pid=''
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" || status=$?
  exec {ready}>&-
  if [ "$status" -ne 0 ]; then
    echo "walkthrough: the cloud ended with status $status" >&2
    return 1
  fi
}

remember_state() {
  euca-describe-images >"$work/images.before"
  euca-describe-instances >"$work/instances.before"
  euca-describe-keypairs >"$work/keypairs.before"
}

same_state() {
  euca-describe-images | cmp -s - "$work/images.before" &&
    euca-describe-instances | cmp -s - "$work/instances.before" &&
    euca-describe-keypairs | cmp -s - "$work/keypairs.before"
}

# expect_same_state gives the nodes a moment to tell of their instances.
expect_same_state() {
  wait_for 30 "the same images, instances and key pairs as before" same_state
  run 'euca-describe-images'
  run 'euca-describe-instances'
}
