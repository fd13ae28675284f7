import type { ErrorCode } from '../errors/error-codes.ts'
import type { Schema } from '../schemas/standard-schema.ts'
import type { CallContext } from './call.ts'
import type { EffectOf } from './effect.ts'
import type { VendorType } from './vendor.ts'

/** What a look-up after an ambiguous failure found; with `output` where the lost answer could be made again. */
export type Reconciled<Out> = 'applied' | 'not_applied' | 'unknown' | { readonly output: Out }

/** What an author writes to define an operation. */
export interface OperationSpec<Client, In, Parsed, Out, Vendor = undefined> {
  /** One sentence, ends with a full stop. */
  readonly description: string
  /** What repeating it does. What cannot be known is `unsafe`. */
  readonly effect: EffectOf<Parsed>
  /** Strict: unknown keys are refused. */
  readonly input: Schema<In, Parsed>
  /** Minimal: the fields we promise. */
  readonly output: Schema<unknown, Out>
  /** Codes that this operation gives beside those every call can give; the conformance suite provokes each. */
  readonly errors?: readonly ErrorCode[] | undefined
  /** States the vendor's request type for `options.vendor`. */
  readonly vendor?: VendorType<Vendor> | undefined
  readonly run: (client: Client, input: Parsed, context: CallContext<Vendor>) => Promise<Out> | Out
  /** Looks up whether an attempt whose outcome is unknown took effect. */
  readonly reconcile?:
    ((client: Client, input: Parsed, context: CallContext<Vendor>) => Promise<Reconciled<Out>>) | undefined
}

/** A verb: input to output, once. */
export interface Operation<Client, In, Parsed, Out, Vendor = undefined> extends OperationSpec<
  Client,
  In,
  Parsed,
  Out,
  Vendor
> {
  readonly kind: 'operation'
}

/** Any operation, for constraints. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a constraint on every position at once; see docs/decisions
export type AnyOperation = Operation<any, any, any, any, any>

/**
 * Defines an operation. Types come from the schemas and from the annotation of `run`'s client.
 * @example
 * export const deleteObject = operation({
 *   description: 'Deletes one object.', effect: 'idempotent',
 *   input: z.strictObject({ bucket: z.string(), key: z.string().min(1) }), output: z.object({}),
 *   async run(client: S3Client, { bucket, key }, { signal }) { … },
 * })
 */
export function operation<Client, In, Parsed, Out, Vendor = undefined>(spec: {
  readonly description: string
  readonly effect: EffectOf<NoInfer<Parsed>>
  readonly input: Schema<In, Parsed>
  readonly output: Schema<unknown, Out>
  readonly errors?: readonly ErrorCode[] | undefined
  readonly vendor?: VendorType<Vendor> | undefined
  readonly run: (
    client: Client,
    input: NoInfer<Parsed>,
    context: CallContext<NoInfer<Vendor>>,
  ) => Promise<NoInfer<Out>> | NoInfer<Out>
  readonly reconcile?:
    | ((
        client: NoInfer<Client>,
        input: NoInfer<Parsed>,
        context: CallContext<NoInfer<Vendor>>,
      ) => Promise<Reconciled<NoInfer<Out>>>)
    | undefined
}): Operation<Client, In, Parsed, Out, Vendor> {
  return { kind: 'operation', ...spec }
}
