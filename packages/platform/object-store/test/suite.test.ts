import { notApplicable, objectStoreSuite } from '@casare/testing'
import { memory, MemoryStore } from './memory-store.ts'

let buckets = 0
objectStoreSuite(memory, {
  peer: { name: 'Memory', version: '1', kind: 'simulator' },
  start: async () => ({ config: { store: new MemoryStore() } }),
  bucketName: () => `bucket-${(buckets += 1)}`,
  partBytes: 200_000,
  signs: notApplicable('a store in memory has no address'),
})
