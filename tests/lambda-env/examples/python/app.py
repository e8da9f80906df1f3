# A function on awslambdaric, which buffers: three events in one answer.
import time


def handler(event, context):
    if event["rawPath"] != "/stream":
        raise ValueError(f"no such path: {event['rawPath']}")
    body = ""
    for n in range(3):
        body += f'data: {{"n":{n}}}\n\n'
        time.sleep(0.05)
    return {"statusCode": 200, "headers": {"content-type": "text/event-stream"}, "body": body}
