import assert from 'node:assert/strict'
import { ConnectorError, fromEnv } from '@casare/core'
import * as rest from '@casare/rest'
import * as sqlite from '@casare/sqlite'

const error = new ConnectorError({ code: 'not_found', message: 'No such order' })
assert.equal(ConnectorError.is(error, 'not_found'), true)
assert.equal(String(fromEnv('PATH')).includes(process.env.PATH), false)
assert.ok(rest)
assert.ok(sqlite)
