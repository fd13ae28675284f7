import type { Category, Effect, ErrorCode, JsonSchema } from '@casare/core'

/** What a node does: calls an operation, reads a page of a stream, writes records to one, or starts a workflow at each event. */
export type NodeKind = 'operation' | 'read' | 'write' | 'trigger'

/** Something that goes into a node or comes out of it. */
export interface Port {
  /** Unique among the node's inputs, or outputs. */
  readonly name: string
  readonly description: string
  /** JSON Schema, draft 2020-12, of what travels through it. */
  readonly schema: JsonSchema
  /** An input that must be there. Outputs are always there. */
  readonly required: boolean
}

/** An operation or a facet of a stream as a node of a workflow: plain data. */
export interface NodeDescription {
  /** `CONNECTOR.OPERATION` or `CONNECTOR.STREAM.FACET`: `sqlite.query`, `sqlite.rows.read`. Unique in a palette. */
  readonly id: string
  /** As people read it: `SQLite: describe table`. */
  readonly name: string
  readonly kind: NodeKind
  /** Name of the connector that it belongs to. */
  readonly connector: string
  readonly category: Category
  readonly description: string
  readonly inputs: readonly Port[]
  /** One port, `output`: what an execution answers as its `output`. */
  readonly outputs: readonly Port[]
  /** JSON Schema of the connection's settings; fields marked `secret` take references. */
  readonly configuration: JsonSchema
  /** Every code that its errors can have. */
  readonly errorCodes: readonly ErrorCode[]
  /** What repeating it does; its worst case. A trigger has none of its own: `read`. */
  readonly effect: Effect
  /** The input may better the effect. */
  readonly effectDepends: boolean
  /** Its page, in Markdown. */
  readonly docs: string
}
