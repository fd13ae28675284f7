import type { SizedBytes } from '@casare/object-store'
import { once } from 'node:events'
import { request as plainRequest, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as secureRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { GcsClient } from '../gcs-client.ts'
import { StorageAnswerError } from './answer-error.ts'
import { wholeText } from './whole-text.ts'

/** A request to the service. */
export interface Sending {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Encoded. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | undefined>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: SizedBytes | undefined
  /** Statuses that are no failure, beside 2xx. */
  readonly accept?: readonly number[] | undefined
}

/**
 * Sends a request and gives the answer, whose body has to be read. A token that the service does not take any more is
 * renewed once: nothing was done with it.
 * @throws StorageAnswerError where the service refuses, AccessError where there is no token, else the error of the network
 */
export async function send(client: GcsClient, sending: Sending, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await sendOnce(client, sending, signal)
  } catch (error) {
    if (!(error instanceof StorageAnswerError) || error.status !== 401 || !(await client.renew())) throw error
    return sendOnce(client, sending, signal)
  }
}

async function sendOnce(client: GcsClient, sending: Sending, signal: AbortSignal): Promise<IncomingMessage> {
  const { method, path, query = {}, headers, body, accept = [] } = sending
  const access = await client.authorize()
  signal.throwIfAborted()
  const fields = Object.entries(query).filter((field): field is [string, string] => field[1] !== undefined)
  const search = fields.length === 0 ? '' : `?${new URLSearchParams(fields).toString()}`
  const { endpoint, agent } = client
  const start = endpoint.protocol === 'https:' ? secureRequest : plainRequest
  const request = start({
    host: endpoint.hostname.replace(/^\[|\]$/g, ''),
    ...(endpoint.port === '' ? {} : { port: endpoint.port }),
    method,
    path: `${path}${search}`,
    agent,
    signal,
    headers: { ...access, ...headers, 'content-length': String(body?.length ?? 0) },
  })
  const answered = once(request, 'response')
  // Told by whoever waits for the answer or reads its body.
  request.on('error', () => undefined)
  const written = write(request, body)
  const [response] = (await answered) as [IncomingMessage]
  // An abort after the call ends the body, also where nobody reads it any more.
  response.on('error', () => undefined)
  const { statusCode: status = 0 } = response
  if ((status >= 200 && status < 300) || accept.includes(status)) {
    await written
    return response
  }
  const refusal = await refusalOf(response, status)
  // It answered before it had all: nobody wants the rest.
  if (!request.writableFinished) request.destroy()
  await written.catch(() => undefined)
  throw refusal
}

async function write(request: ClientRequest, body: SizedBytes | undefined): Promise<void> {
  if (body === undefined) request.end()
  else if (body.bytes !== undefined) request.end(body.bytes)
  // A source that fails ends the request with its error.
  else
    await pipeline(Readable.from(body.open(), { objectMode: false }), request).catch((error: unknown) => {
      request.destroy(error instanceof Error ? error : new Error(String(error)))
    })
}

/** https://cloud.google.com/storage/docs/json_api/v1/status-codes and, for reading, /docs/xml-api/reference-status */
async function refusalOf(response: IncomingMessage, status: number): Promise<StorageAnswerError> {
  const text = await wholeText(response)
  const { headers } = response
  const requestId = headers['x-guploader-uploadid']
  const { reason, message } = inJson(text) ?? inXml(text)
  return new StorageAnswerError(message ?? `HTTP status ${status}`, {
    status,
    reason,
    retryAfter: headers['retry-after'],
    requestId: typeof requestId === 'string' ? requestId : undefined,
  })
}

interface Refusal {
  readonly reason?: string | undefined
  readonly message?: string | undefined
}

function inJson(text: string): Refusal | undefined {
  try {
    const { error } = JSON.parse(text) as {
      error?: { message?: string; errors?: readonly { reason?: string }[] }
    }
    return { reason: error?.errors?.[0]?.reason, message: error?.message }
  } catch {
    return undefined
  }
}

function inXml(text: string): Refusal {
  return {
    reason: /<Code>([^<]{1,200})/.exec(text)?.[1],
    message: /<Message>([^<]{1,1000})/.exec(text)?.[1],
  }
}
