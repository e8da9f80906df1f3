// A function on aws-lambda-ric that streams three events.
import { setTimeout } from "node:timers/promises";

export const handler = awslambda.streamifyResponse(async (event, stream) => {
  if (event.rawPath !== "/stream") throw new Error(`no such path: ${event.rawPath}`);
  const head = { statusCode: 200, headers: { "content-type": "text/event-stream" } };
  const out = awslambda.HttpResponseStream.from(stream, head);
  for (let n = 0; n < 3; n++) {
    out.write(`data: {"n":${n}}\n\n`);
    await setTimeout(50);
  }
  out.end();
});
