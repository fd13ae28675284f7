export { abortUploadOperation, completeUploadOperation, listPartsOperation } from './operations/uploads.ts'
export { startUploadOperation, uploadPartOperation } from './operations/uploads.ts'
export { createBucketOperation, deleteBucketOperation, listBucketsOperation } from './operations/buckets.ts'
export { copyObjectOperation } from './operations/copy-object.ts'
export { deleteObjectOperation } from './operations/delete-object.ts'
export { deleteObjectsOperation } from './operations/delete-objects.ts'
export { getObjectOperation } from './operations/get-object.ts'
export { headObjectOperation } from './operations/head-object.ts'
export { putObjectOperation } from './operations/put-object.ts'
export { signUrlOperation } from './operations/sign-url.ts'
export { withSignal } from './with-signal.ts'
export { objectsStream } from './streams/objects.ts'
export { uploadsStream } from './streams/uploads.ts'
export type { DeleteFailure, ObjectDriver, OpenedObject, RunningHash, SizedBytes, StoreLimits } from './driver.ts'
export type {
  ByteRange,
  Checksums,
  ListPosition,
  ListedObject,
  ListedUpload,
  ObjectAddress,
  ObjectAttributes,
  ObjectInfo,
  Preconditions,
  StoredObject,
  Upload,
  UploadedPart,
} from './model.ts'
