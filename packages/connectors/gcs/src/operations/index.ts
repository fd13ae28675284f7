export {
  /** Gives an unfinished upload up and frees its bytes. One whose last part has arrived is an object, and stays. */
  abortUpload,
  /** Ends an upload and compares the sum over its parts. */
  completeUpload,
  /** Copies an object on Google's side, whatever its size; onto itself it changes the attributes. */
  copyObject,
  /** Creates a bucket in the project. */
  createBucket,
  /** Deletes an empty bucket. */
  deleteBucket,
  /** Deletes an object; one that is not there is no failure. */
  deleteObject,
  /** Deletes many objects and answers with those that could not be deleted. */
  deleteObjects,
  /** Gives the bytes of an object, or of a range of it, as a stream that goes on where the connection breaks. */
  getObject,
  /** Describes an object without its bytes: size, generation, time, attributes, CRC32C, MD5. */
  headObject,
  /** Lists the buckets of the project. */
  listBuckets,
  /** Lists the parts of an unfinished upload that Google has, where its partBytes were told at the start. */
  listParts,
  /** Stores an object from bytes, a file or a stream of any length; large ones in an upload that goes on after a failure. */
  putObject,
  /** Makes a V4 signed URL, which reads or writes one object until it expires. */
  signUrl,
  /** Begins an upload in parts, one after the other; it may be finished by another process within a week. */
  startUpload,
  /** Sends the next part of an upload; what Google has of it already is not sent again. */
  uploadPart,
} from './objects.ts'
