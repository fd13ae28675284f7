import { expect, test } from '@jest/globals'
import { ConnectorError, type ErrorCode } from '@casare/core'
import { sqlite } from '@casare/sqlite'

test('errors', () => {
  const code: ErrorCode = 'not_found'
  expect(ConnectorError.is(new ConnectorError({ code, message: 'No such order' }), code)).toBe(true)
})

test('sqlite', async () => {
  const db = sqlite({ path: ':memory:' })
  const { rows } = await db.query<{ one: number }>({ text: 'select 1 as one' }, { effect: 'read' })
  expect(rows[0]?.one).toBe(1)
  await db.close()
})
