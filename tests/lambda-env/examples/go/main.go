// A function on aws-lambda-go that streams three events.
package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

func main() { lambda.Start(handle) }

func handle(_ context.Context, event events.LambdaFunctionURLRequest) (*events.LambdaFunctionURLStreamingResponse, error) {
	if event.RawPath != "/stream" {
		return nil, fmt.Errorf("no such path: %s", event.RawPath)
	}
	body, out := io.Pipe()
	go func() {
		for n := range 3 {
			fmt.Fprintf(out, "data: {\"n\":%d}\n\n", n)
			time.Sleep(50 * time.Millisecond)
		}
		out.Close()
	}()
	headers := map[string]string{"content-type": "text/event-stream"}
	return &events.LambdaFunctionURLStreamingResponse{StatusCode: 200, Headers: headers, Body: body}, nil
}
