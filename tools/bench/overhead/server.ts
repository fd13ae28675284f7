// Answers every request with the same small JSON; prints its address. Ends with standard input.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const body = Buffer.from(JSON.stringify({ id: 7, name: 'thing', tags: ['a', 'b'], nested: { value: 1.5 } }))
const server = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.byteLength })
  response.end(body)
})
server.listen(0, '127.0.0.1', () =>
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
)
process.stdin.resume().once('end', () => process.exit(0))
