const { ConnectorError } = require('@casare/core')
const rest = require('@casare/rest')
const sqlite = require('@casare/sqlite')

test('the packages work under Jest as it comes', () => {
  expect(ConnectorError.is(new ConnectorError({ code: 'not_found', message: 'No such order' }), 'not_found')).toBe(true)
  expect(rest).toBeDefined()
  expect(sqlite).toBeDefined()
})
