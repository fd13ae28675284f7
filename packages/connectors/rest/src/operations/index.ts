export {
  /** Deletes a resource with DELETE. */
  deleteResource as delete,
} from './delete.ts'
export {
  /** Streams a resource out. Broken off after N bytes, it goes on with `resume: { offset: N, etag }`: the ETag of the first answer is pinned, so that the parts of two versions are never joined (RFC 9110, 13.1.5 and 14). */
  download,
} from './download.ts'
export {
  /** Reads a resource with GET. */
  get,
} from './get.ts'
export {
  /** Changes a resource with PATCH. */
  patch,
} from './patch.ts'
export {
  /** Sends data with POST. */
  post,
} from './post.ts'
export {
  /** Puts a resource with PUT. */
  put,
} from './put.ts'
export {
  /** Sends any request. What repeating it does is not known: state `{ effect }` beside the input where you know. */
  request,
} from './request.ts'
export {
  /** Streams bytes to the API; memory holds one chunk at a time. */
  upload,
} from './upload.ts'
