"""Recomputes the signature of each request with botocore: a JSON object on standard input, a line for each one that differs."""

import datetime
import json
import sys

import botocore
import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

given = json.load(sys.stdin)
credentials = Credentials(*given["credentials"])
differ = 0
for number, sent in enumerate(given["requests"]):
    headers = dict(sent["headers"])
    authorization = headers.pop("authorization")
    signed = authorization.split("SignedHeaders=")[1].split(",")[0].split(";")
    region = authorization.split("Credential=")[1].split("/")[2]
    # botocore takes the time from the clock; this is the time of the request.
    at = datetime.datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True: at
    own = {name: value for name, value in headers.items() if name in signed and not name.startswith("x-amz-")}
    request = AWSRequest("POST", f"https://{headers['host']}{sent['path']}", headers=own, data=bytes(sent["body"]))
    botocore.auth.SigV4Auth(credentials, "xray", region).add_auth(request)
    if request.headers["Authorization"] != authorization:
        differ += 1
        print(f"request {number}: sent {authorization}, botocore says {request.headers['Authorization']}")
print(f"{len(given['requests'])} requests, {differ} differ, botocore {botocore.__version__}", file=sys.stderr)
sys.exit(1 if differ or not given["requests"] else 0)
