import type { NotApplicable, Peer } from '../checks/check.ts'
import type { Target } from '../subject/connector-subject.ts'

/** A message as the suite sees it. */
export interface QueueMessage {
  /** Different for each message of a check; a header or part of the body carries it. */
  readonly number: number
  /** What it is about: messages of one key are handled in their order. */
  readonly key: string
  /** A text, bytes, or JSON data. */
  readonly body: unknown
}

/** A system that hands messages to those who handle them: queues, brokers, logs with consumer groups. */
export interface QueueSubject<Peered extends Target = Target> {
  readonly peer: Peer
  /** A peer with an empty queue. */
  readonly start: () => Promise<Peered>
  /** The stream that writes and listens. */
  readonly stream: string
  readonly writeInput: (target: Peered) => unknown
  readonly listenInput: (target: Peered) => unknown
  /** The record to write for a message. */
  readonly record: (message: QueueMessage) => unknown
  /** The message that an event is; `body` in the kind it was written with. */
  readonly read: (event: unknown) => QueueMessage
  /** Messages that the system still holds for whoever listens, those under way included. */
  readonly held: (target: Peered) => Promise<number> | number
  /** Messages that were put aside. */
  readonly deadLettered: ((target: Peered) => Promise<number> | number) | NotApplicable
  /** Cuts every connection of the connector; new ones stand. */
  readonly cut: ((target: Peered) => Promise<unknown> | void) | NotApplicable
  /** A record that passes the schema and that the system refuses for good. */
  readonly poison: ((target: Peered) => unknown) | NotApplicable
  /** Does the system give back a single message, after about the delay asked for? Default: yes. */
  readonly delays?: true | NotApplicable | undefined
  /** Do messages of several keys reach the handler at once? Default: yes. */
  readonly concurrency?: true | NotApplicable | undefined
  /** Bytes of the largest body. Default 1 MiB. */
  readonly largeBytes?: number | undefined
  /** Messages that a fast writer heaps up before a slow listener. Default 2,000; fewer for a slow peer. */
  readonly backlog?: number | undefined
  /** The most messages that a listener with a concurrency of 1 takes while its handler works. Default 100. */
  readonly maxAhead?: number | undefined
}
