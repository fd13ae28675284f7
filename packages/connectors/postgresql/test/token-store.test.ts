import { afterAll, beforeAll, describe } from '@jest/globals'
import { sqlTokenStore } from '@casare/auth'
import { postgresql } from '@casare/postgresql'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { tokenStoreSuite } from '../../../platform/auth/test/support/token-store-suite.ts'
import { ownDatabase, type OwnDatabase } from './support.ts'

await describeWithPeer('postgresql', {}, (peer) => {
  describe('tokens of @casare/auth', () => {
    let database: OwnDatabase
    const open: { close(): Promise<void> }[] = []
    beforeAll(async () => {
      database = await ownDatabase(peer().url)
    })
    afterAll(async () => {
      await Promise.all(open.map((one) => one.close()))
      await database.close()
    })

    tokenStoreSuite(() => {
      const connection = postgresql(database.config)
      open.push(connection)
      return sqlTokenStore(connection, { dialect: 'postgresql', table: 'public.casare_tokens' })
    })
  })
})
