import { invalidInput, openBody, operation, schema, type ErrorCode, type VendorType } from '@casare/core'
import { body } from '@casare/core/zod'
import { z } from 'zod'
import type { ObjectDriver, SizedBytes } from '../driver.ts'
import {
  addressFields,
  attributeFields,
  partFields,
  preconditionFields,
  storedFields,
  uploadFields,
} from '../fields.ts'

const errors: ErrorCode[] = ['not_found', 'permission_denied']
const uploadField = () => z.strictObject(uploadFields()).describe('As startUpload gave it.')

const startInput = schema(() =>
  z.strictObject({
    ...addressFields(),
    ...attributeFields(),
    ...preconditionFields(),
    size: z.number().int().min(0).optional().describe('Bytes of the whole, where they are known.'),
    partBytes: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe('Bytes of every part but the last; some stores can list parts only where it is told.'),
  }),
)
const uploadOutput = schema(() => z.object(uploadFields()))

/** Begins an upload in parts that may go on in another process, another day. */
export function startUploadOperation<Client, Vendor = undefined>(
  driver: ObjectDriver<Client>,
  vendor?: VendorType<Vendor>,
) {
  return operation({
    description: 'Begins an upload in parts; it may be finished by another process.',
    // Twice leaves an upload that nobody finishes: listed by `uploads`, and harmless but for its price.
    effect: 'idempotent',
    input: startInput,
    output: uploadOutput,
    errors,
    vendor,
    async run(client: Client, request, context) {
      const upload = await driver.startUpload(client, request, context)
      return driver.limits.part.inOrder === true ? { ...upload, inOrder: true } : upload
    },
  })
}

const partInput = schema(() =>
  z.strictObject({
    upload: uploadField(),
    number: z.number().int().min(1).max(50_000).describe('From 1; the same number again replaces the part.'),
    offset: z.number().int().min(0).describe('Where in the object the part begins.'),
    last: z.boolean().describe('Does the object end with this part?'),
    body: body('The bytes of the part.'),
    length: z.number().int().min(0).optional().describe('Bytes of the body; needed where it is a stream.'),
  }),
)
const partOutput = schema(() => z.object(partFields()))

/** Sends a part of an upload; the same number again replaces it. */
export function uploadPartOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Sends a part of an upload; the same number again replaces it.',
    effect: 'idempotent',
    input: partInput,
    output: partOutput,
    errors,
    async run(client: Client, { body: given, length, ...request }, context) {
      const opened = await openBody(given, context.fileRoots)
      const known = opened.length ?? length
      if (known === undefined) throw invalidInput('The length of a part must be known: give it beside the stream.')
      const sized: SizedBytes = { length: known, bytes: opened.bytes, open: () => opened.stream() }
      return driver.uploadPart(client, { ...request, body: sized }, context)
    },
  })
}

const listInput = schema(() => z.strictObject({ upload: uploadField() }))
const listOutput = schema(() => z.object({ parts: z.array(z.object(partFields())) }))

/** Lists the parts of an upload that the store has. */
export function listPartsOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Lists the parts of an unfinished upload that the store has.',
    effect: 'read',
    input: listInput,
    output: listOutput,
    errors,
    run: async (client: Client, { upload }, context) => ({
      parts: [...(await driver.listParts(client, upload, context))],
    }),
  })
}

const completeInput = schema(() =>
  z.strictObject({
    upload: uploadField(),
    parts: z
      .array(z.strictObject(partFields()))
      .min(1)
      .max(50_000)
      .describe('All parts, in the order of their numbers.'),
    ...attributeFields(),
    ...preconditionFields(),
  }),
)
const completeOutput = schema(() => z.object(storedFields()))

/** Makes the object out of its parts. Give the attributes again: some stores take them only here. */
export function completeUploadOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Makes the object out of the parts that were sent.',
    effect: 'idempotent',
    input: completeInput,
    output: completeOutput,
    errors: [...errors, 'conflict'],
    run: (client: Client, request, context) => driver.completeUpload(client, request, context),
  })
}

const abortInput = schema(() => z.strictObject({ upload: uploadField() }))
const abortOutput = schema(() => z.object({}))

/** Gives an upload up and frees its parts; one that is not there is no failure. */
export function abortUploadOperation<Client>(driver: ObjectDriver<Client>) {
  return operation({
    description: 'Gives an unfinished upload up and frees its parts.',
    effect: 'idempotent',
    input: abortInput,
    output: abortOutput,
    errors: ['permission_denied'],
    async run(client: Client, { upload }, context) {
      await driver.abortUpload(client, upload, context)
      return {}
    },
  })
}
