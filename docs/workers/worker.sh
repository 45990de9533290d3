#!/bin/sh
# A worker for Vai de Pix in a shell script: one job at a time, with curl and sed.
#
#   VAIDEPIX_URL=http://127.0.0.1:8000 WORKER_TOKEN=... sh worker.sh report.csv [jobs to run]
#
# It answers each job with a result. Replace run_job() by what is to be done.
set -eu
kind=${1:-report.csv} left=${2:--1}

call() { # call <method> <path> [body]
  curl -sS --max-time 30 -X "$1" "$VAIDEPIX_URL$2" -H "Authorization: Bearer $WORKER_TOKEN" \
    -H 'Content-Type: application/json' ${3:+--data "$3"}
}
member() { sed -n "s/.*\"$1\": *\"\([^\"]*\)\".*/\1/p"; } # the first text member of that name

run_job() { # run_job <id>; its output is the result, a JSON value
  echo "{\"by\": \"sh\"}"
}

worker=$(call POST /api/workers \
  "{\"name\": \"shell\", \"kinds\": [\"$kind\"], \"version\": \"1\", \"language\": \"sh\"}" |
  member worker)
[ -n "$worker" ] || { echo "cannot join" >&2; exit 1; }
trap 'call DELETE "/api/workers/$worker" > /dev/null' EXIT

while [ "$left" -ne 0 ]; do
  leased=$(call POST "/api/workers/$worker/lease" '{"max": 1, "wait_s": 5}')
  [ -n "$leased" ] || continue
  id=$(echo "$leased" | member id) lease=$(echo "$leased" | member lease)
  [ -n "$id" ] || { sleep 1; continue; }
  result=$(run_job "$id")
  call POST "/api/workers/$worker/jobs/$id/complete" "{\"lease\": \"$lease\", \"result\": $result}"
  echo
  left=$((left - 1))
done
