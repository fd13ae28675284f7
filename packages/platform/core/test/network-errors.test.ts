import { expect, test } from '@jest/globals'
import { networkFacts } from '../src/index.ts'

test('a TLS handshake that fails while writing is no defect of ours', () => {
  const error = Object.assign(new Error('write EPROTO: wrong version number'), { code: 'EPROTO', syscall: 'write' })
  expect(networkFacts(error, 'The Ledger')).toMatchObject({
    code: 'unavailable',
    transient: false,
    vendorCode: 'EPROTO',
  })
  expect(networkFacts(new Error('wrapped', { cause: error }), 'The Ledger')).toMatchObject({ code: 'unavailable' })
})
