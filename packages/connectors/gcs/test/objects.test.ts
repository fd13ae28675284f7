import { notApplicable, objectStoreSuite } from '@casare/testing'
import { gcs } from '../src/index.ts'
import { bucketName, peer, storage } from './support.ts'

objectStoreSuite(gcs, {
  peer,
  start: storage,
  bucketName,
  partBytes: 256 * 1024,
  parallelParts: notApplicable('A session takes bytes one after the other.'),
  listsUploads: notApplicable('Google tells nobody which sessions are open.'),
})
