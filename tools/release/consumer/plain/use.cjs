const assert = require('node:assert/strict')
const { createServer } = require('node:http')
const { ConnectorError } = require('@casare/core')
const { rest } = require('@casare/rest')
const { sqlite } = require('@casare/sqlite')

async function main() {
  const error = new ConnectorError({ code: 'not_found', message: 'No such order' })
  assert.equal(ConnectorError.is(error, 'not_found'), true)
  // A program may load both copies of a package: its errors are recognised all the same.
  const other = await import('@casare/core')
  assert.notEqual(other.ConnectorError, ConnectorError)
  assert.equal(other.ConnectorError.is(error, 'not_found'), true)

  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ path: request.url }))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
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
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
