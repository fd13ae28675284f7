const { createServer } = require('node:http')
const { ConnectorError } = require('@casare/core')
const { rest } = require('@casare/rest')
const { sqlite } = require('@casare/sqlite')

test('errors', () => {
  expect(ConnectorError.is(new ConnectorError({ code: 'not_found', message: 'No such order' }), 'not_found')).toBe(true)
})

test('sqlite', async () => {
  const db = sqlite({ path: ':memory:' })
  await expect(db.query({ text: 'select 1 as one' }, { effect: 'read' })).resolves.toEqual({ rows: [{ one: 1 }] })
  await db.close()
})

test('rest', async () => {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ path: request.url }))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const api = rest({ baseUrl: `http://127.0.0.1:${server.address().port}` })
  const { body } = await api.get({ path: '/orders' })
  expect(body).toEqual({ path: '/orders' })
  await api.close()
  server.close()
})
