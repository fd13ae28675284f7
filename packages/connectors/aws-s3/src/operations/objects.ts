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
import { vendor } from '@casare/core'
import type {
  CopyObjectCommandInput,
  CreateMultipartUploadCommandInput,
  GetObjectCommandInput,
  PutObjectCommandInput,
} from '@aws-sdk/client-s3'
import { driver } from '../driver/driver.ts'

export const abortUpload = abortUploadOperation(driver)
export const completeUpload = completeUploadOperation(driver)
export const copyObject = copyObjectOperation(driver, vendor<Partial<CopyObjectCommandInput>>())
export const createBucket = createBucketOperation(driver)
export const deleteBucket = deleteBucketOperation(driver)
export const deleteObject = deleteObjectOperation(driver)
export const deleteObjects = deleteObjectsOperation(driver)
export const getObject = getObjectOperation(driver, vendor<Partial<GetObjectCommandInput>>())
export const headObject = headObjectOperation(driver)
export const listBuckets = listBucketsOperation(driver)
export const listParts = listPartsOperation(driver)
export const putObject = putObjectOperation(driver, vendor<Partial<PutObjectCommandInput>>())
export const signUrl = signUrlOperation(driver)
export const startUpload = startUploadOperation(driver, vendor<Partial<CreateMultipartUploadCommandInput>>())
export const uploadPart = uploadPartOperation(driver)
