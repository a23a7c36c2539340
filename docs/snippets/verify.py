# pip install standardwebhooks
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
