/** Made from `docs/snippets/` by `npm run docs-snippets`: change those files. */

export const SNIPPETS = {
  'verify.mjs': `// npm install standardwebhooks
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'

const webhook = new Webhook(process.env.PAYBRIDGE_WEBHOOK_SECRET)

const server = createServer(async (request, response) => {
  // The signature is over the body as it came: no JSON parser may have touched it.
  const body = await text(request)
  let event
  try {
    event = webhook.verify(body, request.headers)
  } catch {
    response.writeHead(400).end()
    return
  }
  // It may come twice: act on each event.id once. What takes long goes after the answer.
  console.log(event.type, event.id)
  response.writeHead(204).end()
})
server.listen(Number(process.env.PORT ?? 3000))
`,
  'verify.py': `# pip install standardwebhooks
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["PAYBRIDGE_WEBHOOK_SECRET"])


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        # The signature is over the body as it came: no JSON parser may have touched it.
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            event = webhook.verify(body, dict(self.headers))
        except (WebhookVerificationError, ValueError):
            self.answer(400)
            return
        # It may come twice: act on each event["id"] once. What takes long goes after the answer.
        print(event["type"], event["id"], flush=True)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()


HTTPServer(("", int(os.environ.get("PORT", 3000))), Hook).serve_forever()
`,
  'verify_without_library.py': `import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

SECRET = os.environ["PAYBRIDGE_WEBHOOK_SECRET"]
TOLERANCE_SECONDS = 300


def verify(body, headers):
    """The event, if one of the signatures is ours and the time is now. Raises ValueError."""
    message_id = headers.get("webhook-id", "")
    timestamp = headers.get("webhook-timestamp", "")
    signatures = headers.get("webhook-signature", "").split(" ")
    if abs(time.time() - int(timestamp)) > TOLERANCE_SECONDS:
        raise ValueError("too old or too new")
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    # Compared in constant time, so that nobody can guess a signature byte by byte.
    if not any(hmac.compare_digest(expected, one.encode()) for one in signatures):
        raise ValueError("no signature is right")
    return json.loads(body)


class Hook(BaseHTTPRequestHandler):
    def do_POST(self):
        # The signature is over the body as it came: no JSON parser may have touched it.
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        try:
            event = verify(body, self.headers)
        except ValueError:
            self.answer(400)
            return
        # It may come twice: act on each event["id"] once. What takes long goes after the answer.
        print(event["type"], event["id"], flush=True)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()


HTTPServer(("", int(os.environ.get("PORT", 3000))), Hook).serve_forever()
`,
  'verify.php': `<?php
// composer require standard-webhooks/standard-webhooks
require __DIR__ . '/vendor/autoload.php';

$webhook = new StandardWebhooks\\Webhook(getenv('PAYBRIDGE_WEBHOOK_SECRET'));

// The signature is over the body as it came: no JSON parser may have touched it.
$body = file_get_contents('php://input');
$headers = [
    'webhook-id' => $_SERVER['HTTP_WEBHOOK_ID'] ?? null,
    'webhook-timestamp' => $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? null,
    'webhook-signature' => $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? null,
];
try {
    $event = $webhook->verify($body, $headers);
} catch (Throwable) {
    http_response_code(400);
    exit;
}
// It may come twice: act on each $event['id'] once. What takes long goes after the answer.
error_log("{$event['type']} {$event['id']}");
http_response_code(204);
`,
  'verify.go': `// go get github.com/standard-webhooks/standard-webhooks/libraries
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type event struct {
	ID   string          \`json:"id"\`
	Type string          \`json:"type"\`
	Data json.RawMessage \`json:"data"\`
}

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("PAYBRIDGE_WEBHOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		// The signature is over the body as it came: no JSON parser may have touched it.
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil || webhook.Verify(body, r.Header) != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		var e event
		if err := json.Unmarshal(body, &e); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		// It may come twice: act on each e.ID once. What takes long goes after the answer.
		log.Println(e.Type, e.ID)
		w.WriteHeader(http.StatusNoContent)
	})
	port := os.Getenv("PORT")
	if port == "" {
		port = "3000"
	}
	log.Fatal(http.ListenAndServe(":"+port, nil))
}
`,
} as const
