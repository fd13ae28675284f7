import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { ConnectorError, fromEnv } from '@casare/core'
import { rest } from '@casare/rest'
import { sqlite } from '@casare/sqlite'

assert.equal(ConnectorError.is(new ConnectorError({ code: 'not_found', message: 'No such order' }), 'not_found'), true)
assert.equal(String(fromEnv('PATH')).includes(process.env.PATH), false)

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ path: request.url }))
})
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
// Plain HTTP to loopback is what the TLS rule allows.
const api = rest({ baseUrl: `http://127.0.0.1:${server.address().port}` })
const { body } = await api.get({ path: '/orders' })
assert.deepEqual(body, { path: '/orders' })
await api.close()
server.close()

for (const worker of [false, true]) {
  const db = sqlite({ path: ':memory:', worker })
  const { rows } = await db.query({ text: 'select ? as one', values: [1] }, { effect: 'read' })
  assert.deepEqual(rows, [{ one: 1 }])
  await db.close()
}
