#!/bin/sh
# Measures how many accounts a second genesys-sim creates: measure.sh BASE-URL [SECONDS].
# Start it with --no-limit --no-log, and with the default client. Needs wrk and curl.
set -e
url=${1:?usage: measure.sh BASE-URL [SECONDS]}
token=$(curl -s -u sim-client:sim-secret -d grant_type=client_credentials "$url/oauth/token" |
  sed 's/.*"access_token":"\([^"]*\)".*/\1/')
script=$(mktemp)
trap 'rm -f "$script"' EXIT
cat > "$script" <<'LUA'
local n = os.time () % 100000 * 10000000
local core = "urn:ietf:params:scim:schemas:core:2.0:User"
local enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
function request ()
  n = n + 1
  return wrk.format ("POST", "/api/v2/scim/v2/users", wrk.headers, string.format (
    '{"schemas":["%s","%s"],"userName":"user%d@example.com","displayName":"User %d",'
    .. '"externalId":"00000000-0000-4000-8000-%d","active":true,"title":"Engineer",'
    .. '"emails":[{"type":"work","value":"work%d@example.com","primary":true}],'
    .. '"phoneNumbers":[{"type":"work","value":"+4930123456"}],'
    .. '"%s":{"department":"Sales","employeeNumber":"%d"}}',
    core, enterprise, n, n, n, n, enterprise, n))
end
LUA
wrk -t1 -c32 -d"${2:-10}" -s "$script" -H "Authorization: Bearer $token" \
  -H "Content-Type: application/scim+json" "$url"
curl -s "$url/_sim/stats"
echo
