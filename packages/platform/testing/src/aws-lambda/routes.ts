import { once } from 'node:events'
import type { IncomingHttpHeaders, ServerResponse } from 'node:http'
import { ApiError } from './api-error.ts'
import { invokeComplete, payloadChunk } from './event-stream.ts'
import type { Functions } from './functions.ts'

/** A request whose signature is right. */
export interface Request {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxBytes = { RequestResponse: 6_291_456, Event: 1_048_576, DryRun: 6_291_456, streaming: 6_291_456 } as const
const maxAnswerBytes = 6_291_556
const account = '123456789012'

const invocationPath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/
const streamingPath = /^\/2021-11-15\/functions\/([^/]+)\/response-streaming-invocations$/
const functionPath = /^\/2015-03-31\/functions\/([^/]+)(\/configuration)?$/

/** Answers a request; @throws ApiError for what Lambda refuses. */
export async function route(functions: Functions, request: Request, response: ServerResponse): Promise<void> {
  const { method, url } = request
  const { pathname } = url
  const match = (path: RegExp): string | undefined => path.exec(pathname)?.[1]
  const invoked = match(invocationPath)
  const streamed = match(streamingPath)
  const described = match(functionPath)
  if (method === 'POST' && invoked !== undefined) await invoke(functions, request, invoked, response)
  else if (method === 'POST' && streamed !== undefined) await invokeStreaming(functions, request, streamed, response)
  else if (method === 'GET' && /^\/2015-03-31\/functions\/?$/.test(pathname)) list(functions, url, response)
  else if (method === 'GET' && described !== undefined) {
    const { name, arn } = named(described)
    functions.find(name, arn)
    const configuration = configurationOf(functions, name)
    const whole = { Configuration: configuration, Code: { RepositoryType: 'S3' }, Tags: {} }
    json(response, 200, pathname.endsWith('/configuration') ? configuration : whole)
  } else throw new ApiError(404, 'UnknownOperationException', `${method} ${pathname} is no operation.`)
}

async function invoke(functions: Functions, request: Request, given: string, response: ServerResponse): Promise<void> {
  const { headers } = request
  const kind = String(headers['x-amz-invocation-type'] ?? 'RequestResponse')
  if (kind !== 'RequestResponse' && kind !== 'Event' && kind !== 'DryRun')
    throw new ApiError(400, 'InvalidParameterValueException', `Invocation type ${kind} is none.`)
  const { name, arn } = named(given)
  const definition = functions.find(name, arn)
  const event = eventOf(request, kind)
  if (kind === 'DryRun') return void response.writeHead(204).end()
  const invocation = { functionName: name, kind, event } as const
  const begun = functions.begin(definition, invocation, clientContextOf(headers))
  if (kind === 'Event') {
    void begun.run((value) => Promise.resolve(value))
    return void response.writeHead(202).end()
  }
  const ending = await begun.run(async (value) => gathered(value))
  response.setHeader('x-amz-executed-version', '$LATEST')
  if (headers['x-amz-log-type'] === 'Tail') response.setHeader('x-amz-log-result', begun.log())
  let text = 'error' in ending ? JSON.stringify(ending.error) : ((ending.value as string | undefined) ?? 'null')
  let failed = 'error' in ending
  if (Buffer.byteLength(text) > maxAnswerBytes) {
    failed = true
    const errorMessage = `Response payload size (${Buffer.byteLength(text)} bytes) exceeded maximum allowed payload size (${maxAnswerBytes} bytes).`
    text = JSON.stringify({ errorType: 'Function.ResponseSizeTooLarge', errorMessage })
  }
  if (failed) response.setHeader('x-amz-function-error', 'Unhandled')
  response.setHeader('content-type', 'application/json').writeHead(200).end(text)
}

async function invokeStreaming(
  functions: Functions,
  request: Request,
  given: string,
  response: ServerResponse,
): Promise<void> {
  const { headers } = request
  const { name, arn } = named(given)
  const definition = functions.find(name, arn)
  const event = eventOf(request, 'streaming')
  if (headers['x-amz-invocation-type'] === 'DryRun') return void response.writeHead(204).end()
  const begun = functions.begin(definition, { functionName: name, kind: 'streaming', event }, clientContextOf(headers))
  response
    .setHeader('x-amz-executed-version', '$LATEST')
    .setHeader('content-type', 'application/vnd.amazon.eventstream')
  response.writeHead(200).flushHeaders()
  const ending = await begun.run(async (value) => {
    for await (const chunk of pieces(value)) {
      if (response.destroyed) return
      if (!response.write(payloadChunk(chunk))) await Promise.race([once(response, 'drain'), once(response, 'close')])
    }
  })
  const failed = 'error' in ending
  const LogResult = headers['x-amz-log-type'] === 'Tail' ? begun.log() : undefined
  response.end(
    invokeComplete({
      ErrorCode: failed ? 'Unhandled' : undefined,
      ErrorDetails: failed ? JSON.stringify(ending.error) : undefined,
      LogResult,
    }),
  )
}

/** @throws ApiError 413 for what is too large, 400 for what is no JSON */
function eventOf({ body }: Request, kind: keyof typeof maxBytes): unknown {
  if (body.byteLength > maxBytes[kind])
    throw new ApiError(
      413,
      'RequestTooLargeException',
      `${body.byteLength} byte payload is too large for the ${kind} invocation type (limit ${maxBytes[kind]} bytes)`,
    )
  if (body.byteLength === 0) return undefined
  try {
    return JSON.parse(Buffer.from(body).toString()) as unknown
  } catch (error) {
    const message = `Could not parse request body into json: ${(error as Error).message}`
    throw new ApiError(400, 'InvalidRequestContentException', message)
  }
}

function clientContextOf(headers: IncomingHttpHeaders): unknown {
  const given = headers['x-amz-client-context']
  return typeof given === 'string' ? (JSON.parse(Buffer.from(given, 'base64').toString()) as unknown) : undefined
}

/** What a function has answered, as JSON; what it yields, one behind the other. */
async function gathered(value: unknown): Promise<string | undefined> {
  if (!isAsyncIterable(value)) return JSON.stringify(value)
  const chunks: Uint8Array[] = []
  for await (const chunk of pieces(value)) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

async function* pieces(value: unknown): AsyncIterable<Uint8Array> {
  if (!isAsyncIterable(value)) yield Buffer.from(JSON.stringify(value) ?? 'null')
  else for await (const chunk of value) yield typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Uint8Array)
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}

/** Paged by markers, 50 at most (https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html). */
function list(functions: Functions, { searchParams }: URL, response: ServerResponse): void {
  const most = Number(searchParams.get('MaxItems') ?? 50)
  if (!Number.isInteger(most) || most < 1 || most > 10_000)
    throw new ApiError(400, 'InvalidParameterValueException', 'MaxItems must be from 1 to 10000.')
  const marker = Buffer.from(searchParams.get('Marker') ?? '', 'base64').toString()
  const names = functions.names.filter((name) => name > marker)
  const page = names.slice(0, Math.min(most, 50))
  const more = names.length > page.length
  json(response, 200, {
    Functions: page.map((name) => configurationOf(functions, name)),
    NextMarker: more ? Buffer.from(page.at(-1) ?? '').toString('base64') : null,
  })
}

function configurationOf(functions: Functions, name: string) {
  const { description = '', environment } = functions.find(name, name)
  return {
    FunctionName: name,
    FunctionArn: arnOf(name),
    Version: '$LATEST',
    Description: description,
    Runtime: 'nodejs24.x',
    Handler: 'index.handler',
    State: 'Active',
    MemorySize: 128,
    Timeout: 3,
    CodeSize: 1_024,
    LastModified: '2026-01-01T00:00:00.000+0000',
    ...(environment === undefined ? {} : { Environment: { Variables: environment } }),
  }
}

function arnOf(name: string): string {
  return `arn:aws:lambda:us-east-1:${account}:function:${name}`
}

/** A function by its name or ARN, a version behind a colon left out. */
function named(encoded: string): { readonly name: string; readonly arn: string } {
  const given = decodeURIComponent(encoded)
  const [, name = given] = /(?:^|:function:)([^:]+)(?::[^:]+)?$/.exec(given) ?? []
  return { name, arn: arnOf(name) }
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.setHeader('content-type', 'application/json').writeHead(status).end(JSON.stringify(value))
}
