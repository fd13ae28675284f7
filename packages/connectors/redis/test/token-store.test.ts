import { afterAll, describe } from '@jest/globals'
import { redisTokenStore } from '@casare/auth'
import { redis } from '@casare/redis'
import { describeWithPeer } from '../../../../tools/peers/src/index.ts'
import { tokenStoreSuite } from '../../../platform/auth/test/support/token-store-suite.ts'
import { bareClient, ownPrefix, settingsOf } from './support.ts'

await describeWithPeer('redis', {}, (peer) => {
  describe('tokens of @casare/auth', () => {
    const prefix = ownPrefix()
    const open: { close(): Promise<void> }[] = []
    afterAll(async () => {
      await Promise.all(open.map((one) => one.close()))
      const bare = bareClient(peer().url)
      await bare.connect()
      for await (const keys of bare.scanIterator({ MATCH: `${prefix}*` })) if (keys.length > 0) await bare.del(keys)
      bare.destroy()
    })

    tokenStoreSuite(() => {
      const connection = redis(settingsOf(peer().url))
      open.push(connection)
      return redisTokenStore(connection, { prefix })
    })
  })
})
