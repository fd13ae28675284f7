export {
  /** Gives an unfinished upload up. Its blocks go at once where the blob does not exist, else after a week. */
  abortUpload,
  /** Makes the blob out of the parts that were sent. */
  completeUpload,
  /** Copies a blob within the account, on its side; onto itself it changes the attributes. */
  copyObject,
  /** Creates a container. */
  createBucket,
  /** Deletes an empty container; its name is free again after half a minute. */
  deleteBucket,
  /** Deletes a blob; one that is not there is no failure. */
  deleteObject,
  /** Deletes many blobs and answers with those that could not be deleted. */
  deleteObjects,
  /** Gives the bytes of a blob, or of a range of it, as a stream that goes on where the connection breaks. */
  getObject,
  /** Describes a blob without its bytes: size, etag, time, attributes, MD5. */
  headObject,
  /** Lists the containers of the account. */
  listBuckets,
  /** Lists the parts of an unfinished upload that Azure has. */
  listParts,
  /** Stores a blob from bytes, a file or a stream of any length; large ones in parallel parts. */
  putObject,
  /** Makes a URL with a shared access signature, which reads or writes one blob until it expires. */
  signUrl,
  /** Begins an upload in parts; it may be finished by another process. */
  startUpload,
  /** Sends a part of an upload; the same number again replaces it. */
  uploadPart,
} from './objects.ts'
