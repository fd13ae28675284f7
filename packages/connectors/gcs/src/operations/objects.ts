import {
  abortUploadOperation,
  completeUploadOperation,
  copyObjectOperation,
  createBucketOperation,
  deleteBucketOperation,
  deleteObjectOperation,
  deleteObjectsOperation,
  getObjectOperation,
  headObjectOperation,
  listBucketsOperation,
  listPartsOperation,
  putObjectOperation,
  signUrlOperation,
  startUploadOperation,
  uploadPartOperation,
} from '@casare/object-store'
import { driver } from '../driver/driver.ts'

export const abortUpload = abortUploadOperation(driver)
export const completeUpload = completeUploadOperation(driver)
export const copyObject = copyObjectOperation(driver)
export const createBucket = createBucketOperation(driver)
export const deleteBucket = deleteBucketOperation(driver)
export const deleteObject = deleteObjectOperation(driver)
export const deleteObjects = deleteObjectsOperation(driver)
export const getObject = getObjectOperation(driver)
export const headObject = headObjectOperation(driver)
export const listBuckets = listBucketsOperation(driver)
export const listParts = listPartsOperation(driver)
export const putObject = putObjectOperation(driver)
export const signUrl = signUrlOperation(driver)
export const startUpload = startUploadOperation(driver)
export const uploadPart = uploadPartOperation(driver)
