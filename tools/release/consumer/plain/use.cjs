const assert = require('node:assert/strict')
const { ConnectorError } = require('@casare/core')
const rest = require('@casare/rest')
const sqlite = require('@casare/sqlite')

async function main() {
  const error = new ConnectorError({ code: 'not_found', message: 'No such order' })
  assert.equal(ConnectorError.is(error, 'not_found'), true)
  // A program may load both copies of a package: its errors are recognised all the same.
  const other = await import('@casare/core')
  assert.equal(other.ConnectorError.is(error, 'not_found'), true)
  assert.ok(rest)
  assert.ok(sqlite)
}

main().catch((error) => {
  console.error(error)
  process.exitCode = 1
})
