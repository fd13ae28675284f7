import type { Client, Connection } from 'pg'
import { ByteReader } from './byte-reader.ts'

/** What arrives. */
export interface FeedListener {
  /** A message of the output plugin. */
  data(message: ByteReader): void
  /** Everything up to here has been sent. */
  reached(lsn: bigint): void
  failed(error: unknown): void
}

interface ReplicationConnection {
  query(text: string): void
  sendCopyFromChunk(chunk: Buffer): void
  once(event: 'replicationStart', listener: () => void): void
}

const xLogData = 0x77
const keepAlive = 0x6b
const postgresEpochMs = 946_684_800_000

/**
 * Streaming replication on a connection of its own
 * (https://www.postgresql.org/docs/current/protocol-replication.html). pg's client calls the `handle…` methods.
 */
export class ReplicationFeed {
  readonly #text: string
  readonly #listener: FeedListener
  readonly #confirmed: () => bigint
  #connection: ReplicationConnection | undefined
  readonly started = Promise.withResolvers<void>()

  /** @param confirmed tells up to where everything is done. */
  constructor(text: string, confirmed: () => bigint, listener: FeedListener) {
    this.#text = text
    this.#confirmed = confirmed
    this.#listener = listener
    this.started.promise.catch(() => undefined)
  }

  begin(client: Client): void {
    client.query(this as never)
  }

  /** Tells the server up to where it may forget; it answers where that is asked for. */
  confirm(wantsAnswer = false): void {
    const lsn = this.#confirmed()
    const status = Buffer.alloc(34)
    status.write('r', 0, 'latin1')
    status.writeBigInt64BE(lsn, 1)
    status.writeBigInt64BE(lsn, 9)
    status.writeBigInt64BE(lsn, 17)
    status.writeBigInt64BE(BigInt(Date.now() - postgresEpochMs) * 1_000n, 25)
    status.writeUInt8(wantsAnswer ? 1 : 0, 33)
    this.#connection?.sendCopyFromChunk(status)
  }

  submit(connection: Connection): void {
    const wire = connection as unknown as ReplicationConnection
    this.#connection = wire
    wire.once('replicationStart', () => this.started.resolve())
    wire.query(this.#text)
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    const bytes = new ByteReader(chunk)
    const kind = bytes.byte()
    try {
      if (kind === xLogData) {
        // Where it begins, where the server is, and its clock.
        bytes.skip(24)
        this.#listener.data(bytes)
      } else if (kind === keepAlive) {
        this.#listener.reached(bytes.int64())
        bytes.skip(8)
        if (bytes.byte() === 1) this.confirm()
      }
    } catch (error) {
      this.handleError(error)
    }
  }

  handleError(error: unknown): void {
    this.started.reject(error)
    this.#listener.failed(error)
  }

  handleCommandComplete(): void {}
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleEmptyQuery(): void {}

  handleReadyForQuery(): void {
    this.handleError(new Error('Connection terminated: the server ended the stream of changes.'))
  }
}
