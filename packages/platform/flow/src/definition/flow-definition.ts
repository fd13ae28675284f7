import type { AnyConnector, JsonSchema } from '@casare/core'

/** A connection of a flow: a connector by name (in a file) or by value, with its config; or a connection the caller owns. */
export type FlowConnection =
  | { readonly connector: string | AnyConnector; readonly config?: Readonly<Record<string, unknown>> | undefined }
  | object

/** How one field of the result is made. A text is short for `{ from: text }`. */
export type FieldRule =
  | string
  | {
      /** Path in the record read: `name`, or `address.city` for a field inside of a field. */
      readonly from?: string | undefined
      /** A fixed value. */
      readonly constant?: unknown
      /** Text with `{path}` in it, each replaced by the field's value. */
      readonly template?: string | undefined
      /** Converts the value; one that cannot be converted makes the record fail. */
      readonly cast?: 'string' | 'number' | 'integer' | 'boolean' | 'timestamp' | 'json' | undefined
      /** Used where the value is missing or null. */
      readonly default?: unknown
    }

/** A source that is read until it has no more. */
export interface FlowRead {
  /** `CONNECTION.STREAM` */
  readonly from: string
  readonly input?: Readonly<Record<string, unknown>> | undefined
  /** Records per page wanted, 1 to 100,000. */
  readonly pageSize?: number | undefined
  /** `incremental` goes on where the last run stopped, also after it reached the end; `full` starts over after each complete run. Default `incremental`. */
  readonly mode?: 'incremental' | 'full' | undefined
}

/** A source that is listened to: each event is a record, acknowledged once it is written or its dead letter is stored. */
export interface FlowListen {
  /** `CONNECTION.STREAM` */
  readonly from: string
  readonly input?: Readonly<Record<string, unknown>> | undefined
  /** Events on their way at once, 1 to 10,000: what arrives while a batch is written makes the next one. Default 100. */
  readonly concurrency?: number | undefined
  /** Ends the run as complete after this many milliseconds without an event, 1 to 2^31 - 1. Default: it goes on until it is stopped. */
  readonly idleMs?: number | undefined
}

/** A flow: records from a stream, read or listened to, through steps into a writing stream. */
export interface FlowDefinition {
  /** Name of the flow; its state is kept under it. Lower-case letters, digits, hyphens. */
  readonly flow: string
  readonly description?: string | undefined
  /** Values that a run may set; `${name}` in any text of the connections, `read` and `write` is replaced, and `${flowFolder}` by the folder of the flow's file. */
  readonly parameters?:
    | Readonly<Record<string, { readonly default?: string | undefined; readonly description?: string | undefined }>>
    | undefined
  /** Folders below which `secret://file/` may read. */
  readonly secretFolders?: readonly string[] | undefined
  /** Path of the state file, from the flow's folder. Default `.casare/state.db`. */
  readonly state?: string | undefined
  readonly connections: Readonly<Record<string, FlowConnection>>
  /** Where records are read; either this or `listen`. */
  readonly read?: FlowRead | undefined
  /** Where records arrive; either this or `read`. */
  readonly listen?: FlowListen | undefined
  /** Keeps the records for which it is true: JSONata, or a function. */
  readonly filter?: string | ((record: never) => boolean) | undefined
  /** The fields of the result, by declaration. */
  readonly fields?: Readonly<Record<string, FieldRule>> | undefined
  /** Makes another record of each: JSONata, or a function. Nothing or null drops the record. */
  readonly map?: string | ((record: never) => unknown) | undefined
  /** JSON Schema (draft 2020-12) that each record must meet before it is written. */
  readonly validate?: JsonSchema | undefined
  readonly write: {
    /** `CONNECTION.STREAM` */
    readonly to: string
    readonly input?: Readonly<Record<string, unknown>> | undefined
  }
  /** Records per batch written, 1 to 100,000. Default 1,000. */
  readonly batchSize?: number | undefined
  /** Pages on their way at once, 1 to 100: one being written, the others read ahead. Default 2. */
  readonly maxInFlight?: number | undefined
  readonly limits?:
    | {
        /** Time for JSONata to handle one record, in milliseconds, 1 to 600,000. Default 1,000. */
        readonly expressionMs?: number | undefined
        /** How long a source or sink may be down before the run gives up, in milliseconds. Default 300,000. */
        readonly patienceMs?: number | undefined
      }
    | undefined
}

/** Where a flow came from, for messages. */
export interface FlowSource {
  /** Path of the file; `undefined` for a flow defined in code. */
  readonly file: string | undefined
  /** The folder that relative paths start from. */
  readonly folder: string
  /** Line of a field in the file, from 1. */
  lineOf(path: readonly (string | number)[]): number | undefined
}

/** A flow that has been checked, ready to run. */
export interface Flow {
  readonly definition: FlowDefinition
  readonly source: FlowSource
}
