import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe } from '@jest/globals'
import { sqlTokenStore } from '@casare/auth'
import { sqlite } from '@casare/sqlite'
import { tokenStoreSuite } from '../../../platform/auth/test/support/token-store-suite.ts'

describe('tokens of @casare/auth in SQLite', () => {
  const folder = mkdtemp(join(tmpdir(), 'casare-tokens-'))
  const open: { close(): Promise<void> }[] = []
  afterAll(async () => {
    await Promise.all(open.map((one) => one.close()))
    await rm(await folder, { recursive: true })
  })

  tokenStoreSuite(async () => {
    const connection = sqlite({ path: join(await folder, 'tokens.db') })
    open.push(connection)
    return sqlTokenStore(connection, { dialect: 'sqlite' })
  })
})
