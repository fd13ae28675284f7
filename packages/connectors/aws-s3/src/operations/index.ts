export {
  /** Gives an unfinished upload up. */
  abortUpload,
  /** Makes the object out of the parts that were sent. */
  completeUpload,
  /** Copies an object within S3, on its side; onto itself it changes the attributes. */
  copyObject,
  /** Creates a bucket. */
  createBucket,
  /** Deletes an empty bucket. */
  deleteBucket,
  /** Deletes an object; one that is not there is no failure. */
  deleteObject,
  /** Deletes many objects and answers with those that could not be deleted. */
  deleteObjects,
  /** Gives the bytes of an object, or of a range of it, as a stream that goes on where the connection breaks. */
  getObject,
  /** Describes an object without its bytes: size, etag, time, attributes, sums. */
  headObject,
  /** Lists the buckets of the account. */
  listBuckets,
  /** Lists the parts of an unfinished upload that S3 has. */
  listParts,
  /** Stores an object from bytes, a file or a stream of any length; large ones in parallel parts. */
  putObject,
  /** Makes a URL that reads or writes one object until it expires. */
  signUrl,
  /** Begins an upload in parts; it may be finished by another process. */
  startUpload,
  /** Sends a part of an upload; the same number again replaces it. */
  uploadPart,
} from './objects.ts'
