// npm install standardwebhooks
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
