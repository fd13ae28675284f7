import { expect, test } from '@jest/globals'
import { ConnectorError, type ErrorCode } from '@casare/core'

test('the packages work under ts-jest', () => {
  const code: ErrorCode = 'not_found'
  expect(ConnectorError.is(new ConnectorError({ code, message: 'No such order' }), code)).toBe(true)
})
