#!/usr/bin/env bash
# A signer's last steps, in shell: ask caaproofd for a check, fetch its permit, verify it against what is about to be signed.
#     fetch_permit.sh URL ID AUTHORITY LOG-KEY ISSUER.pem PRECERTIFICATE.pem NAME...
# CURL_OPTIONS: more for curl, such as "--unix-socket /run/caaproof/api.sock" or "--cert client.pem --key client.key"; METHOD: how
# the names were validated. Exit status: 0 sign; anything else: do not. Needs curl, jq, caaproof.
set -euo pipefail

if (($# < 7)); then
    printf 'usage: fetch_permit.sh URL ID AUTHORITY LOG-KEY ISSUER.pem PRECERTIFICATE.pem NAME...\n' >&2
    exit 64
fi
url=$1 id=$2 authority=$3 log_key=$4 issuer=$5 certificate=$6
shift 6
read -ra options <<<"${CURL_OPTIONS:-}"
readonly TRIES=10

# The octets of every try: the same id with another body would be refused.
body=$(jq -nc --arg id "$id" --arg authority "$authority" --arg method "${METHOD:-}" \
    '{id: $id, authority: $authority, names: $ARGS.positional} + if $method == "" then {} else {method: $method} end' \
    --args "$@")

# No answer, and 503, are no answer: the same is asked again.
reply='' status=''
for ((try = 1; try <= TRIES; try++)); do
    reply=$(curl --silent --show-error --max-time 60 --header 'Content-Type: application/json' --data-binary "$body" \
        --write-out '\n%{http_code}' "${options[@]}" "$url/v1/checks") || reply=$'\n000'
    status=${reply##*$'\n'}
    [[ $status == 000 || $status == 202 || $status == 50[234] ]] || break
    sleep 1
done
reply=${reply%$'\n'*}

permit=$(jq -r 'if .state == "finished" then .record.permit // empty else empty end' <<<"${reply:-{\}}")
if [[ -z $permit ]]; then
    printf 'do not sign: there is no permit (%s %s)\n' "$status" "$(jq -r '.verdict // .type // "?"' <<<"${reply:-{\}}")"
    exit 1
fi
# The verdict of the reply signs nothing; this does.
caaproof permit verify --permit - --key "$log_key" --authority "$issuer" --cert "$certificate" --request "$id" <<<"$permit" >&2
printf 'sign\n'
